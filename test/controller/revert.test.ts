import { afterEach, expect, test } from 'vitest';
import { readLive } from '../../src/store/live.ts';
import { listRevisions } from '../../src/store/revision.ts';
import { createEstate, type Estate, role, settings } from './fixture.ts';

let estate: Estate | undefined;
afterEach(() => estate?.close());

test('a revert of a deletion and the revert of that revert make live what it was before each', async () => {
  estate = await createEstate();
  const { git } = estate;
  await git.commit({
    'pawl.yaml': settings({ one: {} }),
    'one/a.yaml': role('a', 'tool:a:read'),
    'one/b.yaml': role('b', 'tool:b:read'),
  });
  const { tick, plane } = await estate.join();
  const heads = async () => {
    const live = await readLive(plane.database.db, 'one');
    return {
      root: live.root,
      heads: [...live.heads.values()].map(({ address, live: digest }) => `${address} ${digest}`).sort(),
    };
  };
  await tick();
  const both = await heads();
  await git.commit({ 'one/b.yaml': undefined, 'one/a.yaml': role('a', 'tool:a:write') });
  await tick();
  const changed = await heads();
  expect(changed.heads).toHaveLength(1);
  await git.git('revert', '--no-edit', 'HEAD');
  expect((await tick())[0]?.outcome).toMatchObject({ kind: 'applied', revision: 3 });
  expect(await heads()).toEqual(both);
  await git.git('revert', '--no-edit', 'HEAD');
  expect((await tick())[0]?.outcome).toMatchObject({ kind: 'applied', revision: 4 });
  expect(await heads()).toEqual(changed);
  const revisions = await listRevisions(plane.database.db, 'one', { limit: 9 });
  expect(revisions.map(({ revision, summary }) => [revision, summary])).toMatchObject([
    [4, { add: 0, change: 1, remove: 1, revert: { revision: 2 } }],
    [3, { add: 1, change: 1, remove: 0, revert: { revision: 1 } }],
    [2, { add: 0, change: 1, remove: 1 }],
    [1, { add: 2, change: 0, remove: 0 }],
  ]);
});
