import { afterAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/manifest/digest.ts';
import { listApprovals, readApproval, readApprovalsOf } from '../../src/store/approval-list.ts';
import { requestApproval } from '../../src/store/approval-request.ts';
import { writeVote } from '../../src/store/approval-vote.ts';
import { claimRuns } from '../../src/store/claim.ts';
import { writeJournal } from '../../src/store/journal.ts';
import { cancelRun, readRun } from '../../src/store/run.ts';
import { reapWorkers } from '../../src/store/worker.ts';
import { environment } from '../support/runs.ts';
import { intent, openApprovals, requestOf, vote } from './approval-fixture.ts';

const { database, worker, running, asked, conflictsOf, stateOf, close } = await openApprovals();
afterAll(close);

describe('a request', () => {
  test('is one for one action, however often it is asked for, and makes place for one of another action', async () => {
    const first = await asked('{"to":"ada"}');
    const again = await requestApproval(database, first.request);
    expect(again).toMatchObject({ state: { id: first.id, state: 'pending' } });
    const other = await requestApproval(database, requestOf(first, '{"to":"bob"}'));
    expect(other).toMatchObject({ state: { state: 'pending' } });
    expect((await readApprovalsOf(database, first.run)).map(({ state }) => state)).toEqual(['cancelled', 'pending']);
    expect(await writeVote(database, vote(first, 'grace'))).toBeUndefined();
  });

  test('of a worker that lost its run is not written', async () => {
    const of = await running();
    expect(await requestApproval(database, { ...requestOf(of), fence: of.fence - 1 })).toEqual({ kind: 'fenced' });
  });

  test('ends with its run', async () => {
    const one = await asked();
    await database.db.updateTable('run').set({ state: 'Waiting', owner: null }).where('id', '=', one.run).execute();
    await cancelRun(database, one.run);
    expect(await readApproval(database, one.id)).toMatchObject({ state: 'cancelled', reason: 'The run has ended.' });
  });

  test('that is past its time takes no vote, and the reaper ends it', async () => {
    const one = await asked();
    await database.db
      .updateTable('approval')
      .set({ created_at: new Date(Date.now() - 60_000), expires_at: new Date(Date.now() - 1_000) })
      .where('id', '=', one.id)
      .execute();
    expect(await writeVote(database, vote(one, 'grace'))).toBeUndefined();
    expect(await stateOf(one.id)).toBe('expired');
    await reapWorkers(database, { leaseMs: 600_000, own: [worker] });
    const row = await database.db.selectFrom('approval').select('state').where('id', '=', one.id).executeTakeFirst();
    expect(row?.state).toBe('expired');
  });
});

describe('votes', () => {
  test('of two people at once: one is counted, and the other has to look again', async () => {
    const one = await asked();
    const said = await Promise.all(['grace', 'alan'].map((by) => writeVote(database, vote(one, by))));
    expect(said.filter((pool) => pool !== undefined)).toEqual(['default']);
  });

  test('to approve and to deny at once: one transition', async () => {
    const one = await asked();
    const denial = { by: 'alan', key: 'alan', as: 'deny', asks: [0], at: '' } as const;
    const said = await Promise.all([
      writeVote(database, vote(one, 'grace')),
      writeVote(database, vote(one, 'alan', { vote: denial, state: 'denied' })),
    ]);
    expect(said.filter((pool) => pool !== undefined)).toHaveLength(1);
    expect(await stateOf(one.id)).toBe(said[0] === undefined ? 'denied' : 'approved');
  });

  test('for another action than the request is about count for nothing', async () => {
    const one = await asked();
    expect(await writeVote(database, { ...vote(one, 'grace'), actionDigest: sha256('other') })).toBeUndefined();
    expect(await stateOf(one.id)).toBe('pending');
  });

  test('make a waiting run ready at once', async () => {
    const one = await asked();
    await writeJournal(database, [
      {
        worker,
        run: one.run,
        fence: one.fence,
        entries: [],
        end: { kind: 'waiting', waits: [{ path: 'send/1/approval', kind: 'approval', delayMs: 60_000 }] },
      },
    ]);
    expect((await readRun(database, one.run)).state).toBe('Waiting');
    await writeVote(database, vote(one, 'grace'));
    expect((await readRun(database, one.run)).state).toBe('Queued');
    const [claimed] = await claimRuns(database, { worker, pool: 'default', slots: 1, suspect: true });
    expect(claimed?.waits).toMatchObject([{ kind: 'approval', approval: { id: one.id, state: 'approved' } }]);
  });
});

describe('an approval', () => {
  test('lets one intent through, of two that are written at once', async () => {
    const one = await asked();
    await writeVote(database, vote(one, 'grace'));
    const [left, right] = await Promise.all([conflictsOf(intent(one)), conflictsOf(intent(one, 'send/2'))]);
    expect([left, right].filter((conflicts) => conflicts?.length === 0)).toHaveLength(1);
    expect(await readApproval(database, one.id)).toMatchObject({ state: 'consumed' });
  });

  test('lets one through of two in one batch, as of an agent that asks for one action twice', async () => {
    const one = await asked();
    await writeVote(database, vote(one, 'grace'));
    const [first, second] = [intent(one), intent(one, 'send/2')];
    expect(await conflictsOf({ ...first, entries: [...first.entries, ...second.entries] })).toEqual(['send/2']);
    expect(await readApproval(database, one.id)).toMatchObject({ state: 'consumed', used_by: ['send/1'] });
    const steps = await database.db.selectFrom('step').select('path').where('run', '=', one.run).execute();
    expect(steps).toEqual([{ path: 'send/1' }]);
  });

  test('is used once by an intent that is sent twice', async () => {
    const one = await asked();
    await writeVote(database, vote(one, 'grace'));
    expect(await conflictsOf(intent(one))).toEqual([]);
    expect(await conflictsOf(intent(one))).toEqual([]);
    expect(await readApproval(database, one.id)).toMatchObject({ state: 'consumed', used_by: ['send/1'] });
  });

  test.each([
    ['nobody has given', async () => undefined, (of: Awaited<ReturnType<typeof asked>>) => intent(of)],
    [
      'is for another action',
      async (of: Awaited<ReturnType<typeof asked>>) => writeVote(database, vote(of, 'grace')),
      (of: Awaited<ReturnType<typeof asked>>) => intent({ ...of, digest: sha256('other') }),
    ],
    [
      'is of another run',
      async (of: Awaited<ReturnType<typeof asked>>) => writeVote(database, vote(of, 'grace')),
      async (of: Awaited<ReturnType<typeof asked>>) => intent({ ...of, ...(await running()) }),
    ],
  ])('that %s lets nothing through', async (_name, prepare, write) => {
    const one = await asked();
    await prepare(one);
    expect(await conflictsOf(await write(one))).toEqual(['send/1']);
    const steps = await database.db.selectFrom('step').select('path').where('run', '=', one.run).execute();
    expect(steps).toEqual([]);
  });
});

test('10,000 requests are listed by pages, the oldest first', async () => {
  const of = await asked();
  await database.db.executeQuery({
    sql: `insert into approval (id, environment, namespace, run, fence, path, node, action_digest, action, args, asks,
      subject, expires_at) select lpad(to_hex(n), 10, '0'), a.environment, 'many', a.run, a.fence, 'send/' || n + 10, a.node,
      a.action_digest, a.action, a.args, a.asks, a.subject, a.expires_at from approval a, generate_series(1, 10000) n
      where a.id = '${of.id}'`,
    parameters: [],
    query: { kind: 'RawNode', sqlFragments: [], parameters: [] },
    queryId: { queryId: 'many' },
  } as unknown as Parameters<typeof database.db.executeQuery>[0]);
  const seen = new Set<string>();
  let after: string | undefined;
  for (let page = 0; page < 20; page += 1) {
    const filter = { environment, states: ['pending'], namespaces: ['many'], limit: 1_000 } as const;
    const rows = await listApprovals(database, { ...filter, after });
    for (const { id } of rows) seen.add(id);
    after = rows.at(-1)?.id;
    if (rows.length < 1_000) break;
  }
  expect(seen.size).toBe(10_000);
});
