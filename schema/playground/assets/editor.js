// A text area with colours, line numbers, marked lines, completion.

import { h } from './dom.js';
import { say } from './words.js';

const PAIRS = { '{': '}', '(': ')', '[': ']', '"': '"' };
const LINE = 20;
let made = 0;

export class Editor {
  /**
   * `paint(text)` gives lines of [class, text] pieces; `complete(text, cursor)` gives
   * `{from, to, items}` or null. `onChange(text)` and `onMove(text, cursor)` are told.
   */
  constructor(host, { label, paint, complete = () => null, onChange = () => {}, onMove = () => {} }) {
    this.paint = paint;
    this.complete = complete;
    this.onChange = onChange;
    this.onMove = onMove;
    this.wrong = new Map();
    this.drawn = [];
    this.offer = null;
    this.leaving = false;
    this.id = `menu-${++made}`;
    this.build(host, label);
    this.render();
  }

  get text() {
    return this.area.value;
  }

  set text(value) {
    this.area.value = value;
    this.changed();
  }

  get cursor() {
    return this.area.selectionStart;
  }

  focus() {
    this.area.focus();
  }

  label(text) {
    this.area.setAttribute('aria-label', text);
  }

  /** Replace everything, so that the browser's undo brings the old text back. */
  replaceAll(text) {
    this.area.focus();
    this.area.setSelectionRange(0, this.area.value.length);
    this.write(text);
    this.area.setSelectionRange(0, 0);
    this.moved();
  }

  /** Mark lines (counted from 1) as wrong: `Map(line → message)`. */
  mark(wrong) {
    this.wrong = wrong;
    this.render();
  }

  /** Put the cursor on a line, counted from 1, and show it. */
  goTo(line, column = 1) {
    const before = this.text.split('\n').slice(0, line - 1);
    const offset = before.reduce((sum, it) => sum + it.length + 1, 0) + column - 1;
    this.area.focus();
    this.area.setSelectionRange(offset, offset);
    this.frame.scrollTop = Math.max(0, (line - 4) * LINE);
    this.moved();
  }

  build(host, label) {
    this.gutter = h('div.gutter', { 'aria-hidden': 'true' });
    this.painted = h('div.paint', { 'aria-hidden': 'true' });
    this.area = h('textarea', {
      'aria-label': label, spellcheck: false, autocapitalize: 'off', autocomplete: 'off', wrap: 'off',
      'aria-autocomplete': 'list', 'aria-haspopup': 'listbox', 'aria-controls': this.id,
    });
    this.list = h('ul', { role: 'listbox', id: this.id });
    this.says = h('div.says', { 'aria-live': 'polite' });
    this.menu = h('div.menu', { hidden: true }, this.list, this.says);
    this.frame = h('div.editor', {}, this.gutter, h('div.code', {}, this.painted, this.area));
    host.append(this.frame);
    document.body.append(this.menu);
    this.area.addEventListener('input', (event) => this.typed(event));
    this.area.addEventListener('keydown', (event) => this.pressed(event));
    this.area.addEventListener('keyup', (event) => event.key.startsWith('Arrow') && this.moved());
    this.area.addEventListener('click', () => this.moved());
    this.area.addEventListener('blur', () => this.close());
    this.frame.addEventListener('scroll', () => this.close(), { passive: true });
    this.frame.addEventListener('mousedown', (event) => {
      if (event.target !== this.area) setTimeout(() => this.area.focus());
    });
    this.list.addEventListener('mousedown', (event) => {
      event.preventDefault();
      const item = event.target.closest('li');
      if (item) this.accept(this.offer.items[Number(item.dataset.index)]);
    });
  }

  typed(event) {
    this.changed();
    const inserted = event.inputType === 'insertText' && /[\w$@]/.test(event.data ?? '');
    if (inserted || (this.offer && event.inputType?.startsWith('delete'))) this.suggest(false);
    else this.close();
  }

  changed() {
    this.wrong = new Map();
    this.render();
    this.onChange(this.text);
    this.moved();
  }

  moved() {
    this.onMove(this.text, this.cursor);
  }

  render() {
    cancelAnimationFrame(this.frameAsked);
    this.frameAsked = requestAnimationFrame(() => this.draw());
  }

  /** Only lines that differ are made anew: those between the equal beginning and end. */
  draw() {
    const all = this.paint(this.text);
    const keys = all.map((pieces, index) => [this.wrong.has(index + 1), ...pieces.flat()].join('\u0001'));
    const old = this.drawn;
    let start = 0;
    while (start < keys.length && keys[start] === old[start]) start++;
    let end = 0;
    while (end < Math.min(keys.length, old.length) - start && keys.at(-1 - end) === old.at(-1 - end)) end++;
    for (const gone of [...this.painted.children].slice(start, old.length - end)) gone.remove();
    const fresh = all.slice(start, keys.length - end).map((pieces, index) => this.line(pieces, start + index + 1));
    const after = this.painted.children[start];
    if (after) after.before(...fresh);
    else this.painted.append(...fresh);
    this.drawn = keys;
    this.number(keys.length);
  }

  line(pieces, number) {
    const spans = pieces.map(([kind, text]) => (kind ? h(`span.t-${kind}`, {}, text) : text));
    return h(this.wrong.has(number) ? 'div.line.wrong' : 'div.line', {}, ...spans);
  }

  number(lines) {
    const { children } = this.gutter;
    while (children.length > lines) this.gutter.lastChild.remove();
    for (let line = children.length; line < lines; line++) this.gutter.append(h('div', {}, String(line + 1)));
    for (const it of this.gutter.querySelectorAll('.wrong')) {
      it.className = '';
      it.title = '';
    }
    for (const [line, message] of this.wrong) {
      const it = children[line - 1];
      if (it) Object.assign(it, { className: 'wrong', title: message });
    }
  }

  pressed(event) {
    if (this.offer && this.inMenu(event)) return;
    const control = event.ctrlKey || event.metaKey;
    if (control && event.code === 'Space') this.act(event, () => this.suggest(true));
    else if (control && event.key === '/') this.act(event, () => this.comment());
    else if (event.key === 'Escape') this.leaving = true;
    else if (event.key === 'Tab' && !this.leaving && !control) this.act(event, () => this.indent(event.shiftKey));
    else if (event.key === 'Enter' && !control && !event.isComposing) this.act(event, () => this.newLine());
    else if (event.key === 'Backspace') this.unpair(event);
    else if (event.key.length === 1 && !control && !event.altKey) this.pair(event);
    if (!['Escape', 'Shift', 'Tab'].includes(event.key)) this.leaving = false;
  }

  act(event, what) {
    event.preventDefault();
    what();
  }

  inMenu(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step) this.act(event, () => this.choose(this.chosen + step));
    else if (event.key === 'Enter' || (event.key === 'Tab' && !event.shiftKey)) {
      if (event.ctrlKey || event.metaKey) return false;
      this.act(event, () => this.accept(this.offer.items[this.chosen]));
    } else if (event.key === 'Escape') this.act(event, () => this.close());
    else return false;
    return true;
  }

  /** Open the menu; when nobody asked for it, not for a word that is complete. */
  suggest(asked) {
    const offer = this.complete(this.text, this.cursor);
    const typed = offer ? this.text.slice(offer.from, this.cursor) : '';
    const complete = offer?.items.length === 1 && offer.items[0].label === typed;
    if (!offer?.items.length || (!asked && (complete || !typed))) {
      this.close();
      return;
    }
    this.offer = offer;
    this.list.replaceChildren(
      ...offer.items.map((it, index) =>
        h(it.deprecated ? 'li.old' : 'li', { role: 'option', id: `${this.id}-${index}`, 'data-index': String(index) },
          h('span.label', {}, it.label), h('span.detail', {}, it.detail ?? '')),
      ),
    );
    this.list.setAttribute('aria-label', say('suggestions', offer.items.length));
    this.menu.hidden = false;
    this.choose(0);
    this.place();
  }

  choose(index) {
    const { length } = this.offer.items;
    this.chosen = Math.min(Math.max(index, 0), length - 1);
    [...this.list.children].forEach((it, at) => it.setAttribute('aria-selected', String(at === this.chosen)));
    const current = this.list.children[this.chosen];
    current.scrollIntoView({ block: 'nearest' });
    this.area.setAttribute('aria-activedescendant', current.id);
    const { says, deprecated } = this.offer.items[this.chosen];
    this.says.textContent = [deprecated ? `${say('deprecated')}.` : '', says ?? ''].join(' ').trim();
    this.says.hidden = !this.says.textContent;
  }

  place() {
    const at = this.rectangle(this.offer.from);
    const { width, height } = this.menu.getBoundingClientRect();
    const below = at.bottom + 4 + height < innerHeight;
    this.menu.style.left = `${Math.max(8, Math.min(at.left - 8, innerWidth - width - 8))}px`;
    this.menu.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - height - 4)}px`;
  }

  rectangle(offset) {
    this.draw();
    const before = this.text.slice(0, offset).split('\n');
    const line = this.painted.children[before.length - 1];
    let rest = before.at(-1).length;
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (rest <= node.length) {
        const range = document.createRange();
        range.setStart(node, rest);
        range.setEnd(node, rest);
        return range.getBoundingClientRect();
      }
      rest -= node.length;
    }
    const { left, top, bottom } = line.getBoundingClientRect();
    return { left, top, bottom };
  }

  accept(item) {
    const { from, to } = this.offer;
    this.close();
    this.area.setSelectionRange(from, to);
    this.write(item.insert);
    if (item.caret !== undefined) {
      this.area.setSelectionRange(from + item.caret, from + item.caret);
      this.moved();
      this.suggest(true);
    }
  }

  close() {
    if (!this.offer) return;
    this.offer = null;
    this.menu.hidden = true;
    this.area.removeAttribute('aria-activedescendant');
  }

  /** Type text over the selection; the browser's undo knows of it. */
  write(text) {
    const done = text
      ? document.execCommand('insertText', false, text)
      : document.execCommand('delete');
    if (!done) {
      const { selectionStart, selectionEnd } = this.area;
      this.area.setRangeText(text, selectionStart, selectionEnd, 'end');
      this.changed();
    }
  }

  around() {
    const { selectionStart: from, selectionEnd: to } = this.area;
    return { from, to, before: this.text[from - 1] ?? '', after: this.text[to] ?? '' };
  }

  pair(event) {
    const { from, to, after } = this.around();
    const close = PAIRS[event.key];
    if (from === to && after === event.key && Object.values(PAIRS).includes(event.key)) {
      this.act(event, () => this.area.setSelectionRange(from + 1, from + 1));
    } else if (close && (from !== to || /^[\s)}\],]?$/.test(after)) && event.key !== '"') {
      const inside = this.text.slice(from, to);
      this.act(event, () => this.write(event.key + inside + close));
      this.area.setSelectionRange(from + 1, from + 1 + inside.length);
    }
  }

  unpair(event) {
    const { from, to, before, after } = this.around();
    if (from !== to || !PAIRS[before] || PAIRS[before] !== after || before === '"') return;
    this.area.setSelectionRange(from - 1, from + 1);
    this.act(event, () => this.write(''));
  }

  newLine() {
    const { from, before, after } = this.around();
    const line = this.text.slice(this.text.lastIndexOf('\n', from - 1) + 1, from);
    const indent = /^ */.exec(line)[0];
    const opens = '{(['.includes(before) && before !== '';
    this.write(`\n${indent}${opens ? '  ' : ''}`);
    if (opens && PAIRS[before] === after) {
      const { from: here } = this.around();
      this.write(`\n${indent}`);
      this.area.setSelectionRange(here, here);
    }
  }

  /** The lines of the selection, all of them, changed by `change`. */
  lines(change) {
    const { from, to } = this.around();
    const start = this.text.lastIndexOf('\n', from - 1) + 1;
    const stop = this.text.indexOf('\n', to);
    const end = stop < 0 ? this.text.length : stop;
    const text = this.text.slice(start, end).split('\n').map(change).join('\n');
    this.area.setSelectionRange(start, end);
    this.write(text);
    this.area.setSelectionRange(start, start + text.length);
  }

  indent(back) {
    const { from, to } = this.around();
    if (from === to && !back) this.write('  ');
    else this.lines((it) => (back ? it.replace(/^ {1,2}/, '') : `  ${it}`));
  }

  comment() {
    const { from, to } = this.around();
    const commented = this.text.slice(from, to).split('\n').every((it) => /^\s*#/.test(it)) && from !== to;
    this.lines((it) => (commented || (from === to && /^\s*#/.test(it)) ? it.replace(/^(\s*)# ?/, '$1') : `# ${it}`));
  }
}
