import { expect, test } from 'vitest';
import { OutsideWatch } from '../../src/controller/outside.ts';
import { type Condition, readConditions, writeConditions } from '../../src/store/condition.ts';
import { ensureEnvironment } from '../../src/store/environment.ts';
import { openTestDatabase } from '../support/databases.ts';

const drifted = (reason: string): Condition => ({
  type: 'Drifted',
  status: 'True',
  reason,
  message: `As ${reason} says.`,
  commit: undefined,
});

test.each(['OutOfBand', 'HealingStopped'])(
  'what workers found does not hide %s, which a pass says between the look and the writing',
  async (reason) => {
    const { database, close } = await openTestDatabase('embedded');
    const { db } = database;
    await ensureEnvironment(db, 'one');
    await writeConditions(db, 'one', [drifted('PinsMoved')]);
    let looks = 0;
    const slow = new Proxy(db, {
      get: (target, name: keyof typeof db) => {
        if (name === 'executeQuery') return lookAndWait;
        const own: unknown = target[name];
        return typeof own === 'function' ? (own.bind(target) as unknown) : own;
      },
    });
    const lookAndWait: typeof db.executeQuery = async (query) => {
      const found = await db.executeQuery(query);
      looks += 1;
      await writeConditions(db, 'one', [drifted(reason)]);
      return found as never;
    };
    expect(await new OutsideWatch({ ...database, db: slow }).tick()).toEqual([]);
    expect(looks).toBe(1);
    expect((await readConditions(db, ['one'])).get('one')).toMatchObject([{ reason, message: `As ${reason} says.` }]);
    // The pass that finds the rows well again says so itself, and from then on the watch does.
    await writeConditions(db, 'one', [drifted('PinsMoved')]);
    expect(await new OutsideWatch(database).tick()).toEqual(['one']);
    await close();
  },
);
