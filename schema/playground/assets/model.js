// The schema as the API describes it: types by name, their fields, a search. No DOM here.

/** What the page asks of the API. */
export const INTROSPECTION = `query Introspection {
  __schema {
    queryType { name }
    mutationType { name }
    subscriptionType { name }
    types {
      kind
      name
      description
      fields(includeDeprecated: true) {
        name
        description
        args(includeDeprecated: true) { ...Input }
        type { ...Type }
        isDeprecated
        deprecationReason
      }
      inputFields(includeDeprecated: true) { ...Input }
      interfaces { name }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
      possibleTypes { name }
    }
    directives { name description locations args { ...Input } }
  }
}

fragment Input on __InputValue {
  name
  description
  type { ...Type }
  defaultValue
  isDeprecated
  deprecationReason
}

fragment Type on __Type {
  kind
  name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }
}
`;

/** The text of a type reference, such as `[Account!]!`. */
export function typeText(type) {
  if (!type) return '';
  if (type.kind === 'NON_NULL') return `${typeText(type.ofType)}!`;
  if (type.kind === 'LIST') return `[${typeText(type.ofType)}]`;
  return type.name;
}

/** The name of the type without lists and exclamation marks. */
export function namedType(type) {
  while (type?.ofType) type = type.ofType;
  return type?.name ?? null;
}

/** Whether a list stands in the type. */
export function isList(type) {
  for (; type; type = type.ofType) if (type.kind === 'LIST') return true;
  return false;
}

const META = {
  name: '__typename',
  description: 'The name of the type.',
  args: [],
  type: { kind: 'NON_NULL', name: null, ofType: { kind: 'SCALAR', name: 'String' } },
};

export class Model {
  constructor(schema) {
    this.types = new Map(schema.types.map((it) => [it.name, it]));
    this.directives = new Map((schema.directives ?? []).map((it) => [it.name, it]));
    this.roots = {
      query: schema.queryType?.name ?? null,
      mutation: schema.mutationType?.name ?? null,
      subscription: schema.subscriptionType?.name ?? null,
    };
    this.members = new Map();
    this.index = null;
  }

  type(name) {
    return this.types.get(name) ?? null;
  }

  root(operation) {
    return this.type(this.roots[operation]);
  }

  /** Fields by name: of an object or interface, or of an input. */
  fields(type) {
    if (!type) return new Map();
    let found = this.members.get(type.name);
    if (!found) {
      found = new Map((type.fields ?? type.inputFields ?? []).map((it) => [it.name, it]));
      this.members.set(type.name, found);
    }
    return found;
  }

  field(type, name) {
    if (name === '__typename' && type?.kind !== 'INPUT_OBJECT') return META;
    return this.fields(type).get(name) ?? null;
  }

  /** The type that a field or argument leads to. */
  typeOf(member) {
    return member ? this.type(namedType(member.type)) : null;
  }

  isLeaf(type) {
    return type?.kind === 'SCALAR' || type?.kind === 'ENUM';
  }

  /** A page of records: it has nodes and pageInfo. Gives the type of the records. */
  rowsOf(type) {
    const fields = this.fields(type);
    return fields.has('nodes') && fields.has('pageInfo') ? this.typeOf(fields.get('nodes')) : null;
  }

  /** The types that an `... on` may name inside `type`. */
  conditions(type) {
    const names = new Set([type?.name]);
    for (const it of type?.possibleTypes ?? []) names.add(it.name);
    for (const it of type?.interfaces ?? []) names.add(it.name);
    return [...names].map((name) => this.type(name)).filter(Boolean);
  }

  /** Types and fields that match, best first: whole names, then beginnings, then any part. */
  search(text, most = 60) {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    const found = [];
    for (const entry of this.entries()) {
      const rank = ranked(entry, wanted);
      if (rank < 4) found.push([rank, entry]);
    }
    found.sort(([a, one], [b, other]) => a - b || one.key.length - other.key.length);
    return found.slice(0, most).map(([, entry]) => entry);
  }

  entries() {
    if (this.index) return this.index;
    this.index = [];
    for (const type of this.types.values()) {
      if (type.name.startsWith('__')) continue;
      this.index.push(entryOf(type, null));
      for (const field of this.fields(type).values()) this.index.push(entryOf(type, field));
      for (const value of type.enumValues ?? []) this.index.push(entryOf(type, value));
    }
    return this.index;
  }
}

function entryOf(type, member) {
  const { name, description } = member ?? type;
  return { type, member, key: name.toLowerCase(), says: (description ?? '').toLowerCase() };
}

function ranked(entry, wanted) {
  const penalty = (entry.member ? 0.5 : 0) + (entry.type.kind === 'INPUT_OBJECT' ? 0.2 : 0);
  if (entry.key === wanted) return 0 + penalty;
  if (entry.key.startsWith(wanted)) return 1 + penalty;
  if (entry.key.includes(wanted)) return 2 + penalty;
  return entry.says.includes(wanted) ? 3 + penalty : 9;
}
