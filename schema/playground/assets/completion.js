// What may stand at the cursor, and what stands there. No DOM here.

import { tokens } from './language.js';
import { typeText } from './model.js';

const KEYWORDS = [
  { label: 'query', insert: 'query  {\n  \n}', caret: 6 },
  { label: 'mutation', insert: 'mutation  {\n  \n}', caret: 9 },
  { label: 'fragment', insert: 'fragment  on  {\n  \n}', caret: 9 },
];
const MOST = 200;

/**
 * The completions at the cursor: `{from, to, items}`, or null inside comments and strings.
 * `from` and `to` bound the word that a chosen item replaces.
 */
export function completions(model, text, cursor) {
  const all = tokens(text);
  const within = all.find((it) => it.start < cursor && cursor <= it.end);
  if (within?.kind === 'comment' || isOpenString(within, cursor)) return null;
  const word = within && /^(name|variable|directive|number)$/.test(within.kind) ? within : null;
  const from = word ? word.start : cursor;
  const before = all.filter((it) => it.end <= from);
  const place = placeAfter(model, before);
  const typed = text.slice(from, cursor).toLowerCase();
  const rest = text.slice(word ? word.end : cursor);
  const indent = /^ */.exec(text.slice(text.lastIndexOf('\n', cursor - 1) + 1))[0];
  const offered = word?.kind === 'directive' ? directives(model) : offers(model, place, text);
  const items = matching(offered, typed).map((it) => finished(it, rest, indent));
  return { from, to: word ? word.end : cursor, items };
}

/** What the word at the cursor is: `{type, member}` for the documentation, or null. */
export function meaning(model, text, cursor) {
  const all = tokens(text);
  const index = all.findIndex((it) => it.start <= cursor && cursor <= it.end && it.kind === 'name');
  if (index < 0) return null;
  const name = all[index].text;
  const place = placeAfter(model, all.slice(0, index));
  if (place.expects === 'type' || place.expects === 'condition') {
    return model.type(name) ? { type: model.type(name), member: null } : null;
  }
  if (place.in === 'arguments' && place.expects === 'name') {
    const member = place.members.find((it) => it.name === name);
    return member ? { type: place.owner, member, field: place.field } : null;
  }
  if (place.expects === 'value') {
    const value = place.type?.enumValues?.find((it) => it.name === name);
    return value ? { type: place.type, member: value } : null;
  }
  const member = place.type ? model.field(place.type, name) : null;
  return member ? { type: place.type, member } : null;
}

function isOpenString(token, cursor) {
  if (token?.kind !== 'string' && token?.kind !== 'block') return false;
  const closed = token.text.length > 1 && token.text.endsWith('"');
  return cursor < token.end || !closed;
}

/** Where the next token would stand: a walk over all tokens before it. */
function placeAfter(model, before) {
  const walk = new Walk(model);
  before.forEach((token, index) => {
    if (token.kind !== 'comment') walk.step(token, before[index + 1]);
  });
  return walk.place();
}

class Walk {
  constructor(model) {
    this.model = model;
    this.stack = [{ in: 'document', type: null, expects: 'keyword' }];
  }

  get top() {
    return this.stack[this.stack.length - 1];
  }

  place() {
    return this.top;
  }

  step(token, next) {
    const top = this.top;
    if (token.kind === 'punctuation') this[OPENERS[token.text] ?? 'skip'](top, token);
    else if (token.kind === 'directive') top.pending = this.model.directives.get(token.text.slice(1)) ?? { args: [] };
    else this[top.in](top, token, next);
  }

  skip(top, token) {
    if (token.text === ':' && top.key !== undefined) top.expects = 'value';
    if (token.text === ':' && top.in === 'variables') top.expects = 'type';
    if (token.text === '=' && top.in === 'variables') top.expects = 'value';
  }

  brace(top) {
    if (top.in === 'document') {
      this.enter({ in: 'selection', type: top.type ?? this.model.root('query'), expects: 'field' });
    } else if (top.in === 'selection') {
      const type = top.condition ?? this.model.typeOf(top.field);
      top.condition = null;
      top.expects = 'field';
      this.enter({ in: 'selection', type, expects: 'field' });
    } else {
      this.enter(this.named('object', top.expects === 'value' ? top.type : null));
    }
  }

  parenthesis(top) {
    if (top.in === 'document') {
      this.enter({ in: 'variables', expects: 'variable', type: null });
      return;
    }
    const holder = top.pending ?? top.field;
    top.pending = null;
    this.enter({
      ...this.named('arguments', null),
      owner: top.type,
      field: top.field,
      members: holder?.args ?? [],
    });
  }

  bracket(top) {
    this.enter({ in: 'list', type: top.type, expects: 'value', inVariables: top.in === 'variables' });
    if (top.in === 'variables') this.top.expects = 'type';
  }

  leave() {
    if (this.stack.length > 1) this.stack.pop();
    const top = this.top;
    if (top.in === 'document') top.type = null;
    if (top.in === 'arguments' || top.in === 'object') this.ready(top);
    if (top.in === 'variables') top.expects = 'variable';
    if (top.in === 'document') top.expects = 'keyword';
  }

  closed() {
    const { in: left } = this.top;
    this.stack.pop();
    if (!this.stack.length) this.stack.push({ in: 'document', type: null, expects: 'keyword' });
    const top = this.top;
    if (left === 'list' && (top.in === 'arguments' || top.in === 'object')) this.ready(top);
  }

  enter(frame) {
    this.stack.push(frame);
  }

  named(kind, type) {
    return { in: kind, type, owner: type, members: [...this.model.fields(type).values()], used: new Set(), expects: 'name' };
  }

  ready(frame) {
    frame.expects = 'name';
    frame.type = frame.owner;
    frame.key = undefined;
  }

  document(top, token) {
    if (/^(query|mutation|subscription)$/.test(token.text)) {
      top.type = this.model.root(token.text);
      top.expects = 'nothing';
    } else if (token.text === 'fragment') {
      top.expects = 'nothing';
    } else if (token.text === 'on') {
      top.expects = 'condition';
    } else if (top.expects === 'condition') {
      top.type = this.model.type(token.text);
      top.expects = 'nothing';
    }
  }

  selection(top, token, next) {
    top.pending = null;
    if (token.kind === 'spread') {
      top.expects = 'spread';
      top.condition = top.type;
    } else if (top.expects === 'spread') {
      top.expects = token.text === 'on' ? 'condition' : 'field';
    } else if (top.expects === 'condition') {
      top.condition = this.model.type(token.text);
      top.expects = 'field';
    } else if (next?.text !== ':') {
      top.field = this.model.field(top.type, token.text);
      top.condition = null;
    }
  }

  arguments(top, token) {
    if (top.expects === 'value') {
      this.ready(top);
      return;
    }
    const member = top.members.find((it) => it.name === token.text);
    top.used.add(token.text);
    top.key = token.text;
    top.type = this.model.typeOf(member);
  }

  object(top, token) {
    this.arguments(top, token);
  }

  list() {}

  variables(top, token) {
    if (token.kind === 'variable') top.expects = 'nothing';
    else if (top.expects === 'type') {
      top.type = this.model.type(token.text);
      top.expects = 'variable';
    }
  }
}

const OPENERS = { '{': 'brace', '(': 'parenthesis', '[': 'bracket', '}': 'leave', ')': 'leave', ']': 'closed' };

function offers(model, place, text) {
  switch (place.expects) {
    case 'keyword':
      return KEYWORDS.map((it) => ({ ...it, kind: 'keyword' }));
    case 'field':
      return [...fieldsOf(model, place.type), { label: '...', kind: 'keyword', insert: '... on ' }];
    case 'spread':
      return [...fragments(text), { label: 'on', kind: 'keyword', insert: 'on ' }];
    case 'condition':
      return place.in === 'document' ? composites(model) : model.conditions(place.type).map(typeItem);
    case 'name':
      return place.members.filter((it) => !place.used.has(it.name)).map(argumentItem);
    case 'value':
      return values(model, place.type, text);
    case 'type':
      return [...model.types.values()].filter(isInput).map(typeItem);
    default:
      return [];
  }
}

function fieldsOf(model, type) {
  if (!type || model.isLeaf(type)) return [];
  const all = type.kind === 'UNION' ? [] : [...model.fields(type).values()];
  return [...all, model.field(type, '__typename')].map((field) => ({
    label: field.name,
    kind: 'field',
    detail: typeText(field.type),
    says: field.description,
    deprecated: field.isDeprecated,
    opens: !model.isLeaf(model.typeOf(field)),
    required: field.args.filter((it) => it.type.kind === 'NON_NULL' && it.defaultValue === null).map((it) => it.name),
  }));
}

function argumentItem(member) {
  return {
    label: member.name,
    kind: 'argument',
    insert: `${member.name}: `,
    detail: typeText(member.type),
    says: member.description,
    deprecated: member.isDeprecated,
    required: member.type.kind === 'NON_NULL' && member.defaultValue == null ? [member.name] : [],
  };
}

function typeItem(type) {
  return { label: type.name, kind: 'type', detail: type.kind.toLowerCase().replace('_', ' '), says: type.description };
}

function values(model, type, text) {
  const declared = [...new Set(text.match(/\$[_A-Za-z]\w*/g) ?? [])];
  const variables = declared.map((label) => ({ label, kind: 'variable' }));
  if (type?.kind === 'ENUM') {
    const options = type.enumValues.map((it) => ({
      label: it.name,
      kind: 'value',
      says: it.description,
      deprecated: it.isDeprecated,
    }));
    return [...options, ...variables];
  }
  if (type?.name === 'Boolean') {
    return [{ label: 'true', kind: 'value' }, { label: 'false', kind: 'value' }, ...variables];
  }
  if (type?.kind === 'INPUT_OBJECT') {
    return [{ label: '{ }', kind: 'value', insert: '{}', caret: 1, detail: type.name }, ...variables];
  }
  return [...variables, { label: 'null', kind: 'value' }];
}

function fragments(text) {
  return [...text.matchAll(/\bfragment\s+([_A-Za-z]\w*)\s+on\s+([_A-Za-z]\w*)/g)].map((it) => ({
    label: it[1],
    kind: 'fragment',
    detail: it[2],
  }));
}

function composites(model) {
  return [...model.types.values()]
    .filter((it) => /^(OBJECT|INTERFACE|UNION)$/.test(it.kind) && !it.name.startsWith('__'))
    .map(typeItem);
}

function directives(model) {
  return [...model.directives.values()]
    .filter((it) => it.locations?.includes('FIELD') ?? true)
    .map((it) => ({
      label: `@${it.name}`,
      kind: 'directive',
      insert: it.args.length ? `@${it.name}()` : `@${it.name}`,
      caret: it.args.length ? it.name.length + 2 : undefined,
      says: it.description,
    }));
}

function isInput(type) {
  return /^(SCALAR|ENUM|INPUT_OBJECT)$/.test(type.kind);
}

/** Beginnings first, then parts, deprecated ones last; the declared order among equals. */
function matching(offered, typed) {
  const ranked = [];
  for (const item of offered) {
    const at = item.label.toLowerCase().indexOf(typed);
    if (at >= 0) ranked.push([(at > 0 ? 1 : 0) + (item.deprecated ? 2 : 0), item]);
  }
  return ranked
    .sort(([a], [b]) => a - b)
    .slice(0, MOST)
    .map(([, item]) => item);
}

/** What choosing an item writes: arguments that must be given, braces that must be opened. */
function finished(item, rest, indent) {
  if (item.kind !== 'field') return { ...item, insert: item.insert ?? item.label };
  const given = /^\s*\(/.test(rest);
  const opened = /^\s*[({]/.test(rest);
  let insert = item.label;
  let caret;
  if (item.required?.length && !given) {
    insert += `(${item.required.map((it) => `${it}: `).join(', ')})`;
    caret = item.label.length + 1 + item.required[0].length + 2;
  }
  if (item.opens && !opened) {
    insert += ` {\n${indent}  `;
    caret ??= insert.length;
    insert += `\n${indent}}`;
  }
  return { ...item, insert, caret };
}

