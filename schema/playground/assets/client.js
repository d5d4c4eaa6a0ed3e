// Talking to the API. No DOM here.

export const ACCEPT = 'application/graphql-response+json, application/json;q=0.9';

/** The API's address: beside the page, whatever path a proxy serves it under. */
export function endpoint(base) {
  return new URL('graphql', base).href;
}

/** One request: `{status, ok, milliseconds, bytes, text, json}`. Throws when nobody answers. */
export async function send(url, { token, headers = {}, body, signal }) {
  const started = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headersOf(token), ...headers },
    body: JSON.stringify(body),
    signal,
    credentials: 'omit',
  });
  const text = await response.text();
  const milliseconds = performance.now() - started;
  return {
    status: response.status,
    ok: response.ok,
    requestId: response.headers.get('x-request-id'),
    milliseconds,
    bytes: new TextEncoder().encode(text).length,
    text,
    json: parsed(text),
  };
}

export function headersOf(token) {
  const headers = { 'content-type': 'application/json', accept: ACCEPT };
  if (token) headers.authorization = `Bearer ${token}`;
  return headers;
}

/** The same request for a terminal; the token stays out of it. */
export function curl(url, headers, body) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const given = { 'content-type': 'application/json', ...headers };
  return [
    `curl ${quoted(url)}`,
    '-H "authorization: Bearer $DEALGRAPH_TOKEN"',
    ...Object.entries(given).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    `--data-raw ${quoted(JSON.stringify(body))}`,
  ].join(' \\\n  ');
}

/** The JSON object that a text holds, an empty one where there is no text. Throws otherwise. */
export function jsonObject(text) {
  const value = JSON.parse(text.trim() || '{}');
  if (value && typeof value === 'object' && !Array.isArray(value)) return value;
  throw new SyntaxError(value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);
}

/** The tenant that a token names, as 32 hexadecimal digits, or null. */
export function tenantOf(token) {
  const match = /^dg_([A-Za-z0-9_-]{22,})$/.exec(token ?? '');
  if (!match) return null;
  const bytes = atob(match[1].slice(0, 24).replaceAll('-', '+').replaceAll('_', '/').padEnd(24, '='));
  return [...bytes.slice(0, 16)].map((it) => it.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}

/** What `extensions.cost` says, in points, or null. */
export function costOf(json) {
  const cost = json?.extensions?.cost;
  if (typeof cost === 'number') return cost;
  return Object.values(cost ?? {}).find((it) => typeof it === 'number') ?? null;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
