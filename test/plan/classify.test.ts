import { describe, expect, test } from 'vitest';
import { apply } from '../../src/apply/apply.ts';
import { digest, rootOf } from '../../src/manifest/digest.ts';
import type { ChangeClass } from '../../src/plan/change.ts';
import { classify } from '../../src/plan/classify.ts';
import { addressesChanged, bodiesNeeded } from '../../src/plan/diff.ts';
import { isErrored, plan } from '../../src/plan/plan.ts';
import { ensureEnvironment } from '../../src/store/environment.ts';
import { readLive } from '../../src/store/live.ts';
import { resourcesAt } from '../../src/store/resource-history.ts';
import { rootOfRows } from '../../src/store/resource.ts';
import { readBodies } from '../../src/store/spec.ts';
import { openTestDatabase } from '../support/databases.ts';
import { addByHand, editByHand } from '../support/hands.ts';
import { manifestOf, planFor } from '../support/plans.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { snapshotOf } from './fixture.ts';

const values = [undefined, 'a', 'b', 'c'] as const;
type Value = (typeof values)[number];

/** Every way in which three sides can be alike or not, each written once. */
const table: readonly (readonly [applied: Value, live: Value, target: Value, expected: ChangeClass | undefined])[] = [
  [undefined, undefined, undefined, undefined],
  [undefined, undefined, 'a', 'pending'],
  [undefined, 'a', undefined, 'orphan'],
  [undefined, 'a', 'a', 'converged'],
  [undefined, 'a', 'b', 'conflict'],
  ['a', undefined, undefined, 'converged'],
  ['a', undefined, 'a', 'missing'],
  ['a', undefined, 'b', 'missing'],
  ['a', 'a', undefined, 'pending'],
  ['a', 'a', 'a', undefined],
  ['a', 'a', 'b', 'pending'],
  ['a', 'b', undefined, 'conflict'],
  ['a', 'b', 'a', 'outOfBand'],
  ['a', 'b', 'b', 'converged'],
  ['a', 'b', 'c', 'conflict'],
];

describe('who moved', () => {
  test('is said of every combination of last applied, live and target', () => {
    const shapeOf = (sides: readonly Value[]) => {
      const seen: Value[] = [];
      return sides.map((side) => {
        if (side === undefined) return '-';
        if (!seen.includes(side)) seen.push(side);
        return seen.indexOf(side);
      });
    };
    const all = values.flatMap((applied) => values.flatMap((live) => values.map((target) => [applied, live, target])));
    const wanted = new Set(all.map((sides) => shapeOf(sides).join(' ')));
    expect(new Set(table.map(([applied, live, target]) => shapeOf([applied, live, target]).join(' ')))).toEqual(wanted);
  });

  test.each(table)('applied %s, live %s, target %s: %s', (applied, live, target, expected) => {
    expect(classify({ applied, live, target })?.class).toBe(expected);
  });

  test.each([
    ['a', 'a', 'b', 'recompiled'],
    ['a', 'c', 'b', 'outOfBand'],
    ['a', 'b', 'b', 'converged'],
    ['a', undefined, 'b', 'missing'],
    ['a', 'a', 'a', undefined],
  ] as const)('applied %s, live %s, another build makes %s: %s', (applied, live, target, expected) => {
    expect(classify({ applied, live, target, isWrittenAlike: true })?.class).toBe(expected);
  });
});

describe('what apply makes of each class', () => {
  test('rows and record both say the target, or nothing is written', async () => {
    const opened = await openTestDatabase('postgres');
    const { database } = opened;
    const roleOf = (value: string) => ({ name: 'role', value });
    try {
      for (const [index, [applied, live, target, expected]] of table.entries()) {
        const name = `env-${index}`;
        await ensureEnvironment(database.db, name);
        // Something else is there too: an environment of nothing has never been applied.
        const others = { name: 'other', value: 'stays' };
        const first = [others, ...(applied === undefined ? [] : [roleOf(applied)])];
        await apply(database, planFor(await readLive(database.db, name), first), 'tester');
        const row = database.db.deleteFrom('resource').where('environment', '=', name).where('name', '=', 'role');
        if (live === undefined) await row.execute();
        else if (applied === undefined) {
          await addByHand(database, name, 'role');
          await editByHand(database, { environment: name, name: 'role' }, live);
        } else if (live !== applied) await editByHand(database, { environment: name, name: 'role' }, live);

        const wanted = [others, ...(target === undefined ? [] : [roleOf(target)])].map((one) => {
          const manifest = manifestOf(one);
          const address = `AgentRole/default/${one.name}`;
          const place = { file: `${one.name}.yaml`, line: 1, column: 1 };
          const identity = { kind: 'AgentRole', namespace: 'default', name: one.name } as const;
          return { ...identity, address, manifest, digest: digest(manifest), place };
        });
        const environment = { name, branch: 'main', paths: [], apply: 'auto' } as const;
        const snapshot = snapshotOf(wanted, {
          environment,
          root: rootOf(wanted.map((one) => [one.address, one.digest] as const)),
        });
        const before = await readLive(database.db, name, { deep: true });
        const bodies = await readBodies(database.db, bodiesNeeded(snapshot, before));
        const planned = plan(snapshot, before, { bodies, subject: '', schemaDigest: 'a'.repeat(64) });
        const found = planned.changes.find(({ address }) => address === 'AgentRole/default/role');
        expect([applied, live, target, found?.class]).toEqual([applied, live, target, expected]);
        expect(addressesChanged(snapshot, before).length).toBe(expected === undefined ? 0 : 1);
        if (isErrored(planned)) {
          await expect(applyAcknowledged(database, planned, 'tester')).rejects.toMatchObject({ code: 'plan.conflict' });
          expect(await readLive(database.db, name, { deep: true })).toEqual(before);
          continue;
        }
        await applyAcknowledged(database, planned, 'tester');
        const after = await readLive(database.db, name, { deep: true });
        const head = after.heads.get('AgentRole/default/role');
        const content = target === undefined ? undefined : digest(manifestOf(roleOf(target)));
        expect([head?.applied, head?.live]).toEqual([content, content]);
        expect((await resourcesAt(database.db, name, after.revision)).get('AgentRole/default/role')).toBe(content);
        expect(after.revision).toBe(before.revision + (expected === undefined ? 0 : 1));
        expect(await rootOfRows(database.db, name)).toBe(snapshot.root);
      }
    } finally {
      await opened.close();
    }
  });
});
