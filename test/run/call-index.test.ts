import { expect, test } from 'vitest';
import { indexCalls, type RecordedCall } from '../../src/run/call-index.ts';
import type { RecordedRow } from '../../src/run/journal-entry.ts';
import { spentWithin } from '../../src/run/time-limit.ts';

const row = (node: string, phase: RecordedRow['phase'], atMs: number): RecordedRow => ({
  path: `${node}/1`,
  phase,
  node,
  kind: 'model',
  target: 'default/small',
  argsDigest: undefined,
  decision: undefined,
  body: undefined,
  outcome: phase === 'intent' ? undefined : 'done',
  error: undefined,
  tokensReserved: undefined,
  tokensIn: undefined,
  tokensOut: undefined,
  cost: undefined,
  atMs,
});

const call = (node: string, from = 0, to = 10): RecordedCall => ({
  intent: row(node, 'intent', from),
  result: row(node, 'result', to),
});

const placesWithin = (place: string, places: readonly string[]) =>
  (indexCalls(places.map((one) => call(one))).get(place) ?? []).map(({ intent }) => intent?.node);

test('a call is found by its place and by each that it is inside of', () => {
  const inside = ['a', 'a[0]', 'a[0]!2', 'a#2', 'a@2', 'a^1.0.helper', 'a:helper', 'a>b[1]'];
  expect(placesWithin('a', [...inside, 'ab', 'b>a'])).toEqual(inside);
  expect(placesWithin('a[0]', inside)).toEqual(['a[0]', 'a[0]!2']);
  expect(placesWithin('a>b', inside)).toEqual(['a>b[1]']);
});

test('a call of which no result is recorded is found, and none from before a person started the run again', () => {
  const begun = { intent: row('a', 'intent', 0), result: undefined };
  const before = { intent: row('a', 'intent', 0), result: { ...row('a', 'result', 5), beforeRetry: true } };
  expect(indexCalls([begun, before]).get('a')).toEqual([begun]);
});

test('what each of many items took is read from its own calls', () => {
  let reads = 0;
  const places = Array.from({ length: 1_000 }, (_, item) => `each[${item}]`);
  const counted = (place: string): RecordedCall => ({
    intent: {
      ...row(place, 'intent', 0),
      get target() {
        reads += 1;
        return 'default/small';
      },
    },
    result: row(place, 'result', 10),
  });
  const index = indexCalls(places.map(counted));
  const journal = { callsWithin: (place: string) => index.get(place) ?? [], recorded: () => undefined };
  expect(places.every((place) => spentWithin(place, journal) === 10)).toBe(true);
  expect(reads).toBe(places.length);
});
