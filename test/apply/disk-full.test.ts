import { expect, test } from 'vitest';
import { apply } from '../../src/apply/apply.ts';
import { ensureEnvironment } from '../../src/store/environment.ts';
import { readLive } from '../../src/store/live.ts';
import { listRevisions } from '../../src/store/revision.ts';
import { openTestDatabase } from '../support/databases.ts';
import { makeDisk } from '../support/full-disk.ts';
import { planFor } from '../support/plans.ts';

test.each(['spec', 'resource', 'resource_history', 'revision', 'event', 'environment'])(
  'a disk that is full when apply writes %s leaves the old revision, and the same plan is applied when there is space',
  async (table) => {
    const { database, close } = await openTestDatabase('postgres');
    try {
      await ensureEnvironment(database.db, 'prod');
      const one = { name: 'reader', value: 'reads' };
      await apply(database, planFor(await readLive(database.db, 'prod'), [one], 'c1'), 'tester');
      const before = await readLive(database.db, 'prod');
      const plan = planFor(
        before,
        [
          { ...one, value: 'reads more' },
          { name: 'writer', value: 'writes' },
        ],
        'c2',
      );
      const disk = await makeDisk(database, [table]);
      await disk.fill();
      await expect(apply(database, plan, 'tester')).rejects.toMatchObject({
        name: 'RetryableError',
        code: 'store.exhausted',
        message: expect.stringContaining('No space left on device'),
      });
      expect(await disk.refusals(table)).toBeGreaterThan(0);
      expect(await readLive(database.db, 'prod')).toEqual(before);
      expect(await listRevisions(database.db, 'prod', { limit: 9 })).toHaveLength(1);
      await disk.free();
      expect(await apply(database, plan, 'tester')).toMatchObject({ outcome: 'applied', revision: 2 });
    } finally {
      await close();
    }
  },
);
