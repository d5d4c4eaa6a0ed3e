// GraphQL as text: tokens, operations, formatting. No DOM here.

const PATTERN = new RegExp(
  [
    '(?<comment>#[^\\n]*)',
    '(?<block>"""(?:\\\\"""|(?!""")[^])*(?:"""|$))',
    '(?<string>"(?:\\\\.|[^"\\\\\\n])*(?:"|(?=\\n)|$))',
    '(?<number>-?\\d[\\d.eE+-]*)',
    '(?<variable>\\$[_A-Za-z]?\\w*)',
    '(?<directive>@[_A-Za-z]?\\w*)',
    '(?<spread>\\.\\.\\.)',
    '(?<name>[_A-Za-z]\\w*)',
    '(?<punctuation>[{}()\\[\\]:=!|&])',
    '(?<space>[\\s,\\ufeff]+)',
    '(?<unknown>[^])',
  ].join('|'),
  'gy',
);

/** Every token with its kind, text and place; spaces and commas are left out. */
export function tokens(text) {
  const found = [];
  PATTERN.lastIndex = 0;
  for (let match; PATTERN.lastIndex < text.length && (match = PATTERN.exec(text)); ) {
    for (const kind in match.groups) {
      if (match.groups[kind] === undefined) continue;
      if (kind !== 'space') {
        found.push({ kind, text: match[0], start: match.index, end: PATTERN.lastIndex });
      }
      break;
    }
  }
  return found;
}

/** The operations of a document: `{type, name, start, end}`, in order. */
export function operations(text) {
  const found = [];
  let depth = 0;
  let current = null;
  for (const token of tokens(text)) {
    if (token.kind === 'comment') continue;
    if (depth === 0 && !current && /^(query|mutation|subscription|fragment)$/.test(token.text)) {
      current = { type: token.text, name: null, start: token.start, end: token.end };
    } else if (depth === 0 && token.text === '{' && !current) {
      current = { type: 'query', name: null, start: token.start, end: token.end };
    } else if (current && depth === 0 && current.name === null && token.kind === 'name') {
      current.name = token.text;
    }
    if ('{(['.includes(token.text) && token.kind === 'punctuation') depth++;
    if ('})]'.includes(token.text) && token.kind === 'punctuation') {
      depth = Math.max(0, depth - 1);
      if (current) current.end = token.end;
      if (current && depth === 0 && token.text === '}') {
        found.push(current);
        current = null;
      }
    }
  }
  if (current) found.push({ ...current, end: text.length });
  return found.filter((it) => it.type !== 'fragment');
}

/** The operation that the cursor stands in, else the last one before it, else the first. */
export function operationAt(text, cursor) {
  const all = operations(text);
  const before = all.filter((it) => it.start <= cursor);
  return before.at(-1) ?? all[0] ?? null;
}

const WIDTH = 80;

/** The document in its usual layout, comments kept. Throws a SyntaxError where it can't be read. */
export function prettify(text) {
  return new Printer(tokens(text)).document();
}

class Printer {
  constructor(all) {
    this.all = all;
    this.at = 0;
    this.comments = [];
  }

  document() {
    const parts = [];
    while (this.peek()) parts.push([...this.leading(0), this.definition()].join('\n'));
    const rest = this.leading(0);
    if (rest.length) parts.push(rest.join('\n'));
    return parts.join('\n\n') + (parts.length ? '\n' : '');
  }

  definition() {
    if (this.peek().text === '{') return this.selections(0);
    const words = [];
    let head = '';
    while (this.peek() && this.peek().text !== '{') {
      const token = this.peek();
      if (token.text === '(') head = this.joined(words.splice(0), head) + this.list('(', ')', 0);
      else if (token.kind === 'directive') words.push(this.directive(0));
      else if (token.kind === 'name') words.push(this.next().text);
      else throw this.unexpected(token);
    }
    head = this.joined(words, head);
    return `${head} ${this.selections(0)}`;
  }

  joined(words, head) {
    return [head, ...words].filter(Boolean).join(' ');
  }

  selections(depth) {
    this.expect('{');
    const inner = '  '.repeat(depth + 1);
    const lines = [];
    while (this.peek() && this.peek().text !== '}') {
      lines.push(...this.leading(depth + 1), inner + this.selection(depth + 1));
    }
    this.expect('}');
    lines.push(...this.leading(depth + 1));
    if (!lines.length) return '{ }';
    return `{\n${lines.join('\n')}\n${'  '.repeat(depth)}}`;
  }

  selection(depth) {
    let line;
    if (this.peek().kind === 'spread') {
      line = this.next().text;
      if (this.peek()?.text === 'on') line += ` ${this.next().text} ${this.name()}`;
      else if (this.peek()?.kind === 'name') line += this.name();
    } else {
      line = this.name();
      if (this.peek()?.text === ':') {
        this.next();
        line += `: ${this.name()}`;
      }
    }
    if (this.peek()?.text === '(') line += this.list('(', ')', depth, line.length);
    while (this.peek()?.kind === 'directive') line += ` ${this.directive(depth)}`;
    if (this.peek()?.text === '{') line += ` ${this.selections(depth)}`;
    return line;
  }

  directive(depth) {
    const name = this.next().text;
    return this.peek()?.text === '(' ? name + this.list('(', ')', depth, name.length) : name;
  }

  /** Arguments, variables, a list or an object: on one line when it fits, else one a line. */
  list(open, close, depth, used = 0) {
    const start = this.at;
    const flat = this.items(open, close, 0, true);
    const line = open + flat.join(', ') + close;
    const fits = !line.includes('\n') && depth * 2 + used + line.length <= WIDTH;
    if (fits && !this.all.slice(start, this.at).some((it) => it.kind === 'comment')) return line;
    this.at = start;
    const inner = '  '.repeat(depth + 1);
    const broken = this.items(open, close, depth + 1, false).map((it) => inner + it);
    return `${open}\n${broken.join('\n')}\n${'  '.repeat(depth)}${close}`;
  }

  items(open, close, depth, flat) {
    this.expect(open);
    const found = [];
    while (this.peek() && this.peek().text !== close) {
      const before = flat ? [] : this.leading(depth);
      const item = this.item(depth, flat);
      found.push([...before, item].join(`\n${'  '.repeat(depth)}`));
    }
    this.expect(close);
    return found;
  }

  item(depth, flat) {
    let text = this.value(depth, flat, 0);
    while (this.peek() && (this.peek().text === ':' || this.peek().text === '=')) {
      const sign = this.next().text;
      text += sign === ':' ? ': ' : ' = ';
      text += this.value(depth, flat, text.length);
    }
    while (this.peek()?.kind === 'directive') text += ` ${this.directive(depth)}`;
    return text;
  }

  value(depth, flat, used) {
    const token = this.peek();
    if (!token) throw this.unexpected(token);
    let text;
    if (token.text === '[') text = this.nested('[', ']', depth, flat, used);
    else if (token.text === '{') text = this.nested('{', '}', depth, flat, used);
    else if (token.kind === 'punctuation' || token.kind === 'unknown') throw this.unexpected(token);
    else text = this.next().text;
    while (this.peek()?.text === '!') text += this.next().text;
    return text;
  }

  nested(open, close, depth, flat, used) {
    if (!flat) return this.list(open, close, depth, used);
    return open + this.items(open, close, 0, true).join(', ') + close;
  }

  name() {
    const token = this.next();
    if (token?.kind !== 'name') throw this.unexpected(token);
    return token.text;
  }

  expect(text) {
    const token = this.next();
    if (token?.text !== text) throw this.unexpected(token);
  }

  leading(depth) {
    return this.comments.splice(0).map((it) => '  '.repeat(depth) + it);
  }

  peek() {
    while (this.all[this.at]?.kind === 'comment') this.comments.push(this.all[this.at++].text.trimEnd());
    return this.all[this.at];
  }

  next() {
    const token = this.peek();
    this.at++;
    return token;
  }

  unexpected(token) {
    return new SyntaxError(token ? `Unexpected ${token.text}` : 'Unexpected end');
  }
}
