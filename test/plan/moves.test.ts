import { describe, expect, test } from 'vitest';
import { digest } from '../../src/manifest/digest.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { type Diff, diff } from '../../src/plan/diff.ts';
import { renderText } from '../../src/plan/render/text.ts';
import { plan } from '../../src/plan/plan.ts';
import { sidesOf } from '../../src/plan/sides.ts';
import { agent, type HeldHead, historyOf, inSync, liveOf, optionsOf, resource, role, snapshotOf } from './fixture.ts';

/** The same, declared to have had another name. */
function renamed(one: Resource, renamedFrom: string): Resource {
  const { name, namespace } = one;
  const manifest: JsonObject = { ...one.manifest, metadata: { name, namespace, renamedFrom } };
  return { ...one, manifest, digest: digest(manifest) };
}

const reader = role('reader', ['tool:a:read']);
const scout = renamed(role('scout', ['tool:a:read']), 'reader');
const memory = (name: string) => resource({ kind: 'Memory', name, spec: { type: 'postgres' } });
const others = [role('one', ['tool:a:read']), role('two', ['tool:a:read'])];

function compared(before: readonly HeldHead[], after: readonly Resource[]): Diff {
  const stored = [...before.flatMap(({ applied, live }) => [applied, live]), ...after].filter(
    (one) => one !== undefined,
  );
  return diff(snapshotOf(after), liveOf(before), optionsOf(stored));
}

const held = (...resources: readonly Resource[]): HeldHead[] => resources.map((one) => ({ applied: one, live: one }));
const actions = ({ changes }: Diff) =>
  changes.map(({ action, address, previousAddress }) => [action, previousAddress, address]);

describe('a move', () => {
  test('is one change, from the head of the old name to the content of the new one', () => {
    const made = compared([{ applied: reader, live: reader, generation: 7 }, ...held(...others)], [scout, ...others]);
    expect(made.changes).toHaveLength(1);
    expect(made.changes[0]).toMatchObject({
      action: 'move',
      class: 'pending',
      address: 'AgentRole/default/scout',
      previousAddress: 'AgentRole/default/reader',
      precondition: 7,
      beforeDigest: reader.digest,
      afterDigest: scout.digest,
      fields: [],
    });
    expect(made.problems).toEqual([]);
  });

  test('shows what else it changes', () => {
    const widened = renamed(role('scout', ['tool:a:read', 'tool:b:write']), 'reader');
    const [change] = compared(held(reader), [widened]).changes;
    expect(change?.fields.map(({ path, action }) => [path, action])).toEqual([
      ['spec.permissions["tool:b:write"]', 'create'],
    ]);
  });

  test('into another namespace names it', () => {
    const moved = renamed(role('reader', ['tool:a:read'], { namespace: 'support' }), 'default/reader');
    expect(actions(compared(held(reader), [moved]))).toEqual([
      ['move', 'AgentRole/default/reader', 'AgentRole/support/reader'],
    ]);
  });

  test('is counted apart, and its text says from where to where', () => {
    const made = plan(snapshotOf([scout, ...others]), inSync([reader, ...others]), optionsOf([reader]));
    expect(made.summary).toEqual({ add: 0, change: 0, remove: 0, move: 1, adopt: 0, orphan: 0 });
    const text = renderText(made, { width: 100, color: false });
    expect(text).toContain('# AgentRole "default/reader" has moved to "default/scout"');
    expect(text).toContain('> AgentRole "default/scout"');
    expect(text).toContain('Plan: 0 to add, 0 to change, 0 to destroy, 1 to move.\n');
  });

  test('gives another digest than an update of the same content would', () => {
    const live = inSync([reader, ...others]);
    const moved = plan(snapshotOf([scout, ...others]), live, optionsOf([reader]));
    const replaced = plan(snapshotOf([role('scout', ['tool:a:read']), ...others]), live, optionsOf([reader]));
    expect(moved.digest).not.toBe(replaced.digest);
  });

  test('leaves what was in force under the old name, and both names changed', () => {
    const live = inSync([reader, ...others]);
    const target = snapshotOf([scout, ...others]);
    const { changes } = diff(target, live, optionsOf([reader]));
    const sides = sidesOf(target, live, { changes, bodies: optionsOf([reader]).bodies });
    expect(sides.changed).toEqual(['AgentRole/default/reader', 'AgentRole/default/scout']);
    expect([...sides.before.keys()].sort()).toEqual(
      ['reader', 'one', 'two'].map((name) => `AgentRole/default/${name}`).sort(),
    );
    expect(sides.before.get('AgentRole/default/reader')).toMatchObject({ name: 'reader', digest: reader.digest });
    expect(sides.changes.get('AgentRole/default/reader')).toBe(sides.changes.get('AgentRole/default/scout'));
  });
});

describe('renamedFrom says nothing', () => {
  test('once the move was applied', () => {
    expect(compared(held(scout), [scout]).changes).toEqual([]);
    const updated = renamed(role('scout', ['tool:b:read']), 'reader');
    expect(actions(compared(held(scout), [updated]))).toEqual([['update', undefined, 'AgentRole/default/scout']]);
  });

  test('of a name that live does not have', () => {
    expect(actions(compared(held(...others), [scout, ...others]))).toEqual([
      ['create', undefined, 'AgentRole/default/scout'],
    ]);
  });

  test('of a row that a hand deleted or added', () => {
    expect(actions(compared([{ applied: reader }], [scout]))).toEqual([
      ['delete', undefined, 'AgentRole/default/reader'],
      ['create', undefined, 'AgentRole/default/scout'],
    ]);
    expect(actions(compared([{ live: reader }], [scout]))).toEqual([
      ['delete', undefined, 'AgentRole/default/reader'],
      ['create', undefined, 'AgentRole/default/scout'],
    ]);
  });

  test('of a resource of another kind', () => {
    const made = compared(held(reader), [renamed(agent('scout'), 'reader')]);
    expect(made.changes.map(({ action }) => action)).toEqual(['delete', 'create']);
  });
});

describe('a move is refused', () => {
  test('onto a name that live has', () => {
    const [scoutNow] = [role('scout', ['tool:c:read'])];
    const made = plan(snapshotOf([scout]), inSync([reader, scoutNow]), optionsOf([reader, scoutNow]));
    expect(made.problems).toMatchObject([
      {
        code: 'rename.occupied',
        severity: 'error',
        message:
          'AgentRole/default/scout is renamed from AgentRole/default/reader, but live holds AgentRole/default/scout already.',
        file: 'scout.yaml',
      },
    ]);
    expect(made.bundles).toEqual([]);
  });

  test('onto a name that a hand added', () => {
    const made = compared([...held(reader), { live: role('scout', ['tool:c:read']) }], [scout]);
    expect(made.problems.map(({ code }) => code)).toEqual(['rename.occupied']);
  });

  test('of a row that a hand edited: it is a conflict', () => {
    const edited = role('reader', ['tool:edited:read']);
    const made = compared([{ applied: reader, live: edited }], [scout]);
    expect(made.changes).toMatchObject([{ action: 'move', class: 'conflict', beforeDigest: edited.digest }]);
    expect(made.drift).toMatchObject([{ address: 'AgentRole/default/reader', class: 'outOfBand' }]);
  });
});

test('two moves, one after the other, each begin where the last one ended', () => {
  const second = renamed(role('spotter', ['tool:a:read']), 'scout');
  expect(actions(compared(held(scout), [second]))).toEqual([
    ['move', 'AgentRole/default/scout', 'AgentRole/default/spotter'],
  ]);
  // Whoever was not there for the first one cannot know that they belong together.
  expect(actions(compared(held(reader), [second]))).toEqual([
    ['delete', undefined, 'AgentRole/default/reader'],
    ['create', undefined, 'AgentRole/default/spotter'],
  ]);
});

describe('a rename that is taken back', () => {
  const before: HeldHead[] = [{ applied: scout, live: scout }, ...held(...others)];
  const back = ['move', 'AgentRole/default/scout', 'AgentRole/default/reader'];

  test('is a move back, and the plan says to which revision it returns', () => {
    expect(actions(compared(before, [reader, ...others]))).toEqual([back]);
    const options = optionsOf([scout], { older: historyOf([reader, ...others], [scout, ...others]) });
    const made = plan(snapshotOf([reader, ...others]), inSync([scout, ...others], { revision: 2 }), options);
    expect(made.summary).toMatchObject({ add: 0, remove: 0, move: 1 });
    expect(made.revert).toEqual({ revision: 1, returned: 1, of: 1 });
    expect(made.changes).toMatchObject([{ previousAddress: 'AgentRole/default/scout', fields: [], returnsTo: 1 }]);
    expect(renderText(made, { width: 100, color: false })).toContain('has moved to "default/reader"');
  });

  test('loses nothing of what the resource holds', () => {
    const [notes, diary] = [memory('notes'), renamed(memory('diary'), 'notes')];
    const options = optionsOf([diary], { older: historyOf([notes], [diary]) });
    const made = plan(snapshotOf([notes]), inSync([diary], { revision: 2 }), options);
    expect(made.changes.map(({ action }) => action)).toEqual(['move']);
    expect(made.risks).toEqual([]);
  });

  test('returns to its old content, or takes along what was changed since', () => {
    const wide = renamed(role('scout', ['tool:a:read', 'tool:b:read']), 'reader');
    const live: HeldHead[] = [{ applied: wide, live: wide }];
    const older = historyOf([reader], [scout], [wide]);
    const known = optionsOf([wide], { older });
    expect(actions(diff(snapshotOf([reader]), liveOf(live), known))).toEqual([back]);
    expect(actions(compared(live, [role('reader', ['tool:a:read', 'tool:b:read'])]))).toEqual([back]);
  });

  test('may be written down, and is then the same move', () => {
    expect(actions(compared(before, [renamed(reader, 'scout'), ...others]))).toEqual([back]);
  });

  test('is not guessed: neither where the content was nobody’s, nor while the newer name goes on', () => {
    const stranger = role('reader', ['tool:z:read']);
    const apart = [
      ['create', undefined, 'AgentRole/default/reader'],
      ['delete', undefined, 'AgentRole/default/scout'],
    ];
    expect(actions(compared(before, [stranger, ...others]))).toEqual(apart);
    const next = renamed(role('spotter', ['tool:a:read']), 'scout');
    expect(actions(compared(before, [reader, next, ...others]))).toEqual([
      ['create', undefined, 'AgentRole/default/reader'],
      ['move', 'AgentRole/default/scout', 'AgentRole/default/spotter'],
    ]);
    expect(actions(compared([{ live: scout }], [reader]))).toEqual(apart);
  });
});
