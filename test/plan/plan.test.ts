import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressesChanged } from '../../src/plan/diff.ts';
import { isErrored, isUnchanged, plan } from '../../src/plan/plan.ts';
import { compileCache } from '../../src/policy/compile-changed.ts';
import {
  agent,
  historyOf,
  inSync,
  liveOf,
  model,
  optionsOf,
  policy,
  role,
  snapshotOf,
  system,
  tool,
} from './fixture.ts';

const base = [
  model('small'),
  tool('search', { operation: ['read'] }),
  role('support', ['tool:search:read']),
  agent('writer', { tools: [{ toolRef: 'search' }], roles: ['support'] }),
  agent('reviewer'),
  system('triage', { draft: { agentRef: 'writer', edges: [] } }),
  system('review', { check: { agentRef: 'reviewer', edges: [] } }),
];

const bundlesOf = (resources: typeof base) =>
  new Map(plan(snapshotOf(resources), liveOf([]), optionsOf([])).bundles.map((one) => [one.system, one.digest]));

const replace = (resources: typeof base, ...changed: typeof base) =>
  resources.map((one) => changed.find(({ address }) => address === one.address) ?? one);

describe('plan', () => {
  test('the first plan of an environment adds everything and compiles every system', () => {
    const made = plan(snapshotOf(base), liveOf([]), optionsOf([]));
    expect(made.summary).toMatchObject({ add: 7, change: 0, remove: 0 });
    expect(made.bundles.map(({ system: name }) => name)).toEqual(['default/review', 'default/triage']);
    expect(made.changes.every(({ precondition }) => precondition === 'absent')).toBe(true);
  });

  test('is unchanged where rows, record and bundles are what the snapshot says', () => {
    const made = plan(snapshotOf(base), inSync(base, { bundles: bundlesOf(base) }), optionsOf([]));
    expect(isUnchanged(made)).toBe(true);
  });

  test('only systems that a change reaches are compiled anew', () => {
    const live = inSync(base, { bundles: bundlesOf(base) });
    const made = plan(snapshotOf(replace(base, agent('reviewer', { prompt: 'New.' }))), live, optionsOf(base));
    expect(made.bundles.map(({ system: name }) => name)).toEqual(['default/review']);
  });

  test('a new build that compiles otherwise is a plan of its own, though no resource changes', () => {
    const live = inSync(base, { bundles: new Map([...bundlesOf(base)].map(([name]) => [name, 'f'.repeat(64)])) });
    const made = plan(snapshotOf(base), live, optionsOf([]));
    expect(made.changes).toEqual([]);
    expect(isUnchanged(made)).toBe(false);
    expect(made.digest).not.toBe(
      plan(snapshotOf(base), inSync(base, { bundles: bundlesOf(base) }), optionsOf([])).digest,
    );
  });

  test('a system that Git dropped is removed', () => {
    const live = inSync(base, { bundles: bundlesOf(base) });
    const made = plan(snapshotOf(base.slice(0, -1)), live, optionsOf(base));
    expect(made.removedSystems).toEqual(['default/review']);
    expect(made.summary).toMatchObject({ add: 0, change: 0, remove: 1 });
  });

  test('errors of the snapshot are carried, sorted, and nothing is compiled', () => {
    const at = (line: number) =>
      ({ code: 'c', severity: 'error', message: 'm', file: 'a.yaml', line, column: 1 }) as const;
    const made = plan(snapshotOf(base, { problems: [at(9), at(2)] }), liveOf([]), optionsOf([]));
    expect(made.problems.map(({ line }) => line)).toEqual([2, 9]);
    expect(made.bundles).toEqual([]);
    expect(isErrored(made)).toBe(true);
  });

  test('what this build lacks refuses the plan as an error does, and other warnings do not', () => {
    const warning = { code: 'c', severity: 'warning', message: 'm', file: 'a.yaml', line: 1, column: 1 } as const;
    const lacking = { ...warning, blocks: 'apply', lacks: 'memory' } as const;
    const refused = plan(snapshotOf(base, { problems: [lacking] }), liveOf([]), optionsOf([]));
    expect([refused.bundles, isErrored(refused)]).toEqual([[], true]);
    expect(isErrored(plan(snapshotOf(base, { problems: [warning] }), liveOf([]), optionsOf([])))).toBe(false);
  });

  test('a conflict can never be applied', () => {
    const [old, edited, wanted] = ['a', 'b', 'c'].map((prompt) => agent('writer', { prompt }));
    const made = plan(snapshotOf([wanted ?? agent('x')]), liveOf([{ applied: old, live: edited }]), {
      ...optionsOf([old ?? agent('x'), edited ?? agent('x')]),
    });
    expect(made.changes[0]?.class).toBe('conflict');
    expect(isErrored(made)).toBe(true);
  });
});

describe('digest', () => {
  test('is the same whatever the order of files and of rows', () => {
    const old = replace(base, agent('writer', { prompt: 'Old.' })).slice(1);
    const digestOf = (order: typeof base, rows: typeof base) =>
      plan(snapshotOf(order), inSync(rows), optionsOf(old)).digest;
    const expected = digestOf(base, old);
    const shuffled = fc.shuffledSubarray([...base], { minLength: base.length });
    const rows = fc.shuffledSubarray([...old], { minLength: old.length });
    fc.assert(
      fc.property(shuffled, rows, (order, live) => digestOf(order, live) === expected),
      { numRuns: 100, seed: 1 },
    );
  });

  test('differs with environment, lineage, schema, precondition and content, and with nothing else', () => {
    const old = agent('writer', { prompt: 'Old.' });
    const wanted = agent('writer', { prompt: 'New.' });
    const live = inSync([old]);
    const of = (change = {}, options = {}) =>
      plan(snapshotOf([wanted]), { ...live, ...change }, { ...optionsOf([old]), ...options }).digest;
    expect(of({ commit: 'x', writes: 9 }, { subject: 'Another' })).toBe(of());
    const others = [
      of({ environment: 'staging' }),
      of({ lineage: '1' }),
      of({}, { schemaDigest: 'b'.repeat(64) }),
      of({ heads: liveOf([{ applied: old, live: old, generation: 2 }]).heads }),
      plan(snapshotOf([agent('writer', { prompt: 'Other.' })]), live, optionsOf([old])).digest,
    ];
    expect(new Set([of(), ...others]).size).toBe(6);
  });
});

describe('compile cache', () => {
  const variants = [
    replace(base, tool('search', { operation: ['read', 'write'] })),
    replace(base, role('support', [])),
    [...base, policy('none', { targets: { labels: { team: 'x' } }, tools: { deny: ['search'] } })],
    [...base, policy('all', { global: true, tools: { deny: ['search'] } })],
    [...base, policy('reviewers', { targets: { agents: ['reviewer'] }, limits: { maxSteps: 1 } })],
    replace(base, agent('writer', { tools: [{ toolRef: 'search' }], roles: ['support'] }, { labels: { team: 'x' } })),
    [
      ...base,
      policy('none', { targets: { labels: { team: 'x' } }, tools: { deny: ['search'] } }),
      agent('spare', {}, { labels: { team: 'x' } }),
    ],
    base.slice(0, -1),
  ];

  test('gives what compiling everything gives, for any sequence of snapshots', () => {
    const live = liveOf([]);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(base, ...variants), { minLength: 1, maxLength: 8 }), (sequence) => {
        const cache = compileCache();
        for (const resources of sequence) {
          const warm = plan(snapshotOf(resources), live, { ...optionsOf([]), cache }).bundles;
          expect(warm).toEqual(plan(snapshotOf(resources), live, optionsOf([])).bundles);
        }
      }),
      { numRuns: 100, seed: 2 },
    );
  });
});

describe('revert', () => {
  const prompts = (writer: string, reviewer: string) =>
    replace(base, agent('writer', { prompt: writer }), agent('reviewer', { prompt: reviewer }));
  test('is recognised by the content of an older revision', () => {
    const [first, second] = [prompts('a', 'a'), prompts('b', 'b')];
    const live = inSync(second, { revision: 2 });
    const made = plan(snapshotOf(first), live, { ...optionsOf(second), older: historyOf(first, second) });
    expect(made.revert).toEqual({ revision: 1, returned: 2, of: 2 });
    expect(addressesChanged(snapshotOf(first), live)).toHaveLength(2);
  });

  test('names the newest revision that it fits, and how much of it', () => {
    const states = [prompts('a', 'a'), prompts('a', 'b'), prompts('c', 'c')];
    const last = states[2] ?? base;
    const made = plan(snapshotOf(prompts('a', 'b')), inSync(last), { ...optionsOf(last), older: historyOf(...states) });
    expect(made.revert).toEqual({ revision: 2, returned: 2, of: 2 });
    const partly = plan(snapshotOf(replace(prompts('a', 'b'), model('small', { model: 'other' }))), inSync(last), {
      ...optionsOf(last),
      older: historyOf(...states),
    });
    expect(partly.revert).toEqual({ revision: 2, returned: 2, of: 3 });
  });

  test('what is new to every revision is no revert, nor is half of it', () => {
    const states = [prompts('a', 'a'), prompts('b', 'b')];
    const last = states[1] ?? base;
    const planned = (target: typeof base) =>
      plan(snapshotOf(target), inSync(last, { revision: 2 }), { ...optionsOf(last), older: historyOf(...states) })
        .revert;
    expect(planned(prompts('x', 'y'))).toBeUndefined();
    expect(planned(prompts('a', 'y'))).toBeUndefined();
  });

  test('taking back an addition returns to the revision before it', () => {
    const added = [...base, agent('extra')];
    const made = plan(snapshotOf(base), inSync(added, { revision: 2 }), {
      ...optionsOf(added),
      older: historyOf(base, added),
    });
    expect(made.revert).toEqual({ revision: 1, returned: 1, of: 1 });
  });

  test('putting a drifted row back is not a revert', () => {
    const edited = agent('writer', { prompt: 'By hand.' });
    const live = liveOf(base.map((one) => ({ applied: one, live: one.address === edited.address ? edited : one })));
    const made = plan(snapshotOf(base), live, { ...optionsOf([edited]), older: historyOf(base, base, base) });
    expect(made.changes).toHaveLength(1);
    expect(made.revert).toBeUndefined();
  });
});
