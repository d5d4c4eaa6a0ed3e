// Run by test_scripts.py beside a copy of the assets and the introspection of a small schema.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { costOf, curl, endpoint, jsonObject, tenantOf } from './assets/client.js';
import { completions, meaning } from './assets/completion.js';
import { examples } from './assets/examples.js';
import { operationAt, operations, prettify, tokens } from './assets/language.js';
import { Model, typeText } from './assets/model.js';
import { paintedJson, paintedQuery } from './assets/painting.js';
import { tableOf } from './assets/table.js';
import { WORDS, say, speak } from './assets/words.js';

const model = new Model(JSON.parse(readFileSync('schema.json')).__schema);

/** What is offered where the bar stands. */
function offered(text) {
  const cursor = text.indexOf('|');
  const found = completions(model, text.replace('|', ''), cursor);
  return found && found.items.map((it) => it.label);
}

function written(text, label) {
  const cursor = text.indexOf('|');
  const plain = text.replace('|', '');
  const { from, to, items } = completions(model, plain, cursor);
  const item = items.find((it) => it.label === label);
  return plain.slice(0, from) + item.insert + plain.slice(to);
}

test('tokens cover everything but spaces', () => {
  const text = 'query A($n: Int = -1.5e3) { a: b(c: "x\\"y", d: """z""") @skip(if: true) ...F } # end';
  const kinds = tokens(text).map((it) => it.kind);
  assert.ok(!kinds.includes('unknown'));
  assert.deepEqual([...new Set(kinds)].sort(), ['block', 'comment', 'directive', 'name', 'number', 'punctuation', 'spread', 'string', 'variable']);
});

test('an open string ends at its line', () => {
  assert.deepEqual(tokens('"abc\ndef').map((it) => it.text), ['"abc', 'def']);
});

test('operations are found by place', () => {
  const text = 'query A { a } fragment F on B { c } mutation M($x: Int) { d { e } } { f }';
  assert.deepEqual(operations(text).map((it) => [it.type, it.name]), [['query', 'A'], ['mutation', 'M'], ['query', null]]);
  assert.equal(operationAt(text, text.indexOf('e }')).name, 'M');
  assert.equal(operationAt(text, 0).name, 'A');
  assert.equal(operationAt('', 0), null);
});

test('prettify lays out and is stable', () => {
  const ugly = 'query Q($n:Int=3,$i:[AccountInput!]!){a:accounts(first:$n)@include(if:true){nodes{id ...F ... on Account{name}}}}#tail\nfragment F on Account{id}';
  const neat = prettify(ugly);
  assert.equal(neat, `query Q($n: Int = 3, $i: [AccountInput!]!) {
  a: accounts(first: $n) @include(if: true) {
    nodes {
      id
      ...F
      ... on Account {
        name
      }
    }
  }
}

#tail
fragment F on Account {
  id
}
`);
  assert.equal(prettify(neat), neat);
});

test('prettify breaks long arguments', () => {
  const long = `{ a(filter: {name: {contains: "${'x'.repeat(50)}"}, industry: {in: [SAAS, RETAIL]}}) { b } }`;
  const neat = prettify(long);
  assert.ok(neat.split('\n').every((line) => line.length <= 80));
  assert.equal(prettify(neat), neat);
});

test('prettify says what it cannot read', () => {
  assert.throws(() => prettify('{ a( }'), SyntaxError);
  assert.throws(() => prettify('{ a'), SyntaxError);
  assert.equal(prettify(''), '');
});

test('completes fields of the type at the cursor', () => {
  assert.deepEqual(offered('{ accounts { nodes { na| } } }'), ['name', '__typename']);
  assert.ok(offered('{ | }').includes('accounts'));
  assert.ok(offered('{ a: accounts { edges { node { parent { | } } } } }').includes('industry'));
  assert.deepEqual(offered('fragment F on Contact { acc| }'), ['account']);
  assert.deepEqual(offered('mutation { cre| }'), ['createAccounts']);
  assert.deepEqual(offered('{ accounts { nodes { id } } ac| }').slice(0, 2).sort(), ['account', 'accounts']);
});

test('completes arguments, values, variables and input fields', () => {
  assert.deepEqual(offered('{ accounts(fi|) }'), ['first']);
  assert.ok(!offered('{ accounts(first: 1, |) }').includes('first'));
  assert.deepEqual(offered('query($i: Industry) { accounts(industry: |) }'), ['SAAS', 'RETAIL', '$i']);
  assert.deepEqual(offered('mutation { createAccounts(inputs: [{ |'), ['name']);
  assert.deepEqual(offered('query($a: AccountI|'), ['AccountInput']);
  assert.deepEqual(offered('{ half @inc|'), ['@include']);
});

test('completes types after on, and fragments', () => {
  assert.deepEqual(offered('{ node(id: 1) { ... on | } }').sort(), ['Account', 'Contact', 'Node']);
  assert.deepEqual(offered('{ accounts { nodes { ...| } } } fragment Small on Account { id }'), ['Small', 'on']);
  assert.deepEqual(offered('fragment F on Accou|').slice(0, 1), ['Account']);
});

test('offers nothing inside comments and strings', () => {
  assert.equal(offered('{ # na|'), null);
  assert.equal(offered('{ accounts(after: "na|") }'), null);
});

test('writes what must follow', () => {
  assert.equal(written('{ acc|', 'accounts'), '{ accounts {\n  \n}');
  assert.equal(written('{ acc| { id } }', 'accounts'), '{ accounts { id } }');
  assert.equal(written('{ acc|', 'account'), '{ account(id: ) {\n  \n}');
  assert.equal(written('{ accounts(fi|)', 'first'), '{ accounts(first: )');
});

test('knows what the word at the cursor means', () => {
  const at = (text) => meaning(model, text.replace('|', ''), text.indexOf('|'));
  assert.equal(at('{ accounts { nodes { na|me } } }').type.name, 'Account');
  assert.equal(at('{ accounts(fir|st: 1) { totalCount } }').field.name, 'accounts');
  assert.equal(at('query($a: Account|Input) { half }').type.name, 'AccountInput');
  assert.equal(at('{ accounts(industry: SA|AS) { totalCount } }').member.name, 'SAAS');
  assert.equal(at('{ nothing| }'), null);
});

test('searches types before fields, whole names first', () => {
  const names = model.search('account').map((it) => (it.member ? `${it.type.name}.${it.member.name}` : it.type.name));
  assert.equal(names[0], 'Account');
  assert.ok(names.includes('Contact.account'));
  assert.deepEqual(model.search('  '), []);
});

test('writes types as GraphQL does', () => {
  const field = model.field(model.type('Mutation'), 'createAccounts');
  assert.equal(typeText(field.args[0].type), '[AccountInput!]');
});

test('makes examples that the schema understands', () => {
  const [group] = examples(model).filter((it) => it.title === 'Account');
  assert.deepEqual(group.examples.map((it) => it.kind), ['list', 'one', 'tree']);
  const [list, one, tree] = group.examples;
  assert.match(list.query, /accounts\(first: \$first\)/);
  assert.deepEqual(JSON.parse(list.variables), { first: 10 });
  assert.equal(one.list, 'accounts');
  assert.equal(tree.query.match(/children/g).length, 3);
  for (const { query } of group.examples) assert.equal(prettify(query), query);
});

test("examples name records of a tenant's own objects", () => {
  const own = JSON.parse(readFileSync('schema.json', 'utf8').replaceAll('"name": "name"', '"name": "name__c"'));
  const [group] = examples(new Model(own.__schema)).filter((it) => it.title === 'Account');
  for (const { query } of group.examples) assert.match(query, /\bid\s+name__c\b/);
});

test('examples group by what has few values', () => {
  const crm = new Model(JSON.parse(readFileSync('crm.json')).__schema);
  const grouped = examples(crm).flatMap((it) => it.examples).filter((it) => it.kind === 'groups').map((it) => it.query);
  const by = (object) => grouped.find((it) => it.startsWith(`query ${object}By`));
  assert.match(by('Opportunity'), /by: \[\{stage: true\}\], orderBy: KEY.*amount \{\s+sum/s);
  assert.match(by('Account'), /by: \[\{type: true\}\]/);
  assert.match(by('Team'), /by: \[\{createdAt: MONTH\}\], orderBy: KEY/);
  for (const query of grouped) assert.doesNotMatch(query, /recordId/);
});

test('an example of an update keeps what the first record has', () => {
  const crm = new Model(JSON.parse(readFileSync('crm.json')).__schema);
  const updates = examples(crm).flatMap((it) => it.examples).filter((it) => it.kind === 'update');
  assert.ok(updates.length > 5);
  for (const { list, kept, variables } of updates) {
    assert.ok(list);
    assert.deepEqual(Object.keys(JSON.parse(variables).input), kept ? [kept] : []);
  }
});

test('paints every character once', () => {
  const query = 'query A($n: Int) {\n  # said\n  a(b: "c", d: [1, true]) { e } §\n}';
  const json = '{"a": [1.5, null, "x\\n"],\n oops}';
  for (const [paint, text] of [[paintedQuery, query], [paintedJson, json]]) {
    assert.equal(paint(text).map((line) => line.map(([, it]) => it).join('')).join('\n'), text);
  }
});

test('finds the first list of records for the table', () => {
  const table = tableOf({ accounts: { totalCount: 2, nodes: [{ id: 1, parent: { name: 'x' } }, { id: 2, parent: null, tags: ['a', 'b'] }] } });
  assert.equal(table.path, 'accounts.nodes');
  assert.deepEqual(table.columns, ['id', 'parent.name', 'parent', 'tags']);
  assert.deepEqual(table.rows[1], [2, undefined, null, 'a, b']);
  assert.equal(tableOf({ a: 1, b: [1, 2] }), null);
  assert.deepEqual(tableOf({ a: { edges: [{ cursor: 'c', node: { id: 1 } }] } }).columns, ['id']);
});

test('reads the tenant of a token, and the cost of an answer', () => {
  const bytes = Buffer.concat([Buffer.from('0198c0de000070008000000000000001', 'hex'), Buffer.alloc(32, 7)]);
  assert.equal(tenantOf(`dg_${bytes.toString('base64url')}`), '0198c0de000070008000000000000001');
  assert.equal(tenantOf('x'), null);
  assert.equal(costOf({ extensions: { cost: 12 } }), 12);
  assert.equal(costOf({ extensions: { cost: { points: 7 } } }), 7);
  assert.equal(costOf({ data: null }), null);
});

test('what is no JSON object is told by what it is', () => {
  assert.deepEqual(jsonObject(' '), {});
  assert.deepEqual(jsonObject('{"n": 2}'), { n: 2 });
  for (const [text, told] of [['[1]', /^array$/], ['null', /^null$/], ['5', /^number$/], ['{"n"', /JSON/]]) {
    assert.throws(() => jsonObject(text), { name: 'SyntaxError', message: told });
  }
});

test('the curl command holds no token', () => {
  const command = curl('http://h/graphql', { 'x-a': 'b' }, { query: "{ a(b: \"it's\") }" });
  assert.match(command, /\$DEALGRAPH_TOKEN/);
  assert.match(command, /it'\\''s/);
  assert.equal(endpoint('http://h/crm/graphql?query=x'), 'http://h/crm/graphql');
});

test('both languages say everything', () => {
  assert.deepEqual(Object.keys(WORDS.en).sort(), Object.keys(WORDS.zh).sort());
  assert.equal(speak('zh-CN'), 'zh');
  assert.equal(say('line', 3), '第 3 行');
  assert.equal(speak('fr'), 'en');
});
