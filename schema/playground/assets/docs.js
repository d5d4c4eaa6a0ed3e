// The documentation: what the schema says, page by page, and a search.

import { at, h } from './dom.js';
import { namedType, typeText } from './model.js';
import { say } from './words.js';

const MOST = 150;

export class Docs {
  constructor() {
    this.model = null;
    this.path = [];
    this.wanted = '';
    at('search').addEventListener('input', (event) => {
      this.wanted = event.target.value;
      this.draw();
    });
    at('search').addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === 'ArrowDown') {
        event.preventDefault();
        at('page').querySelector('button')?.[event.key === 'Enter' ? 'click' : 'focus']();
      }
    });
  }

  /** Show another model; the page stays where it can. */
  use(model) {
    this.model = model;
    this.path = this.path.filter((it) => model?.type(it.type));
    this.draw();
  }

  tell(...content) {
    at('trail').replaceChildren();
    at('page').replaceChildren(h('p.hint', {}, ...content));
  }

  /** The page of a type, one member of it marked. */
  open(type, member = null) {
    if (!type) return;
    const current = this.path.at(-1);
    if (current?.type !== type.name) this.path.push({ type: type.name });
    this.path.at(-1).member = member?.name ?? null;
    this.clearSearch();
    this.draw();
    const here = at('page').querySelector('.here');
    if (here) here.scrollIntoView({ block: 'center' });
    else at('page').scrollTop = 0;
  }

  clearSearch() {
    this.wanted = '';
    at('search').value = '';
  }

  draw() {
    if (!this.model) return;
    this.trail();
    const current = this.path.at(-1);
    const content = this.wanted ? this.found() : current ? this.page(current) : this.front();
    at('page').replaceChildren(...content);
    if (this.wanted) at('page').scrollTop = 0;
  }

  trail() {
    const crumbs = [null, ...this.path.map((it) => it.type)].slice(-4);
    const first = 1 + this.path.length - crumbs.length;
    at('trail').replaceChildren(
      ...(this.path.length && !this.wanted ? crumbs : []).flatMap((name, index) => [
        index ? ' › ' : '',
        h('button', { type: 'button', onclick: () => this.back(first + index) }, name ?? say('docs')),
      ]).filter(Boolean),
    );
  }

  back(length) {
    this.path.length = Math.max(0, length);
    this.draw();
  }

  front() {
    const { model } = this;
    const roots = ['query', 'mutation', 'subscription'].filter((it) => model.root(it));
    const objects = [...model.fields(model.root('query')).values()]
      .map((it) => model.rowsOf(model.typeOf(it)))
      .filter(Boolean);
    return [
      h('h3', {}, say('roots')),
      ...roots.map((it) => this.row(this.typeLink(model.root(it).name), model.root(it).description)),
      h('h3', {}, say('objects')),
      ...[...new Set(objects)].map((it) => this.row(this.typeLink(it.name), firstLine(it.description))),
    ];
  }

  found() {
    const entries = this.model.search(this.wanted);
    if (!entries.length) return [h('p.hint', {}, say('nothingFound'))];
    return entries.map(({ type, member }) => {
      const text = member ? `${type.name}.${member.name}` : type.name;
      const link = h('button.link', { type: 'button', onclick: () => this.open(type, member) }, text);
      const leads = member?.type ? h('span', {}, ': ', this.reference(member.type)) : null;
      return this.row([link, leads], firstLine((member ?? type).description));
    });
  }

  page({ type: name, member }) {
    const type = this.model.type(name);
    const members = [...this.model.fields(type).values()];
    const values = type.enumValues ?? [];
    return [
      h('h2', {}, type.name, ' ', h('small', {}, type.kind.toLowerCase().replace('_', ' '))),
      this.about(type.description),
      ...this.links(say('implements'), type.interfaces),
      ...this.section(type.inputFields ? say('arguments') : say('fields'), members, (it) => this.member(it, member)),
      ...this.section(say('values'), values, (it) => this.value(it, member)),
      ...this.links(say('possible'), type.possibleTypes),
      ...this.section(say('usedBy'), this.users(type), ({ owner, field }) =>
        this.row(h('button.link', { type: 'button', onclick: () => this.open(owner, field) }, `${owner.name}.${field.name}`)),
      ),
    ].filter(Boolean);
  }

  section(title, entries, draw) {
    if (!entries.length) return [];
    const shown = entries.slice(0, MOST).map(draw);
    const rest = entries.slice(MOST);
    if (rest.length) {
      const more = h('button.link', { type: 'button' }, say('more', rest.length));
      more.onclick = () => more.replaceWith(...rest.map(draw));
      shown.push(more);
    }
    return [h('h3', {}, title), ...shown];
  }

  links(title, types) {
    return types?.length ? [h('h3', {}, title), ...types.map((it) => this.row(this.typeLink(it.name)))] : [];
  }

  users(type) {
    const found = [];
    for (const owner of this.model.types.values()) {
      if (owner.name.startsWith('__')) continue;
      for (const field of this.model.fields(owner).values()) {
        const uses = [field.type, ...(field.args ?? []).map((it) => it.type)];
        if (uses.some((it) => namedType(it) === type.name)) found.push({ owner, field });
        if (found.length > 20) return found;
      }
    }
    return found;
  }

  member(field, marked) {
    const args = field.args ?? [];
    const inside = args.length
      ? ['(', ...args.map((it) => h('span.arguments', {}, h('span.name.argument', { title: it.description }, it.name), ': ',
          this.reference(it.type), it.defaultValue === null ? '' : ` = ${it.defaultValue}`)), ')']
      : [];
    return h(field.name === marked ? 'div.member.here' : 'div.member', {},
      h('div.signature', {}, h('span.name', {}, field.name), ...inside, ': ', this.reference(field.type)),
      this.about(field.description), this.old(field));
  }

  value(it, marked) {
    return h(it.name === marked ? 'div.member.here' : 'div.member', {},
      h('div.signature', {}, it.name), this.about(it.description), this.old(it));
  }

  row(content, about) {
    return h('div.member', {}, h('div.signature', {}, ...[content].flat().filter(Boolean)), this.about(about));
  }

  about(text) {
    return text ? h('p.about', {}, text) : '';
  }

  old(it) {
    return it.isDeprecated ? h('p.old', {}, `${say('deprecated')}: ${it.deprecationReason ?? ''}`) : '';
  }

  typeLink(name) {
    return h('button.link', { type: 'button', onclick: () => this.open(this.model.type(name)) }, name);
  }

  reference(type) {
    const link = this.typeLink(namedType(type));
    const [before, after] = typeText(type).split(namedType(type));
    return h('span', {}, before ?? '', link, after ?? '');
  }
}

function firstLine(text) {
  return text?.split('\n')[0];
}
