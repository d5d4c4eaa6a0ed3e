// Queries that fit this tenant's schema, made from its introspection. No DOM here.

import { isList, namedType } from './model.js';
import { prettify } from './language.js';

const PLAIN = new Set(['id', 'recordId', 'createdAt', 'updatedAt', 'deletedAt', 'version']);
const NAMES = ['name', 'title', 'subject', 'fullName', 'key', 'number'];
const MOST_LEAVES = 6;

/** Groups of examples: `{title, type, examples: [{kind, title, query, variables, list, kept}]}`, objects first. */
export function examples(model) {
  const query = model.root('query');
  const groups = [];
  for (const field of model.fields(query).values()) {
    const rows = model.rowsOf(model.typeOf(field));
    if (rows) groups.push(ofObject(model, field, rows));
  }
  const platform = ofPlatform(model, query);
  if (platform.length) groups.push({ title: 'Platform', type: null, examples: platform });
  return groups.filter((it) => it.examples.length);
}

/** What to begin with: the tree that tells most, else the first example there is. */
export function opening(groups) {
  const trees = groups.flatMap((it) => it.examples).filter((it) => it.kind === 'tree');
  return trees.find((it) => it.query.includes('sum')) ?? trees[0] ?? groups[0]?.examples[0] ?? null;
}

function ofObject(model, field, type) {
  const made = [
    list(model, field, type),
    one(model, field, type),
    tree(model, field, type),
    graph(model, field, type),
    grouped(model, field, type),
    created(model, type),
    updated(model, field, type),
  ];
  return { title: type.name, type, examples: made.filter(Boolean) };
}

function list(model, field, type) {
  const sorted = sorting(model, model.typeOf(argument(field, 'orderBy')));
  const total = model.fields(model.typeOf(field)).has('totalCount') ? 'totalCount ' : '';
  return example('list', `${type.name}: list`, [
    `query ${upper(field.name)}($first: Int) {`,
    `${field.name}(first: $first${sorted}) { ${total}nodes { ${leaves(model, type)} ${related(model, type)} }`,
    'pageInfo { hasNextPage endCursor } } }',
  ], { first: 10 });
}

function one(model, list, type) {
  const field = model.field(model.root('query'), lower(type.name));
  if (!field || !argument(field, 'id') || model.typeOf(field) !== type) return null;
  return example('one', `${type.name}: one by id`, [
    `query ${type.name}($id: ID!) {`,
    `${field.name}(id: $id) { ${leaves(model, type)} ${related(model, type)} ${many(model, type)} } }`,
  ], { id: '' }, list.name);
}

function tree(model, field, type) {
  const children = model.field(type, 'children');
  if (!children || model.rowsOf(model.typeOf(children)) !== type || !model.field(type, 'ancestors')) return null;
  const filter = model.typeOf(argument(field, 'filter'));
  const parent = model.typeOf(filter && model.field(filter, 'parent'));
  const roots = parent && model.field(parent, 'isNull') ? 'filter: {parent: {isNull: true}}, ' : '';
  const name = title(model, type);
  const shown = `id ${name} ${worth(model, type)}`;
  const below = (levels) =>
    levels ? `children(first: 10) { nodes { ${shown} ${below(levels - 1)} } }` : '';
  return example('tree', `${type.name}: tree`, [
    `query ${type.name}Tree { ${field.name}(${roots}first: 5) { nodes { ${shown} ${below(3)} } } }`,
  ]);
}

/** What all records below a node come to: the won ones where there are stages. */
function worth(model, type) {
  const subtree = model.typeOf(model.field(type, 'subtree'));
  for (const field of model.fields(subtree).values()) {
    const found = model.typeOf(model.field(model.typeOf(field), 'aggregate'));
    const money = [...model.fields(found).values()].find((it) => model.field(model.typeOf(it), 'currency'));
    const stage = model.field(model.typeOf(argument(field, 'filter')), 'stage');
    if (!money || !stage) continue;
    const won = model.typeOf(model.field(model.typeOf(stage), 'eq'))?.enumValues?.some((it) => it.name === 'WON');
    const filter = won ? '(filter: {stage: {eq: WON}})' : '';
    return `subtree { ${field.name}${filter} { totalCount aggregate { ${money.name} { sum currency } } } }`;
  }
  return '';
}

/** A graph field leads to nodes with edges between them and measures of the whole. */
function graph(model, list, type) {
  const field = model.field(model.root('query'), lower(type.name));
  const found = [...model.fields(type).values()].find((it) => {
    const members = model.fields(model.typeOf(it));
    return members.has('nodes') && members.has('edges') && members.has('measures');
  });
  if (!found || !field) return null;
  const shape = model.typeOf(found);
  const inside = (name) => everything(model, model.typeOf(model.field(shape, name)));
  return example('graph', `${type.name}: ${spaced(found.name)}`, [
    `query ${upper(found.name)}($id: ID!) { ${field.name}(id: $id) { id ${title(model, type)}`,
    `${found.name} { nodes { ${inside('nodes')} } edges { ${inside('edges')} } measures { ${inside('measures')} } } } }`,
  ], { id: '' }, list.name);
}

function grouped(model, field, type) {
  const groups = model.field(model.typeOf(field), 'groups');
  const by = model.typeOf(argument(groups, 'by'));
  const shape = model.typeOf(groups);
  const key = telling(model, by, model.typeOf(model.field(shape, 'key')));
  if (!key) return null;
  const said = namedType(key.type) === 'Boolean' ? 'true' : 'MONTH';
  const ordered = key.name === 'stage' || said === 'MONTH' ? ', orderBy: KEY' : '';
  const aggregate = model.typeOf(model.field(shape, 'aggregate'));
  const summed = [...model.fields(aggregate).values()].filter((it) => model.field(model.typeOf(it), 'sum'));
  const sums = summed.find((it) => namedType(it.type) === 'MoneyStats') ?? summed[0];
  return example('groups', `${type.name}: by ${spaced(key.name)}`, [
    `query ${type.name}By${upper(key.name)} { ${field.name} { groups(by: [{${key.name}: ${said}}]${ordered}) {`,
    `key { ${key.name} } aggregate { count ${sums ? `${sums.name} { sum }` : ''} } } } }`,
  ]);
}

/** The key whose groups tell most: the stage, else options, else yes or no, else a month, else a text. */
function telling(model, by, keys) {
  const kinds = ['ENUM', 'Boolean', 'Date', 'String'];
  const kind = (it) => {
    const type = model.typeOf(model.field(keys, it.name));
    return type?.kind === 'ENUM' ? 'ENUM' : type?.name;
  };
  const offered = [...model.fields(by).values()].filter((it) => kinds.includes(kind(it)));
  offered.sort((a, b) => kinds.indexOf(kind(a)) - kinds.indexOf(kind(b)));
  return offered.find((it) => it.name === 'stage') ?? offered[0];
}

function created(model, type) {
  return change(model, type, 'create', '');
}

function updated(model, list, type) {
  return change(model, type, 'update', 'id', list.name);
}

function change(model, type, verb, key, list = null) {
  const field = model.field(model.root('mutation'), `${verb}${type.name}`);
  const input = argument(field, 'input');
  if (!input || (key && !argument(field, key))) return null;
  const payload = model.typeOf(field);
  const record = [...model.fields(payload).values()].find((it) => model.typeOf(it) === type);
  const first = title(model, type) || 'id';
  const declared = key ? `$${key}: ID!, ` : '';
  const passed = key ? `${key}: $${key}, ` : '';
  const errors = model.field(payload, 'errors') ? 'errors { path code message }' : '';
  const values = model.field(model.typeOf(input), first) ? { [first]: '…' } : {};
  return example(verb, `${type.name}: ${verb}`, [
    `mutation ${upper(verb)}${type.name}(${declared}$input: ${namedType(input.type)}!) {`,
    `${field.name}(${passed}input: $input) { ${record ? `${record.name} { id ${title(model, type)} }` : ''} ${errors} } }`,
  ], key ? { [key]: '', input: values } : { input: values }, list, key && first in values ? first : null);
}

function ofPlatform(model, query) {
  const made = [];
  for (const name of ['me', 'objectTypes', 'limits', 'plugins', 'packs']) {
    const field = model.field(query, name);
    if (!field || field.args.some((it) => it.type.kind === 'NON_NULL')) continue;
    const type = model.typeOf(field);
    const inside = model.isLeaf(type) ? '' : ` { ${everything(model, type)} }`;
    made.push(example(name, name, [`query ${upper(name)} { ${name}${inside} }`]));
  }
  return made;
}

/**
 * `list` is the root field whose first record's id fills an empty `id` variable, and its `kept` field an
 * input for it: run as it is, an example changes nothing.
 */
function example(kind, title, lines, variables = null, list = null, kept = null) {
  return {
    kind,
    title,
    list,
    kept,
    query: prettify(lines.join(' ')),
    variables: variables ? JSON.stringify(variables, null, 2) : '',
  };
}

/** The id, the name, and a handful of other leaves. */
function leaves(model, type) {
  const found = [...model.fields(type).values()].filter(
    (it) => model.isLeaf(model.typeOf(it)) && !PLAIN.has(it.name) && !it.isDeprecated && !it.args.length,
  );
  const named = found.filter((it) => names(it));
  const others = found.filter((it) => !names(it));
  return ['id', ...[...named, ...others].slice(0, MOST_LEAVES).map((it) => it.name)].join(' ');
}

/** Up to two records that a record refers to. */
function related(model, type) {
  return [...model.fields(type).values()]
    .filter((it) => isRecord(model, it) && it.name !== 'parent')
    .slice(0, 2)
    .map((it) => `${it.name} { id ${title(model, model.typeOf(it))} }`)
    .join(' ');
}

/** The first connection of a record. */
function many(model, type) {
  const found = [...model.fields(type).values()].find((it) => {
    const rows = model.rowsOf(model.typeOf(it));
    return rows && rows !== type;
  });
  if (!found) return '';
  const rows = model.rowsOf(model.typeOf(found));
  return `${found.name}(first: 5) { nodes { ${leaves(model, rows)} } }`;
}

/** Every leaf, and for records their id and name. */
function everything(model, type) {
  const found = [...model.fields(type).values()].filter((it) => !required(it));
  const parts = found.map((it) => {
    const inner = model.typeOf(it);
    if (model.isLeaf(inner)) return it.name;
    return isRecord(model, it) ? `${it.name} { id ${title(model, inner)} }` : '';
  });
  return parts.filter(Boolean).slice(0, 12).join(' ') || '__typename';
}

function isRecord(model, field) {
  const type = model.typeOf(field);
  return type?.kind === 'OBJECT' && !isList(field.type) && !required(field) && Boolean(model.field(type, 'id'));
}

/** The largest, the latest, else by name. */
function sorting(model, order) {
  const all = [...model.fields(order).values()].filter((it) => model.typeOf(it)?.kind === 'ENUM');
  const wanted = [/amount/i, /date/i, /^name$/].map((it) => all.find((member) => it.test(member.name)));
  const by = wanted.find(Boolean);
  return by ? `, orderBy: [{${by.name}: ${by.name === 'name' ? 'ASC' : 'DESC'}}]` : '';
}

function required(field) {
  return field.args?.some((it) => it.type.kind === 'NON_NULL' && it.defaultValue === null);
}

function argument(field, name) {
  return field?.args?.find((it) => it.name === name) ?? null;
}

/** The field that names a record to a person, if there is one. */
function title(model, type) {
  const found = [...model.fields(type).values()].filter((it) => names(it) && model.isLeaf(model.typeOf(it)));
  return found.sort((a, b) => NAMES.indexOf(stem(a)) - NAMES.indexOf(stem(b)))[0]?.name ?? '';
}

function names(field) {
  return NAMES.includes(stem(field));
}

/** What a field is called; a tenant's own end in `__c`. */
function stem(field) {
  return field.name.replace(/__c$/, '');
}

function upper(text) {
  return text[0].toUpperCase() + text.slice(1);
}

function lower(text) {
  return text[0].toLowerCase() + text.slice(1);
}

function spaced(text) {
  return text.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}
