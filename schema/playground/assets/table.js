// The records of an answer as a table. No DOM here.

const MOST_COLUMNS = 24;

/** `{path, columns, rows}` of the first list of records in the data, or null. */
export function tableOf(data) {
  const found = firstList(data);
  if (!found) return null;
  const records = found.list.map((it) => flat(it?.node && Object.keys(it).length <= 2 ? it.node : it));
  const columns = [...new Set(records.flatMap((it) => Object.keys(it)))].slice(0, MOST_COLUMNS);
  return { path: found.path, columns, rows: records.map((it) => columns.map((name) => it[name])) };
}

/** Breadth first: the list nearest to the root wins. */
function firstList(data) {
  let level = [{ value: data, path: '' }];
  while (level.length) {
    const below = [];
    for (const { value, path } of level) {
      if (Array.isArray(value)) {
        if (value.some((it) => it && typeof it === 'object' && !Array.isArray(it))) return { list: value, path };
      } else if (value && typeof value === 'object') {
        for (const [name, inner] of Object.entries(value)) {
          below.push({ value: inner, path: path ? `${path}.${name}` : name });
        }
      }
    }
    level = below;
  }
  return null;
}

/** One level of nested objects spread out, as `account.name`; lists told by their length. */
function flat(record) {
  const values = {};
  for (const [name, value] of Object.entries(record ?? {})) {
    if (Array.isArray(value)) values[name] = short(value);
    else if (value && typeof value === 'object') {
      for (const [inner, deep] of Object.entries(value)) {
        values[`${name}.${inner}`] = deep && typeof deep === 'object' ? short(deep) : deep;
      }
    } else values[name] = value;
  }
  return values;
}

function short(value) {
  const list = Array.isArray(value) ? value : value.nodes ?? value.edges;
  if (!Array.isArray(list)) return '{…}';
  const plain = list.every((it) => it === null || typeof it !== 'object');
  return plain ? list.join(', ') : `[${list.length}]`;
}
