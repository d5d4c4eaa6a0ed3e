// Text in colours: lists of [class, text] pieces, one list a line. No DOM here.

import { tokens } from './language.js';

const KEYWORDS = new Set(['query', 'mutation', 'subscription', 'fragment', 'on']);
const WORDS = new Set(['true', 'false', 'null']);
const JSON_PATTERN = /("(?:\\.|[^"\\])*"?)(\s*:)?|(-?\d[\d.eE+-]*)|(true|false|null)|([{}[\],:])|([^\s"{}[\],:]+)/g;

/** A GraphQL document, line by line. */
export function paintedQuery(text) {
  const all = tokens(text);
  const pieces = [];
  let parentheses = 0;
  let done = 0;
  all.forEach((token, index) => {
    if (token.start > done) pieces.push(['', text.slice(done, token.start)]);
    if (token.text === '(') parentheses++;
    if (token.text === ')') parentheses--;
    pieces.push([classOf(token, all[index - 1], all[index + 1], parentheses), token.text]);
    done = token.end;
  });
  if (done < text.length) pieces.push(['', text.slice(done)]);
  return lines(pieces);
}

/** JSON, sound or not, line by line. */
export function paintedJson(text) {
  return lines(jsonPieces(text));
}

export function jsonPieces(text) {
  const pieces = [];
  let done = 0;
  for (const match of text.matchAll(JSON_PATTERN)) {
    if (match.index > done) pieces.push(['', text.slice(done, match.index)]);
    const [whole, string, colon, number, word, mark] = match;
    if (string && colon) pieces.push(['key', string], ['mark', colon]);
    else if (string) pieces.push(['string', string]);
    else pieces.push([number ? 'number' : word ? 'word' : mark ? 'mark' : 'unknown', whole]);
    done = match.index + whole.length;
  }
  if (done < text.length) pieces.push(['', text.slice(done)]);
  return pieces;
}

function classOf(token, previous, next, parentheses) {
  switch (token.kind) {
    case 'name':
      if (WORDS.has(token.text)) return 'word';
      if (previous?.text === 'on' || (previous && KEYWORDS.has(previous.text) && !parentheses)) return 'type';
      if (KEYWORDS.has(token.text) && !parentheses) return 'keyword';
      if (previous?.kind === 'spread') return 'type';
      if (parentheses) return next?.text === ':' ? 'argument' : 'type';
      return 'field';
    case 'punctuation':
    case 'spread':
      return 'mark';
    case 'block':
      return 'string';
    default:
      return token.kind;
  }
}

function lines(pieces) {
  const all = [[]];
  for (const [kind, text] of pieces) {
    text.split('\n').forEach((part, index) => {
      if (index) all.push([]);
      if (part) all[all.length - 1].push([kind, part]);
    });
  }
  return all;
}
