import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import type { OpenRollout, RolloutsBefore } from '../../src/plan/impact-rollouts.ts';
import { impactOf } from '../../src/plan/impact.ts';
import { plan } from '../../src/plan/plan.ts';
import { impactText, reachesNothing, rolloutText } from '../../src/plan/render/beside-words.ts';
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
      { system: 'AgentSystem/default/triage', fate: 'added', strategy: 'canary', weight: 10, steps: 2 },
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

  describe('beside one that is under way', () => {
    const before = replaced(base, canary);
    const after = replaced(before, prompted);
    const paused = { strategy: 'canary', steps: [{ weight: 5 }, { weight: 40 }, { weight: 70 }] } as const;
    const beside = (from: readonly Resource[], to = after, standing: Partial<RolloutsBefore & OpenRollout> = {}) => {
      const { isRollback = false, step = 1, isAborted = false } = standing;
      const one = { from: bundlesOf(from).get('default/triage') ?? '', plan: paused, step, isAborted };
      return impact(before, to, { open: new Map([['default/triage', one]]), isRollback });
    };
    const lines = (...words: Parameters<typeof beside>) => beside(...words).rollouts?.map(rolloutText);

    test('another change takes its place', () => {
      expect(lines(base)).toEqual([
        'AgentSystem "default/triage" begins a canary of 2 steps, in place of the rollout under way: 10 of 100 new runs see this at first; what this forbids holds for all of them at once',
      ]);
    });

    test.each([
      [
        'what it began from comes back',
        lines(after),
        'this brings back what it began from, and all new runs see that at once',
      ],
      ['a rollback comes', lines(base, after, { isRollback: true }), 'all new runs see a rollback at once'],
      [
        'the system declares none any more',
        lines(base, base),
        'the system declares no rollout any more, and all new runs see the newest revision at once',
      ],
      [
        'the system goes',
        lines(
          base,
          base.filter(({ name }) => name !== 'triage'),
        ),
        'the system is removed',
      ],
    ])('it ends where %s', (_title, found, why) => {
      expect(found).toEqual([`AgentSystem "default/triage" ends its canary: ${why}`]);
    });

    test('it goes on where it is by other steps, and stays aborted', () => {
      const other = replaced(base, rolling({ strategy: 'canary', steps: [{ weight: 5 }, { weight: 20 }] }));
      const said = (weight: number) => [
        `AgentSystem "default/triage" goes on with its canary: ${weight} of 100 new runs see this`,
      ];
      expect(lines(base, other)).toEqual(said(20));
      expect(lines(base, other, { step: 2 })).toEqual(said(20));
      expect(lines(base, other, { step: 0 })).toEqual(said(5));
      expect(lines(base, other, { isAborted: true })).toEqual(said(0));
    });

    test('its end is told where nothing that runs is another', () => {
      const found = beside(base, base);
      expect(found.systems).toEqual([]);
      expect(reachesNothing(found)).toBe(false);
      expect(reachesNothing({ ...found, rollouts: [] })).toBe(true);
    });
  });
});
