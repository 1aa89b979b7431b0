import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Resource } from '../../src/manifest/resource.ts';
import { argumentSchemas } from '../../src/policy/arguments.ts';
import type { SubjectAuthority } from '../../src/policy/authority.ts';
import type { Decision } from '../../src/policy/decision.ts';
import { decide } from '../../src/policy/gate.ts';
import { guardsFor } from '../../src/run/guards.ts';
import { policy, resource } from '../plan/fixture.ts';
import { compile, search } from './estate.ts';
import { contextWith } from './fixture.ts';
import { estate, type Merge, merges, oneRule, otherRule } from './merges.ts';

const address = 'Agent/default/writer';
const guardSpec = {
  mode: ['preCall'],
  calls: ['tool'],
  action: 'block',
  timeout: '1s',
  provider: { type: 'regex', regex: { patterns: [{ name: 'x', pattern: 'x' }] } },
};

/** What the gate says of the call where the run is pinned to some policies and others are live. */
function outcome(merge: Merge, pinned: readonly Resource[], live: readonly Resource[]): string {
  const { call = 'search', context = {}, resources = estate(search) } = merge;
  const compiled = [pinned, live].map((policies) => compile([...resources, ...policies]));
  const [first, second] = compiled.map(({ authority }) => authority.subjects[address]);
  const bundle = compiled[0]?.content;
  if (bundle === undefined) throw new TypeError('two sides are compiled');
  const at = contextWith({ ...context, bundle, schemas: argumentSchemas(bundle), pinned: first, live: second });
  const asked =
    call === 'model'
      ? ({ kind: 'model', subject: address, model: 'default/small', inputTokens: 100 } as const)
      : ({ kind: 'tool', subject: address, name: call, arguments: '{}' } as const);
  return wordOf(decide(asked, at), merge);
}

function wordOf(decision: Decision, { name }: Merge): string {
  const { kind } = decision;
  if (kind === 'deny') return decision.reason;
  if (kind === 'ask') return ['ask', ...decision.asks.map(({ rule }) => rule)].join(' ');
  if (kind === 'draw') return kind;
  const would = decision.would === undefined ? '' : `, would ${decision.would.kind}`;
  return `allow${name === 'of an answer' ? ` ${decision.maxOutputTokens ?? ''}` : ''}${would}`;
}

const policies = ({ one, other }: Merge) =>
  [policy('one', { global: true, ...one }), policy('other', { global: true, ...other })] as const;

describe.each(merges)('$what, $name', (merge) => {
  const [one, other] = policies(merge);
  const [alone, otherAlone, both] = merge.outcomes;

  test('of several policies, in any order', () => {
    expect(outcome(merge, [one], [one])).toBe(alone);
    expect(outcome(merge, [other], [other])).toBe(otherAlone);
    expect(outcome(merge, [one, other], [one, other])).toBe(both);
    expect(outcome(merge, [other, one], [other, one])).toBe(both);
  });

  test('of the revision that the run is pinned to and the live one', () => {
    expect(outcome(merge, [one], [other])).toBe(both);
    expect(outcome(merge, [other], [one])).toBe(both);
  });
});

const subjectUnder = (resources: readonly Resource[]): SubjectAuthority => {
  const row = compile([...estate(search), ...resources]).authority.subjects[address];
  if (row === undefined) throw new TypeError('the agent has rules');
  return row;
};

/** What holds of a call besides the gate's verdict. */
const beside = {
  rates: (): void => {
    const limit = (n: number) => ({ rates: [{ key: 'tool', limit: n, window: '1m' }] });
    const [one, other] = [policy('one', { global: true, ...limit(3) }), policy('other', { global: true, ...limit(5) })];
    const ids = (subjectUnder([other, one]).rates ?? []).map(({ id, limit: most }) => [id.split('#')[0], most]);
    expect(ids).toEqual([
      [oneRule, 3],
      [otherRule, 5],
    ]);
  },
  guards: (): void => {
    const named = (name: string) => policy(name, { global: true, guards: [name] });
    const guards = ['one', 'other'].map((name) => resource({ kind: 'Guard', name, spec: guardSpec }));
    const under = (...policed: readonly string[]) => compile([...estate(search), ...guards, ...policed.map(named)]);
    expect(under('other', 'one').authority.subjects[address]?.guards).toEqual(['default/one', 'default/other']);
    const scope = {
      pinned: under('one').authority,
      live: { current: () => ({ authority: under('other').authority }) },
    };
    const both = guardsFor(scope as unknown as Parameters<typeof guardsFor>[0], address, {
      mode: 'preCall',
      call: 'tool',
    });
    expect(both.map(({ rule }) => rule)).toEqual(['Guard/default/one', 'Guard/default/other']);
  },
};

test('rates of several policies are accounts of their own', beside.rates);

test('guards of several policies and of both revisions are united', beside.guards);

test('of a request that both revisions ask about, the shorter time and four eyes of either hold', () => {
  const asking = (ttl: string, fourEyes: boolean) =>
    policy('one', { global: true, operations: { ask: ['read'] }, approval: { ttl, fourEyes } });
  const [pinned, live] = [asking('10m', true), asking('5m', false)].map((one) => subjectUnder([one]));
  const { content } = compile(estate(search));
  const context = contextWith({ bundle: content, schemas: argumentSchemas(content), pinned, live });
  const call = { kind: 'tool', subject: address, name: 'search', arguments: '{}' } as const;
  expect(decide(call, context)).toMatchObject({
    kind: 'ask',
    asks: [{ rule: oneRule, ttlMs: 300_000, fourEyes: true }],
  });
});

test('each row of the table that people read is held by something above', async () => {
  const page = await readFile('docs/policies.md', 'utf8');
  const table = page.slice(page.indexOf('| what | of several policies'), page.indexOf('A deny is stronger'));
  const rows = table
    .split('\n')
    .slice(2)
    .filter((line) => line.startsWith('|'));
  const written = rows.map((line) => (line.split('|')[1] ?? '').replaceAll('`', '').trim());
  expect(new Set([...merges.map(({ what }) => what), ...Object.keys(beside)])).toEqual(new Set([...written, 'rates']));
});
