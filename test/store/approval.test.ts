import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalText, sha256 } from '../../src/manifest/digest.ts';
import type { ApprovalRequest, RunWrite } from '../../src/run/executor.ts';
import { listApprovals, readApproval, readApprovalsOf } from '../../src/store/approval-list.ts';
import { requestApproval } from '../../src/store/approval-request.ts';
import { type NewVote, writeVote } from '../../src/store/approval-vote.ts';
import { claimRuns } from '../../src/store/claim.ts';
import type { Database, Session } from '../../src/store/database-port.ts';
import { writeJournal } from '../../src/store/journal.ts';
import { cancelRun, readRun } from '../../src/store/run.ts';
import { enlistWorker, reapWorkers } from '../../src/store/worker.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { environment, install, submit } from '../support/runs.ts';
import { rule, sendNode, terms } from '../run/approval-play.ts';

// A real server: two connections race for a row, as two people and two workers do.
let opened: OpenedDatabase;
let database: Database;
let session: Session;
let revision: number;
let haltEpoch = 0;
const worker = randomUUID();
beforeAll(async () => {
  opened = await openTestDatabase('postgres');
  database = opened.database;
  session = await database.session();
  revision = await install(database, sendNode());
  await enlistWorker(database, session, {
    id: worker,
    host: 'test',
    pid: 1,
    version: '0',
    slots: 100,
    leaseMs: 600_000,
  });
}, 60_000);
afterAll(async () => {
  await session.close();
  await opened.close();
});

async function running(): Promise<{ readonly run: string; readonly fence: number }> {
  const { id } = await submit(database);
  const claimed = await claimRuns(database, { worker, pool: 'default', slots: 50, suspect: true });
  const { fence = 0, haltEpoch: epoch = 0 } = claimed.find((one) => one.id === id) ?? {};
  haltEpoch = epoch;
  return { run: id, fence };
}

function requestOf(of: { readonly run: string; readonly fence: number }, args = '{}'): ApprovalRequest {
  const names = { subject: 'AgentSystem/default/work', tool: 'default/send', isolation: 'inline' } as const;
  const digests = { pin: 'p', args: sha256(args), pinnedPolicy: 'a', livePolicy: 'a' };
  const action = {
    environment,
    run: of.run,
    step: 'send',
    call: 'send/1',
    ...names,
    ...digests,
    egress: [],
    secrets: [],
  };
  const actionDigest = sha256(canonicalText(action));
  return { ...of, worker, path: 'send/1', node: 'send', action, actionDigest, args, asks: [{ rule, ...terms }] };
}

async function asked(args?: string) {
  const of = await running();
  const request = requestOf(of, args);
  const answer = await requestApproval(database, request);
  if (answer.kind !== 'asked') throw new Error('fenced');
  return { ...of, request, id: answer.state.id, digest: request.actionDigest };
}

function vote(of: { readonly id: string; readonly digest: string }, by: string, given: Partial<NewVote> = {}): NewVote {
  const said = { by, key: by, as: 'approve', asks: [0], at: '2026-01-01T00:00:00Z' } as const;
  return { approval: of.id, actionDigest: of.digest, after: 0, vote: said, state: 'approved', ...given };
}

function intent(of: { run: string; fence: number; id: string; digest: string }, path = 'send/1'): RunWrite {
  const decision = { kind: 'allow', rule: 'r', approval: of.id } as const;
  const approval = { id: of.id, actionDigest: of.digest };
  const entry = {
    phase: 'intent',
    path,
    node: 'send',
    kind: 'tool',
    target: 'default/send',
    decision,
    approval,
  } as const;
  return {
    worker,
    run: of.run,
    fence: of.fence,
    entries: [{ ...entry, tokensReserved: 0, liveRevision: revision, haltEpoch }],
  };
}

const conflictsOf = async (write: RunWrite) => {
  const [answer] = await writeJournal(database, [write]);
  return answer?.kind === 'accepted' ? answer.conflicts : answer?.kind;
};
const stateOf = async (id: string) => (await readApproval(database, id))?.state;

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
