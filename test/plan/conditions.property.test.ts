import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import type { Decision } from '../../src/policy/decision.ts';
import { compileBundle } from '../../src/policy/compile.ts';
import { decide } from '../../src/policy/gate.ts';

import { base, triage } from '../policy/estate.ts';
import { unused } from '../policy/fixture.ts';
import { mapOf, policy } from './fixture.ts';
import { accessBetween, linesOf } from './sides.ts';

/** Conditions over one argument; some say the same in other words, some never hold and some fail. */
const exprs = ['args.n < 3', 'args.n <= 2', 'args.n != 4', 'true', 'false', 'args.missing == 1'];
const conditions = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b'),
    kind: fc.constantFrom('denyUnless', 'askIf'),
    expr: fc.constantFrom(...exprs),
  }),
  { maxLength: 2, selector: ({ name }) => name },
);
const policySpec = fc
  .record({ conditions, mode: fc.constantFrom('enforce', 'audit'), isGlobal: fc.boolean() })
  .map(({ conditions: list, mode, isGlobal }): JsonObject => {
    const whom = isGlobal ? { global: true } : { targets: { agents: ['writer'] } };
    return { ...whom, mode, ...(list.length === 0 ? {} : { conditions: list }) };
  });
const policies = fc
  .tuple(fc.option(policySpec, { nil: undefined }), fc.option(policySpec, { nil: undefined }))
  .map((specs) => specs.flatMap((spec, index) => (spec === undefined ? [] : [policy(`p${index}`, spec)])));

const ranks: Readonly<Record<Decision['kind'], number>> = { deny: 0, draw: 0, ask: 1, allow: 2 };
const figures = [0, 2, 3, 4];

/** How far each call of the agent gets, by its argument. */
function verdicts(resources: readonly Resource[]): readonly number[] {
  const { content, authority } = compileBundle(triage, mapOf([...resources, triage]));
  const subject = 'Agent/default/writer';
  const context = {
    clock: { lost: false, cancelled: false, overdue: false },
    bundle: content,
    schemas: new Map(Object.keys(content.tools).map((id) => [id, () => ({ kind: 'valid' }) as const])),
    pinned: authority.subjects[subject],
    live: undefined,
    usage: unused,
    where: { environment: 'e', run: 'r', step: 's', call: 's/1', input: {}, now: '2026-01-01T00:00:00Z' },
  };
  return figures.map((n) => {
    const call = { kind: 'tool', subject, name: 'search', arguments: JSON.stringify({ n }) } as const;
    return ranks[decide(call, context).kind];
  });
}

test('where a call gets further than before by a condition, the plan says that something widens', () => {
  fc.assert(
    fc.property(policies, policies, (was, is) => {
      const [before, after] = [
        [...base, triage, ...was],
        [...base, triage, ...is],
      ];
      const [old, now] = [verdicts(before), verdicts(after)];
      const lines = linesOf(accessBetween(before, after));
      const gets = (more: (index: number) => boolean) => figures.some((_, index) => more(index));
      if (gets((index) => (now[index] ?? 0) > (old[index] ?? 0)))
        expect(lines.filter((line) => line.startsWith('widened'))).not.toEqual([]);
      if (JSON.stringify(was) === JSON.stringify(is)) expect(lines).toEqual([]);
    }),
    { seed: 57, numRuns: 150 },
  );
});

test('one more condition never widens, and lets no call get further', () => {
  fc.assert(
    fc.property(policies, policySpec, (was, added) => {
      const before = [...base, triage, ...was];
      const after = [...before, policy('p9', added)];
      expect(linesOf(accessBetween(before, after)).filter((line) => line.startsWith('widened'))).toEqual([]);
      const old = verdicts(before);
      for (const [index, now] of verdicts(after).entries()) expect(now).toBeLessThanOrEqual(old[index] ?? 0);
    }),
    { seed: 58, numRuns: 100 },
  );
});
