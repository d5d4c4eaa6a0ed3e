// The answer: its outcome, errors, JSON and table.

import { costOf } from './client.js';
import { at, copy, h } from './dom.js';
import { jsonPieces } from './painting.js';
import { tableOf } from './table.js';
import { say } from './words.js';

const MOST_COLOURED = 300_000;
const CHUNK = 40_000;
const MOST_ROWS = 1_000;

export class Response {
  /** `onError(line, column)` is told which place an error points to. */
  constructor(onError) {
    this.onError = onError;
    this.result = null;
    at('copy').onclick = () => copy(this.pretty());
    at('download').onclick = () => this.download();
    this.clear();
  }

  clear() {
    this.result = null;
    this.draw();
  }

  waiting(is) {
    at('right').classList.toggle('stale', is);
    at('right').setAttribute('aria-busy', String(is));
  }

  show(result) {
    this.result = result;
    this.draw();
  }

  /** Nobody answered. */
  fail(message) {
    this.result = { status: 0, json: { errors: [{ message }] }, text: message, milliseconds: 0, bytes: 0 };
    this.draw();
  }

  draw() {
    const { result } = this;
    at('copy').hidden = at('download').hidden = !result;
    if (!result) {
      at('outcome').replaceChildren();
      at('errors').hidden = true;
      at('json').replaceChildren(h('p.hint', {}, say('empty')));
      at('table').replaceChildren();
      return;
    }
    this.outcome(result);
    this.errors(result.json?.errors ?? []);
    this.json();
    this.table(result.json?.data);
  }

  outcome({ status, milliseconds, bytes, json }) {
    const errors = json?.errors?.length ?? 0;
    const cost = costOf(json);
    const chips = [
      h(status >= 400 || !status ? 'span.chip.bad' : 'span.chip', {}, String(status || '—')),
      errors ? h('span.chip.bad', {}, errors === 1 ? say('oneError') : say('errors', errors)) : '',
      h('span', {}, say('milliseconds', milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds))),
      h('span', {}, size(bytes)),
      cost === null ? '' : h('span', {}, say('cost', cost.toLocaleString())),
    ];
    at('outcome').replaceChildren(...chips.filter(Boolean));
  }

  errors(all) {
    at('errors').hidden = !all.length;
    at('errors').replaceChildren(...all.slice(0, 50).map((it) => this.error(it)));
  }

  error({ message, locations, path, extensions }) {
    const place = locations?.[0];
    const where = place
      ? h('button.link.where', { type: 'button', onclick: () => this.onError(place.line, place.column) }, say('line', place.line))
      : path ? h('span.where', {}, path.join('.')) : '';
    return h('li', {}, extensions?.code ? h('code', {}, extensions.code) : '', h('span', {}, message), where);
  }

  json() {
    const text = this.pretty();
    const coloured = text.length <= MOST_COLOURED;
    const note = coloured ? '' : h('p.hint', {}, say('long', size(text.length)));
    at('json').replaceChildren(...[note, ...chunks(text, coloured)].filter(Boolean));
    at('json').scrollTop = 0;
  }

  pretty() {
    const { json, text } = this.result;
    return json === null ? text : JSON.stringify(json, null, 2);
  }

  table(data) {
    const found = data ? tableOf(data) : null;
    if (!found) {
      at('table').replaceChildren(h('p.hint', {}, say('noRows')));
      return;
    }
    at('table').replaceChildren(
      h('table', {},
        h('caption', {}, `${found.path} · ${say('rows', found.rows.length)}`),
        h('thead', {}, h('tr', {}, ...found.columns.map((it) => h('th', { scope: 'col' }, it)))),
        h('tbody', {}, ...found.rows.slice(0, MOST_ROWS).map((row) => h('tr', {}, ...row.map(cell))))),
    );
  }

  download() {
    const link = h('a', { href: URL.createObjectURL(new Blob([this.pretty()], { type: 'application/json' })), download: 'response.json' });
    link.click();
    URL.revokeObjectURL(link.href);
  }
}

function cell(value) {
  if (value === null || value === undefined) return h('td.none', {}, '—');
  const numeric = typeof value === 'number' || /^-?\d+(\.\d+)?$/.test(value);
  return h(numeric ? 'td.number' : 'td', { title: String(value) }, String(value));
}

/** Pieces of about equal length, so that the browser lays out only those in view. */
function chunks(text, coloured) {
  const made = [];
  for (let from = 0; from < text.length; ) {
    let to = from + CHUNK < text.length ? text.indexOf('\n', from + CHUNK) : text.length;
    if (to < 0) to = text.length;
    const part = text.slice(from, to);
    const content = coloured
      ? jsonPieces(part).map(([kind, piece]) => (kind ? h(`span.t-${kind}`, {}, piece) : piece))
      : [part];
    made.push(h('pre.chunk', {}, ...content));
    from = to + 1;
  }
  return made;
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
