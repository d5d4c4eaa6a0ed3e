// The page: what is typed, run, kept, shown, and how the parts meet.

import { curl, endpoint, jsonObject, send, tenantOf } from './client.js';
import { completions, meaning } from './completion.js';
import { Docs } from './docs.js';
import { at, copy, divider, h, store, tabs } from './dom.js';
import { Editor } from './editor.js';
import { examples, opening } from './examples.js';
import { operationAt, operations, prettify } from './language.js';
import { INTROSPECTION, Model, typeText } from './model.js';
import { paintedJson, paintedQuery } from './painting.js';
import { Response } from './response.js';
import { WORDS, say, speak } from './words.js';

const URL_OF_API = endpoint(document.baseURI);
const MOST_KEPT = 60;
const NARROW = matchMedia('(max-width: 900px)'); // as in the style sheet: the panes stand below each other
const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const session = store('sessionStorage', 'dealgraph.');
const local = store('localStorage', 'dealgraph.');

let language = speak(local.get('language') ?? navigator.language);
const docs = new Docs();
const response = new Response((line, column) => query.goTo(line, column));
const query = new Editor(at('query'), {
  label: 'query',
  paint: paintedQuery,
  complete: (text, cursor) => (model ? completions(model, text, cursor) : null),
  onChange: typed,
  onMove: explain,
});
const variables = new Editor(at('variables'), { label: 'variables', paint: paintedJson, onChange: (text) => session.set('variables', text) });
const headers = new Editor(at('headers'), { label: 'headers', paint: paintedJson, onChange: (text) => session.set('headers', text) });
const side = tabs(at('side').querySelector('[role=tablist]'));
tabs(document.querySelector('.lower [role=tablist]'));
tabs(at('right').querySelector('[role=tablist]'));

let model = null;
let version = null; // of what was published when the schema was read
let running = null;

// ---- tokens

function token() {
  return at('token').value.trim();
}

function tenant() {
  return tenantOf(token()) ?? 'none';
}

/** A token may come in the fragment, which no server sees; it leaves the address bar at once. */
function takeFragment() {
  const given = new URLSearchParams(location.hash.slice(1));
  const found = given.get('token');
  if (found) session.set('token', found);
  if (location.hash) history.replaceState(null, '', location.pathname + location.search);
  return given.get('query') === null ? null : Object.fromEntries(given);
}

let asked = 0;
function tokenTyped() {
  session.set('token', token());
  clearTimeout(asked);
  asked = setTimeout(readSchema, 250);
}

// ---- the schema

async function readSchema() {
  const mine = token();
  at('token').parentElement.classList.remove('wrong');
  if (!mine) {
    forget();
    docs.tell(...marked(say('needsToken')));
    notice(say('needsToken').replaceAll('`', ''));
    at('token').focus();
    return;
  }
  if (!model) {
    docs.tell(say('loading'));
    notice(say('loading'));
  }
  const problem = await introspected(mine);
  if (mine !== token()) return;
  if (problem) {
    forget();
    docs.tell(problem);
    notice(problem, true);
  }
}

/** Reads the schema; gives what went wrong, if anything did. */
async function introspected(mine) {
  try {
    const seen = await published(mine);
    const { status, json } = await send(URL_OF_API, { token: mine, headers: givenHeaders(), body: { query: INTROSPECTION } });
    if (mine !== token()) return null;
    if (json?.data?.__schema) {
      version = seen;
      learn(new Model(json.data.__schema));
      return null;
    }
    at('token').parentElement.classList.toggle('wrong', status === 401);
    return status === 401 ? say('badToken') : say('noSchema', json?.errors?.[0]?.message ?? status);
  } catch (error) {
    return error instanceof TypeError ? say('offline') : say('noSchema', error.message);
  }
}

/** The newest version of what the tenant declares, or null where nobody tells. */
async function published(mine) {
  const { json } = await send(URL_OF_API, { token: mine, headers: givenHeaders(), body: { query: '{ me { metadataVersion } }' } });
  return json?.data?.me?.metadataVersion ?? null;
}

/** Reads the schema again where something was published since, here or elsewhere. */
async function follow() {
  if (!model) return;
  const newest = await published(token()).catch(() => null);
  if (newest !== null && newest !== version) await readSchema();
}

function learn(found) {
  model = found;
  notice('');
  docs.use(model);
  drawExamples();
  drawHistory();
  explain(query.text, query.cursor);
}

function forget() {
  model = null;
  at('meaning').replaceChildren();
  drawExamples();
  drawHistory();
}

// ---- running

async function run() {
  if (running) {
    running.abort();
    return;
  }
  const body = request();
  if (!body) return;
  const controller = (running = new AbortController());
  busy(true);
  try {
    const result = await send(URL_OF_API, { token: token(), headers: givenHeaders(), body, signal: controller.signal });
    response.show(result);
    at('right').scrollIntoView({ block: 'nearest' });
    query.mark(wrongLines(result.json));
    at('token').parentElement.classList.toggle('wrong', result.status === 401);
    keep(body, result);
    if (result.json?.errors || operations(body.query).some((it) => it.type === 'mutation')) follow();
  } catch (error) {
    if (error.name !== 'AbortError') response.fail(error instanceof TypeError ? say('offline') : error.message);
  } finally {
    running = null;
    busy(false);
  }
}

function busy(is) {
  response.waiting(is);
  at('run').classList.toggle('running', is);
  at('run').querySelector('span').textContent = say(is ? 'stop' : 'run');
}

/** What would be sent, or null where there is no query, or the variables or headers can't be read. */
function request() {
  if (!query.text.trim()) {
    response.fail(say('noQuery'));
    query.focus();
    return null;
  }
  const given = objectOf(variables, 'badVariables');
  if (!given || !objectOf(headers, 'badHeaders', (value) => new Headers(value))) return null;
  const name = chosenOperation();
  return { query: query.text, ...(name && { operationName: name }), ...(Object.keys(given).length && { variables: given }) };
}

function objectOf(editor, complaint, check = () => {}) {
  try {
    const value = jsonObject(editor.text);
    check(value);
    return value;
  } catch (error) {
    response.fail(say(complaint, error.message));
    return null;
  }
}

/** The headers, where a browser can send them. */
function givenHeaders() {
  try {
    const value = jsonObject(headers.text);
    new Headers(value);
    return value;
  } catch {
    return {};
  }
}

function chosenOperation() {
  const named = operations(query.text).filter((it) => it.name);
  if (!named.length) return null;
  return at('operation').hidden ? named[0].name : operationAt(query.text, query.cursor)?.name ?? at('operation').value;
}

function wrongLines(json) {
  const wrong = new Map();
  for (const { message, locations } of json?.errors ?? []) {
    for (const { line } of locations ?? []) {
      wrong.set(line, [wrong.get(line), message].filter(Boolean).join('\n'));
    }
  }
  return wrong;
}

// ---- typing

function typed(text) {
  session.set('query', text);
  drawOperations(text);
}

function drawOperations(text) {
  const names = operations(text).map((it) => it.name).filter(Boolean);
  at('operation').hidden = names.length < 2;
  at('operation').replaceChildren(...names.map((it) => h('option', { value: it }, it)));
}

/** The line below the editor: what the word at the cursor is. */
function explain(text, cursor) {
  const current = operationAt(text, cursor)?.name;
  if (current) at('operation').value = current;
  const found = model ? meaning(model, text, cursor) : null;
  at('meaning').replaceChildren(...(found ? described(found) : []));
}

function described({ type, member, field }) {
  const owner = field ? `${type?.name ?? ''}.${field.name}(${member.name}` : member ? `${type.name}.${member.name}` : type.name;
  const leads = member?.type ? `: ${typeText(member.type)}` : '';
  const says = (member ?? type).description;
  return [h('code', {}, `${owner}${field ? `${leads})` : leads}`), says ? ` — ${says.split('\n')[0]}` : ''];
}

function layOut() {
  try {
    query.replaceAll(prettify(query.text));
    notice('');
  } catch (error) {
    notice(say('cannotPrettify', error.message), true);
  }
  try {
    if (variables.text.trim()) variables.text = JSON.stringify(JSON.parse(variables.text), null, 2);
  } catch {
    // said when it is run
  }
}

// ---- examples and history

function use(text, values, focus = true) {
  query.replaceAll(text);
  variables.text = values ?? '';
  if (focus) query.focus();
  else document.activeElement?.blur();
}

async function useExample({ query: text, variables: values, list, kept: field }) {
  use(text, values);
  if (!list) return;
  const body = { query: `{ ${list}(first: 1) { nodes { id ${field ?? ''} } } }` };
  const { json } = await send(URL_OF_API, { token: token(), headers: givenHeaders(), body }).catch(() => ({}));
  const first = json?.data?.[list]?.nodes?.[0];
  if (!first || variables.text !== values) return;
  const given = JSON.parse(values);
  variables.text = JSON.stringify({ ...given, id: first.id, ...(field && { input: { [field]: first[field] } }) }, null, 2);
}

function drawExamples() {
  const groups = model ? examples(model) : [];
  const drawn = groups.map((group) =>
    h('div.group', {}, h('h3', {}, group.title),
      h('div.chips', {}, ...group.examples.map((it) =>
        h('button', { type: 'button', title: it.title, onclick: () => useExample(it) }, titleOf(it))))),
  );
  at('examples').replaceChildren(...(drawn.length ? drawn : [h('p.hint', {}, say('noExamples'))]));
  const first = opening(groups);
  if (!query.text.trim() && first) use(first.query, first.variables, false);
}

function titleOf({ kind, title }) {
  return `kind_${kind}` in WORDS.en ? say(`kind_${kind}`) : title.split(': ').at(-1);
}

function keep(body, result) {
  const entry = { query: body.query, variables: variables.text, name: body.operationName ?? null, at: Date.now(), status: result.status, milliseconds: result.milliseconds };
  const others = kept().filter((it) => it.query !== entry.query || it.variables !== entry.variables);
  local.set(`history.${tenant()}`, [entry, ...others].slice(0, MOST_KEPT));
  drawHistory();
}

function kept() {
  return local.get(`history.${tenant()}`) ?? [];
}

function drawHistory() {
  const all = kept();
  const time = new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'short' });
  const entries = all.map((it) =>
    h('button.entry', { type: 'button', onclick: () => use(it.query, it.variables) },
      h('strong', {}, it.name ?? it.query.replace(/\s+/g, ' ').slice(0, 80)),
      h('span', {}, `${time.format(it.at)} · ${it.status} · ${say('milliseconds', Math.round(it.milliseconds))}`)),
  );
  const clear = h('button.quiet', { type: 'button', onclick: () => { local.set(`history.${tenant()}`, []); drawHistory(); } }, say('clear'));
  at('history').replaceChildren(...(all.length ? [...entries, clear] : [h('p.hint', {}, say('noHistory'))]));
}

// ---- the page around it

function notice(text, bad = false) {
  at('notice').textContent = text;
  at('notice').classList.toggle('bad', bad);
}

/** Text whose `backquoted` parts become code. */
function marked(text) {
  return text.split('`').map((it, index) => (index % 2 ? h('code', {}, it) : it));
}

async function copied(button, text) {
  await copy(text);
  button.textContent = say('copied');
  setTimeout(() => (button.textContent = say(button.dataset.text)), 1200);
}

function link() {
  const shared = new URLSearchParams({ query: query.text });
  if (variables.text.trim()) shared.set('variables', variables.text);
  return `${URL_OF_API}#${shared}`;
}

function keys(text) {
  return MAC ? text.replace('Ctrl', '⌘').replace('Shift', '⇧') : text;
}

function drawKeys() {
  const all = { 'Ctrl+Enter': 'keyRun', 'Ctrl+Space': 'keyComplete', 'Ctrl+Shift+P': 'keyPrettify', 'Ctrl+K': 'keySearch', F1: 'keyDocs', Escape: 'keyEscape' };
  at('keys').replaceChildren(...Object.entries(all).flatMap(([key, does]) => [
    h('dt', {}, h('kbd', {}, key === 'Ctrl+Space' ? key : keys(key))), h('dd', {}, say(does)),
  ]));
}

function translate() {
  document.documentElement.lang = language;
  for (const it of document.querySelectorAll('[data-text]')) it.textContent = say(it.dataset.text);
  for (const it of document.querySelectorAll('[data-name]')) {
    it.setAttribute('aria-label', say(it.dataset.name));
    it.title = say(it.dataset.name);
  }
  for (const it of document.querySelectorAll('[data-keys]')) it.title = keys(it.dataset.keys);
  for (const it of document.querySelectorAll('.divider')) it.setAttribute('aria-label', say('resize'));
  at('search').placeholder = say('search');
  at('search').setAttribute('aria-label', say('search'));
  at('language').textContent = language === 'zh' ? 'EN' : '中';
  at('language').lang = language === 'zh' ? 'en' : 'zh';
  query.label(say('query'));
  variables.label(say('variables'));
  headers.label(say('headers'));
  drawKeys();
}

function pressed(event) {
  const control = event.ctrlKey || event.metaKey;
  const does =
    control && event.key === 'Enter' ? run
    : control && event.shiftKey && event.key.toLowerCase() === 'p' ? layOut
    : control && event.key.toLowerCase() === 'k' ? searchDocs
    : event.key === 'F1' ? documentWord
    : null;
  if (!does) return;
  event.preventDefault();
  does();
}

function searchDocs() {
  showSide(true);
  side('docs');
  at('search').select();
}

function documentWord() {
  const found = model ? meaning(model, query.text, query.cursor) : null;
  if (!found) return;
  showSide(true);
  side('docs');
  docs.open(found.type, found.field ?? found.member);
}

function showSide(is) {
  at('work').classList.toggle('narrow-side', !is);
  at('side-toggle').setAttribute('aria-expanded', String(is));
  if (!NARROW.matches) local.set('side', is);
}

function start() {
  const given = takeFragment();
  const searched = new URLSearchParams(location.search);
  at('token').value = session.get('token') ?? '';
  query.text = given?.query ?? searched.get('query') ?? session.get('query') ?? '';
  variables.text = given?.variables ?? searched.get('variables') ?? session.get('variables') ?? '';
  headers.text = session.get('headers') ?? '';
  translate();
  showSide(NARROW.matches ? false : local.get('side') ?? true);
  for (const it of document.querySelectorAll('.divider')) divider(it, local);
  at('token').addEventListener('input', tokenTyped);
  at('token-show').onclick = ({ currentTarget: button }) => {
    const shown = at('token').type === 'password';
    at('token').type = shown ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(shown));
    button.dataset.name = shown ? 'hide' : 'show';
    translate();
  };
  at('run').onclick = run;
  at('prettify').onclick = layOut;
  at('share').onclick = ({ currentTarget }) => copied(currentTarget, link());
  at('curl').onclick = ({ currentTarget }) => {
    const body = request();
    if (body) copied(currentTarget, curl(URL_OF_API, givenHeaders(), body));
  };
  at('operation').onchange = ({ target }) => {
    const found = operations(query.text).find((it) => it.name === target.value);
    if (found) query.goTo(query.text.slice(0, found.start).split('\n').length);
  };
  at('reload').onclick = readSchema;
  at('side-toggle').onclick = () => showSide(at('work').classList.contains('narrow-side'));
  at('help-open').onclick = () => at('help').showModal();
  at('help-close').onclick = () => at('help').close();
  at('language').onclick = () => {
    language = speak(language === 'zh' ? 'en' : 'zh');
    local.set('language', language);
    translate();
    response.draw();
    docs.draw();
    drawExamples();
    drawHistory();
  };
  addEventListener('keydown', pressed);
  addEventListener('focus', follow);
  addEventListener('hashchange', () => {
    const fresh = takeFragment();
    at('token').value = session.get('token') ?? '';
    if (fresh) use(fresh.query, fresh.variables);
    readSchema();
  });
  readSchema();
}

start();
