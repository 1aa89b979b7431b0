import { afterAll, describe, expect, test } from 'vitest';
import { canonicalText, sha256 } from '../../src/manifest/digest.ts';
import type { RunWrite } from '../../src/run/executor.ts';
import { readApproval } from '../../src/store/approval-list.ts';
import { requestApproval } from '../../src/store/approval-request.ts';
import { writeVote } from '../../src/store/approval-vote.ts';
import { claimRuns } from '../../src/store/claim.ts';
import { writeJournal } from '../../src/store/journal.ts';
import { rule, terms } from '../run/approval-play.ts';
import { intent, openApprovals, requestOf, vote } from './approval-fixture.ts';

const { database, worker, running, conflictsOf, close } = await openApprovals();
afterAll(close);

describe('an approval of a class of calls', () => {
  const classDigest = sha256('a class');
  const batch = { max: 3, same: ['to'] };

  async function released() {
    const of = await running();
    const request = { ...requestOf(of), asks: [{ rule, ...terms, batch }], classDigest };
    const answer = await requestApproval(database, request);
    if (answer.kind !== 'asked') throw new Error('fenced');
    const one = { ...of, request, id: answer.state.id, digest: request.actionDigest };
    await writeVote(database, vote(one, 'grace'));
    return one;
  }
  type Released = Awaited<ReturnType<typeof released>>;

  /** The intent of another call of the class. */
  function along(of: Released, path: string, digest = classDigest): RunWrite {
    const write = intent({ ...of, digest: sha256(path) }, path);
    const entries = write.entries.map((entry) => ({
      ...entry,
      approval: { id: of.id, actionDigest: sha256(path), classDigest: digest },
    }));
    return { ...write, entries } as RunWrite;
  }

  test('releases as many as it says, its own call among them, whatever connections race', async () => {
    const one = await released();
    const paths = Array.from({ length: 12 }, (_, at) => `send/${at + 2}`);
    const all = await Promise.all([...paths.map((path) => conflictsOf(along(one, path))), conflictsOf(intent(one))]);
    expect(all.at(-1)).toEqual([]);
    expect(all.slice(0, -1).filter((conflicts) => conflicts?.length === 0)).toHaveLength(3);
    const row = await readApproval(database, one.id);
    expect([row?.state, row?.used_by.length, row?.used_by.includes('send/1')]).toEqual(['consumed', 4, true]);
  });

  test('is counted down for each intent of one batch', async () => {
    const one = await released();
    const entries = ['send/2', 'send/3', 'send/4', 'send/5', 'send/6'].flatMap((path) => along(one, path).entries);
    expect(new Set(await conflictsOf({ ...along(one, ''), entries }))).toEqual(new Set(['send/5', 'send/6']));
    expect(await conflictsOf({ ...along(one, ''), entries: entries.slice(0, 3) })).toEqual([]);
    expect(await readApproval(database, one.id)).toMatchObject({ state: 'approved', used_by: { length: 3 } });
    const [known] = (await readWaitsOf(one.run)) ?? [];
    expect(known?.approval?.batch).toEqual({ classDigest, left: 0, used: ['send/2', 'send/3', 'send/4'] });
  });

  test('releases its own call once, also while there is something left of it for others', async () => {
    const one = await released();
    expect(await conflictsOf(intent(one))).toEqual([]);
    expect(await conflictsOf(intent(one, 'send/9'))).toEqual(['send/9']);
    expect(await readApproval(database, one.id)).toMatchObject({ state: 'approved', used_by: ['send/1'] });
  });

  test('releases nothing of another class, and nothing after its time', async () => {
    const one = await released();
    expect(await conflictsOf(along(one, 'send/2', sha256('other')))).toEqual(['send/2']);
    await database.db
      .updateTable('approval')
      .set({ created_at: new Date(Date.now() - 60_000), expires_at: new Date(Date.now() - 1_000) })
      .where('id', '=', one.id)
      .execute();
    expect(await conflictsOf(along(one, 'send/3'))).toEqual(['send/3']);
  });

  test('ends what a call that it releases asked for itself', async () => {
    const one = await released();
    const action = { ...one.request.action, call: 'send/2' };
    const own = { ...one.request, path: 'send/2', action, actionDigest: sha256(canonicalText(action)) };
    const answer = await requestApproval(database, own);
    if (answer.kind !== 'asked') throw new Error('fenced');
    const write = along(one, 'send/2');
    const approval = { id: one.id, actionDigest: own.actionDigest, classDigest };
    await writeJournal(database, [
      { ...write, entries: write.entries.map((entry) => ({ ...entry, approval })) } as RunWrite,
    ]);
    expect(await readApproval(database, answer.state.id)).toMatchObject({ state: 'cancelled', used_by: [] });
  });

  async function readWaitsOf(run: string) {
    await database.db.updateTable('run').set({ state: 'Queued', owner: null }).where('id', '=', run).execute();
    const claimed = await claimRuns(database, { worker, pool: 'default', slots: 50, suspect: true });
    return claimed.find(({ id }) => id === run)?.waits;
  }
});
