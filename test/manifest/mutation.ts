import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { anyText } from '../support/any-text.ts';

/** Pieces that mean something to YAML, to JSON Schema, to CEL, to a template or to an attacker. */
const pieces = [
  '\n',
  '  ',
  ': ',
  '- ',
  '? ',
  '[',
  ']',
  '{',
  '}',
  '&a ',
  '*a',
  '!!binary ',
  '!x ',
  '<<: ',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '| \n',
  '>-\n',
  '"',
  "'",
  '#',
  '\t',
  '\r',
  '\0',
  '\ufeff',
  '\u202e',
  '\ud800',
  '\u2028',
  '__proto__: 1\n',
  'constructor: ',
  '~',
  'null',
  '.nan',
  '1e400',
  '-0',
  '90071992547409931234',
  'true',
  '0x1f',
  '${',
  '${ nodes.x.output }',
  '}',
  '{{ x }}',
  '{{> pieces/top }}',
  '{{>',
  '\\{{',
  'output.all(a, a.all(b, b))',
  'status: {}\n',
  'apiVersion: pawl/v1\n',
  'kind: Agent\n',
  'spec: {}\n',
  '$ref: "#"\n',
  '(?=x)',
  '(a+)+$',
  'é',
  '😀',
  '../',
  '/',
  ' @ ',
  '`',
  '*',
  '?',
  '\x1b[31m',
  '\x9b',
  '::error::',
  '%0A',
  '</script>',
  '../../etc/passwd',
  '* * * * *',
  '61 25 32 13 8',
  'Europe/Nowhere',
  'P1Y',
  '99999999h',
  '-1s',
  'renamedFrom: x\n',
  'pawl/patch: merge\n',
];

/** What each of a text's mutations does to it. */
type Mutation = (text: string) => string;

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

export const splice: fc.Arbitrary<Mutation> = fc
  .record({
    at: place,
    cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat({ max: 40 }) }),
    put: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...pieces) },
      { weight: 1, arbitrary: anyText(8) },
      { weight: 1, arbitrary: fc.constant('') },
    ),
  })
  .map(({ at, cut, put }) => (text) => {
    const from = Math.floor(at * (text.length + 1));
    return text.slice(0, from) + put + text.slice(from + cut);
  });

const flipped: fc.Arbitrary<Mutation> = fc.tuple(place, fc.nat({ max: 6 })).map(([at, bit]) => (text) => {
  const from = Math.floor(at * text.length);
  return text.slice(0, from) + String.fromCharCode((text.charCodeAt(from) || 0) ^ (1 << bit)) + text.slice(from + 1);
});

const lines: fc.Arbitrary<Mutation> = fc
  .tuple(place, place, fc.constantFrom('remove', 'repeat', 'swap', 'indent', 'move'))
  .map(([first, second, what]) => (text) => {
    const all = text.split('\n');
    const [a, b] = [Math.floor(first * all.length), Math.floor(second * all.length)];
    const [line = '', other = ''] = [all[a], all[b]];
    if (what === 'remove') all.splice(a, 1 + (b % 3));
    else if (what === 'repeat') all.splice(b, 0, line);
    else if (what === 'indent') all[a] = ` ${line}`;
    else if (what === 'move') all.splice(b, 0, ...all.splice(a, 1));
    else [all[a], all[b]] = [other, line];
    return all.join('\n');
  });

const many: fc.Arbitrary<Mutation> = fc
  .tuple(
    place,
    fc.constantFrom('[', '{a: ', '- ', 'x', '(', '${', '{{', '  ', '*a', '\u202e'),
    fc.constantFrom(70, 2_000, 20_000),
  )
  .map(([at, piece, count]) => (text) => {
    const from = Math.floor(at * (text.length + 1));
    return text.slice(0, from) + piece.repeat(count) + text.slice(from);
  });

/** A text of which some characters and lines are others. */
export function textMutated(text: string): fc.Arbitrary<string> {
  const one = fc.oneof(
    { weight: 6, arbitrary: splice },
    { weight: 2, arbitrary: flipped },
    { weight: 3, arbitrary: lines },
    { weight: 1, arbitrary: many },
  );
  return fc.array(one, { minLength: 1, maxLength: 4 }).map((all) => all.reduce((now, change) => change(now), text));
}

type Value = unknown;

const strange: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom<Value[]>(
    null,
    true,
    0,
    -1,
    1e308,
    0.1,
    2 ** 53,
    '',
    ' ',
    [],
    {},
    [[]],
    [null],
    { a: null },
    { '': '' },
  ),
  fc.constantFrom(...pieces),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(30, 63, 64, 65, 200).map((depth) => {
    let value: Value = 'x';
    for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? { properties: value } : [value];
    return value;
  }),
  fc
    .tuple(fc.constantFrom<Value[]>('x', {}, 1, { name: 'a' }), fc.constantFrom(2, 101, 1_001, 5_000))
    .map(([of, count]) => Array.from({ length: count }, () => of)),
  fc.constantFrom(64, 300, 11_000, 100_000).map((length) => 'aA1_'.repeat(length / 4)),
  fc
    .constantFrom(100, 1_000)
    .map((count) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]))),
);

interface Change {
  readonly at: number;
  readonly what: 'replace' | 'remove' | 'rename' | 'swap' | 'wrap' | 'add';
  readonly other: number;
  readonly value: Value;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: place,
  what: fc.constantFrom('replace', 'replace', 'remove', 'rename', 'swap', 'wrap', 'add'),
  other: place,
  value: strange,
});

/** Every map and list of a value with each key in it. */
function slots(value: Value): [Record<string, Value>, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, Value>;
  return Object.keys(holder).flatMap((key) => [
    [holder, key] as [Record<string, Value>, string],
    ...slots(holder[key]),
  ]);
}

function changed(value: Value, { at, what, other, value: put }: Change): void {
  const all = slots(value);
  const [holder, key] = all[Math.floor(at * all.length)] ?? [];
  const [from, of] = all[Math.floor(other * all.length)] ?? [];
  if (holder === undefined || key === undefined || from === undefined || of === undefined) return;
  if (what === 'remove') delete holder[key];
  else if (what === 'swap') holder[key] = structuredClone(from[of]);
  else if (what === 'wrap') holder[key] = [holder[key]];
  else if (what === 'add') holder[of] = put;
  else if (what === 'rename') {
    holder[`${key}s`] = holder[key];
    delete holder[key];
  } else holder[key] = put;
}

/** The same manifests with some of their values others: what no parser stops. */
export function structured(text: string): fc.Arbitrary<string> {
  const values = parseAllDocuments(text).map((document) => document.toJS() as Value);
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((all) =>
    values
      .map((value) => {
        const copy = structuredClone(value);
        for (const one of all) changed(copy, one);
        return JSON.stringify(copy);
      })
      .join('\n---\n'),
  );
}

/** A credential that no message may repeat; put together here so that no scanner finds it in this file. */
export const canary = ['ghp', 'Z9yX8wV7uT6sR5qP4oN3mL2kJ1iH0gF9eD8c'].join('_');

/** A text with a credential as a value, a key, a comment or a name in it. */
export function canaryMutations(text: string): fc.Arbitrary<string> {
  return fc
    .tuple(place, fc.constantFrom('value', 'key', 'comment', 'item', 'word'), textMutated(''))
    .map(([at, how, junk]) => {
      const all = text.split('\n');
      const index = Math.floor(at * all.length);
      const line = all[index] ?? '';
      const [indent = ''] = /^[ -]*/.exec(line) ?? [];
      if (how === 'value')
        all[index] = line.includes(': ') ? `${line.slice(0, line.indexOf(': '))}: ${canary}` : canary;
      else if (how === 'key') all[index] = `${indent}${canary}: ${junk.length > 99 ? 1 : JSON.stringify(junk)}`;
      else if (how === 'comment') all[index] = `${line} # ${canary}`;
      else if (how === 'item') all[index] = `${indent}[${canary}]`;
      else all[index] = line.replace(/[\w-]+(?=[^\w]*$)/, canary);
      return all.join('\n');
    });
}
