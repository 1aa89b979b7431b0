import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import type { RolloutsBefore } from '../../src/plan/impact-rollouts.ts';
import { impactOf } from '../../src/plan/impact.ts';
import { plan } from '../../src/plan/plan.ts';
import { impactText, rolloutText } from '../../src/plan/render/beside-words.ts';
import { sidesOf } from '../../src/plan/sides.ts';
import { agent, inSync, liveOf, model, optionsOf, role, snapshotOf, system, tool } from './fixture.ts';
import { replaced } from './fixture-sides.ts';

const node = (agentRef: string): JsonObject => ({ agentRef, edges: [] });
const base = [
  model('small'),
  tool('search', { operation: ['read'] }),
  role('support', ['tool:search:read']),
  agent('writer', { tools: [{ toolRef: 'search' }], roles: ['support'] }),
  agent('critic'),
  system('triage', { draft: node('writer') }),
  system('review', { check: node('critic') }),
];

function bundlesOf(resources: readonly Resource[]): ReadonlyMap<string, string> {
  const { bundles } = plan(snapshotOf(resources), liveOf([]), optionsOf([]));
  return new Map(bundles.map((one) => [one.system, one.digest]));
}

function impact(before: readonly Resource[], after: readonly Resource[], standing: Partial<RolloutsBefore> = {}) {
  const bundles = bundlesOf(before);
  const [snapshot, live, options] = [snapshotOf(after), inSync(before, { bundles }), optionsOf(before)];
  const made = plan(snapshot, live, options);
  const sides = sidesOf(snapshot, live, { changes: made.changes, bodies: options.bodies });
  const rollouts = { bundles, open: new Map(), isRollback: false, ...standing };
  return impactOf({ plan: made, sides, runs: [], rollouts, now: new Date('2025-03-29T12:00:00Z') });
}

describe('rollouts', () => {
  const rolling = (rollout: JsonObject) => system('triage', { draft: node('writer') }, { spec: { rollout } });
  const canary = rolling({ strategy: 'canary', steps: [{ weight: 10, pause: '1h' }, { weight: 100 }] });
  const prompted = agent('writer', { prompt: 'New.', tools: [{ toolRef: 'search' }], roles: ['support'] });
  const told = (before: readonly Resource[], after: readonly Resource[]) => impact(before, after).rollouts;

  test('are told where a change reaches a system that has one, with what new runs see at first', () => {
    const before = replaced(base, canary);
    const found = impact(before, replaced(before, prompted));
    expect(found.rollouts).toEqual([
      { system: 'AgentSystem/default/triage', strategy: 'canary', weight: 10, steps: 2 },
    ]);
    expect(impactText(found)).toContain('1 rollout');
    expect(found.rollouts?.map(rolloutText)).toEqual([
      'AgentSystem "default/triage" begins a canary of 2 steps: 10 of 100 new runs see this at first; what this forbids holds for all of them at once',
    ]);
    const green = replaced(base, rolling({ strategy: 'blueGreen' }));
    expect(told(green, replaced(green, prompted))?.map(rolloutText)).toEqual([
      'AgentSystem "default/triage" begins blue-green: no new run sees this before it is promoted; what this forbids holds for all of them at once',
    ]);
  });

  test('are not where all new runs see the change at once, or nothing that runs is another', () => {
    const before = replaced(base, canary);
    expect(told(base, replaced(base, prompted))).toBeUndefined();
    expect(told(base, replaced(base, rolling({ strategy: 'rolling' })))).toBeUndefined();
    expect(told(before, replaced(before, agent('critic', { prompt: 'New.' })))).toBeUndefined();
    expect(
      told(
        base.filter(({ name }) => name !== 'triage'),
        before,
      ),
    ).toBeUndefined();
    expect(impact(before, replaced(before, prompted), { isRollback: true }).rollouts).toBeUndefined();
  });

  test('are told as apply would settle them beside one that is under way', () => {
    const before = replaced(base, canary);
    const after = replaced(before, prompted);
    const beside = (from: readonly Resource[]) => {
      const rollout = { strategy: 'canary', steps: [{ weight: 5 }] } as const;
      const open = { from: bundlesOf(from).get('default/triage') ?? '', plan: rollout };
      return impact(before, after, { open: new Map([['default/triage', open]]) }).rollouts;
    };
    // What brings back the side that it began from ends it; anything else begins anew from there.
    expect(beside(after)).toBeUndefined();
    expect(beside(base)).toMatchObject([{ system: 'AgentSystem/default/triage', weight: 10 }]);
  });
});
