import { describe, expect, test } from 'vitest';
import { digest } from '../../src/manifest/digest.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { type GuardLimits, ordinaryRules } from '../../src/manifest/rules.ts';
import type { Live, Plan } from '../../src/plan/change.ts';
import { diff } from '../../src/plan/diff.ts';
import type { GuardRefusal } from '../../src/plan/guard.ts';
import { guardsOf } from '../../src/plan/guards.ts';
import { inSync, liveOf, mapOf, optionsOf, resource, role, snapshotOf } from './fixture.ts';

interface Asked {
  readonly before: readonly Resource[];
  readonly after: readonly Resource[];
  readonly limits?: Partial<GuardLimits>;
  readonly live?: Live;
  readonly revert?: Plan['revert'];
  /** Which of the changes return to revision 2. */
  readonly returning?: ReadonlySet<string>;
}

function guards({
  before,
  after,
  limits = {},
  live = inSync(before),
  revert,
  returning = new Set(),
}: Asked): readonly GuardRefusal[] {
  const found = diff(snapshotOf(after), live, optionsOf([...before, ...after])).changes;
  const changes = found.map((change) => (returning.has(change.address) ? { ...change, returnsTo: 2 } : change));
  return guardsOf({ changes, live, target: mapOf(after), limits: { ...ordinaryRules.guards, ...limits }, revert });
}

const ids = (asked: Asked): readonly string[] => guards(asked).map(({ id }) => id);

const messageOf = (asked: Asked, id: string): string | undefined => guards(asked).find((one) => one.id === id)?.message;

/** All in one file, so that no file goes with them. */
function roles(count: number, rest: { readonly namespace?: string; readonly permission?: string } = {}): Resource[] {
  const { permission = 'tool:a:read', namespace = 'default' } = rest;
  return Array.from({ length: count }, (_, at) =>
    role(`role-${String(at).padStart(3, '0')}`, [permission], { namespace, file: 'roles.yaml' }),
  );
}

/** The same resource with more metadata. */
function withMetadata(one: Resource, more: JsonObject): Resource {
  const { name, namespace } = one;
  const manifest = { ...one.manifest, metadata: { name, namespace, ...more } };
  return { ...one, manifest, digest: digest(manifest) };
}

const annotated = (one: Resource, annotations: JsonObject): Resource => withMetadata(one, { annotations });

describe('deletes', () => {
  test('up to the count pass, and one more is refused with figures, limit and names', () => {
    const before = roles(20);
    expect(ids({ before, after: before.slice(5) })).toEqual([]);
    const [refusal] = guards({ before, after: before.slice(6) });
    expect(refusal).toMatchObject({ id: 'guard.deletes', acknowledgeable: true });
    expect(refusal?.message).toBe(
      'The plan deletes 6 of 20 live resources; more than 5 at once (5 or 10 %) are refused: AgentRole/default/role-000, AgentRole/default/role-001, AgentRole/default/role-002, AgentRole/default/role-003, AgentRole/default/role-004 and 1 more.',
    );
    expect(refusal?.addresses).toHaveLength(6);
  });

  test('up to the share of what is live pass where that is more', () => {
    const before = roles(109);
    expect(ids({ before, after: before.slice(10) })).toEqual([]);
    expect(ids({ before, after: before.slice(11) })).toEqual(['guard.deletes']);
  });

  test.each([
    [0, 0, 1],
    [1, 0, 2],
    [0, 50, 6],
  ])('follow the limits of the environment: %i or %i %% refuse %i of 10', (maxDeletes, maxDeletePercent, count) => {
    const before = roles(10);
    const limits = { maxDeletes, maxDeletePercent };
    expect(ids({ before, after: before.slice(count), limits })).toEqual(['guard.deletes']);
    expect(ids({ before, after: before.slice(count - 1), limits })).toEqual([]);
  });

  test('of rows that a hand deleted before are no deletes, and orphans are', () => {
    const kept = roles(1, { namespace: 'kept' });
    const gone = roles(9);
    const missing = liveOf([
      ...kept.map((one) => ({ applied: one, live: one })),
      ...gone.map((one) => ({ applied: one })),
    ]);
    expect(ids({ before: [...kept, ...gone], after: kept, live: missing })).toEqual([]);
    const orphans = liveOf([
      ...kept.map((one) => ({ applied: one, live: one })),
      ...gone.map((one) => ({ live: one })),
    ]);
    expect(ids({ before: [...kept, ...gone], after: kept, live: orphans })).toContain('guard.deletes');
  });

  test('of the first apply are none: there is nothing to lose', () => {
    const orphans = liveOf(
      roles(9).map((one) => ({ live: one })),
      { revision: 0 },
    );
    expect(ids({ before: roles(9), after: [], live: orphans })).toEqual([]);
  });
});

describe('updates', () => {
  test('up to the count pass, and one more is refused', () => {
    const before = roles(30);
    const changed = roles(30, { permission: 'tool:b:read' });
    const after = (count: number) => [...changed.slice(0, count), ...before.slice(count)];
    expect(ids({ before, after: after(10) })).toEqual([]);
    expect(messageOf({ before, after: after(11) }, 'guard.updates')).toBe(
      'The plan updates 11 of 30 live resources; more than 10 at once (10 or 30 %) are refused: AgentRole/default/role-000, AgentRole/default/role-001, AgentRole/default/role-002, AgentRole/default/role-003, AgentRole/default/role-004 and 6 more.',
    );
  });

  test('up to the share of what is live pass where that is more', () => {
    const before = roles(100);
    const changed = roles(100, { permission: 'tool:b:read' });
    expect(ids({ before, after: [...changed.slice(0, 30), ...before.slice(30)] })).toEqual([]);
    expect(ids({ before, after: [...changed.slice(0, 31), ...before.slice(31)] })).toEqual(['guard.updates']);
  });

  test('that live holds already are none', () => {
    const before = roles(20);
    const after = roles(20, { permission: 'tool:b:read' });
    const live = liveOf(before.map((applied, at) => ({ applied, live: after[at] })));
    expect(ids({ before, after, live })).toEqual([]);
  });
});

describe('emptying', () => {
  const secret = (name: string, namespace = 'default') =>
    resource({ kind: 'Secret', name, namespace, spec: { keys: { key: 'KEY' } }, file: 'all.yaml' });

  test('a kind that had two is refused, and one that had one is not', () => {
    const others = roles(3);
    const before = [...others, secret('a'), secret('b')];
    expect(guards({ before, after: others })).toEqual([
      {
        id: 'guard.kind_emptied',
        message: 'The plan deletes all resources of the kind Secret (2); emptying one that had two or more is refused.',
        acknowledgeable: true,
        addresses: ['Secret/default/a', 'Secret/default/b'],
      },
    ]);
    expect(ids({ before: [...others, secret('a')], after: others })).toEqual([]);
    expect(ids({ before, after: [...others, secret('b')] })).toEqual([]);
  });

  test('a kind that gets another one at once is not emptied', () => {
    const others = roles(3);
    expect(ids({ before: [...others, secret('a'), secret('b')], after: [...others, secret('c')] })).toEqual([]);
  });

  test('a namespace is refused, and several are named with what they had', () => {
    const others = [...roles(3), secret('kept')];
    const before = [...others, ...roles(2, { namespace: 'b' }), ...roles(2, { namespace: 'a' })];
    expect(messageOf({ before, after: others }, 'guard.namespace_emptied')).toBe(
      'The plan deletes all resources of the namespaces a (2), b (2); emptying one that had two or more is refused.',
    );
    expect(ids({ before, after: before.slice(0, -3) })).toEqual(['guard.namespace_emptied']);
  });

  test('a namespace by moving its resources elsewhere loses nothing', () => {
    const before = [...roles(3), ...roles(2, { namespace: 'old' })];
    const moved = roles(2, { namespace: 'new' }).map((one) => withMetadata(one, { renamedFrom: `old/${one.name}` }));
    expect(ids({ before, after: [...roles(3), ...moved] })).toEqual([]);
  });
});

describe('a source', () => {
  const inFiles = (count: number) =>
    Array.from({ length: count }, (_, at) => role(`role-${at}`, ['tool:a:read'], { file: `roles/${at}.yaml` }));

  test('of which half of the files is gone is refused, and says which', () => {
    const before = inFiles(6);
    expect(messageOf({ before, after: before.slice(3) }, 'guard.source_shrunk')).toBe(
      'The commit has 3 of the 6 manifest files that the last applied one had; half of them or less is refused: roles/0.yaml, roles/1.yaml, roles/2.yaml are gone.',
    );
    expect(ids({ before, after: before.slice(2) })).toEqual([]);
  });

  test('of three files or fewer is judged by what it deletes alone', () => {
    const before = inFiles(3);
    expect(ids({ before, after: before.slice(2) })).toEqual([]);
  });

  test('whose files were put together loses nothing', () => {
    const before = inFiles(6);
    const after = before.map((one) => ({ ...one, place: { ...one.place, file: 'roles.yaml' } }));
    expect(ids({ before, after })).toEqual([]);
  });
});

describe('protection', () => {
  const plain = roles(4);
  const [first, ...rest] = plain;
  if (first === undefined) throw new Error('no role');
  const kept = annotated(first, { 'pawl/protect': 'true' });

  test('by annotation refuses a delete, and no acknowledgement helps', () => {
    expect(guards({ before: [kept, ...rest], after: rest })).toEqual([
      {
        id: 'guard.protected',
        message:
          'The plan deletes what is protected: AgentRole/default/role-000. Take the annotation `pawl/protect` away in one merge, and delete in the next.',
        acknowledgeable: false,
        addresses: ['AgentRole/default/role-000'],
      },
    ]);
  });

  test('by annotation "false" refuses nothing, and neither does one of another name', () => {
    for (const annotations of [{ 'pawl/protect': 'false' }, { protect: 'true' }, { toString: 'true' }]) {
      expect(ids({ before: [annotated(first, annotations), ...rest], after: rest })).toEqual([]);
    }
  });

  test('by kind refuses a delete, and names where that is written', () => {
    expect(
      messageOf({ before: plain, after: rest, limits: { protectedKinds: ['AgentRole'] } }, 'guard.protected'),
    ).toBe(
      'The plan deletes what is protected: AgentRole/default/role-000. Take `guards.protectedKinds` (AgentRole) away in one merge, and delete in the next.',
    );
  });

  test('is read from live: it is taken away in one merge, and the next one deletes', () => {
    expect(ids({ before: [kept, ...rest], after: plain })).toEqual([]);
    expect(ids({ before: plain, after: rest })).toEqual([]);
  });

  test('holds for an orphan that says so', () => {
    const live = liveOf([...rest.map((one) => ({ applied: one, live: one })), { live: kept }]);
    expect(ids({ before: [kept, ...rest], after: rest, live })).toEqual(['guard.protected']);
  });

  test('lets an update and a move pass', () => {
    const updated = annotated(role('role-000', ['tool:b:read'], { file: 'roles.yaml' }), { 'pawl/protect': 'true' });
    expect(ids({ before: [kept, ...rest], after: [updated, ...rest] })).toEqual([]);
    const moved = withMetadata(role('moved', ['tool:a:read'], { file: 'roles.yaml' }), { renamedFrom: 'role-000' });
    expect(ids({ before: [kept, ...rest], after: [moved, ...rest] })).toEqual([]);
  });
});

describe('a recognised revert', () => {
  const revert = { revision: 2, returned: 9, of: 9 };
  const before = roles(20);
  const addresses = before.map(({ address }) => address);

  test('is not counted', () => {
    const returning = new Set(addresses);
    expect(ids({ before, after: before.slice(9), revert, returning })).toEqual([]);
    expect(ids({ before, after: [], revert, returning })).toEqual([]);
    const changed = roles(20, { permission: 'tool:b:read' });
    expect(ids({ before, after: changed, revert, returning })).toEqual([]);
  });

  test('is counted for what does not return', () => {
    const after = before.slice(9);
    expect(ids({ before, after, revert, returning: new Set(addresses.slice(0, 4)) })).toEqual([]);
    expect(ids({ before, after, revert, returning: new Set(addresses.slice(0, 3)) })).toEqual(['guard.deletes']);
  });

  test('says nothing where the plan returns to no revision as a whole', () => {
    expect(ids({ before, after: before.slice(9), returning: new Set(addresses) })).toEqual(['guard.deletes']);
  });

  test('does not skip protection', () => {
    const limits = { protectedKinds: ['AgentRole'] };
    expect(ids({ before, after: before.slice(9), revert, returning: new Set(addresses), limits })).toEqual([
      'guard.protected',
    ]);
  });
});
