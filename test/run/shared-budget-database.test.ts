import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { overrunIn } from '../../src/api/local-budget.ts';
import type { Bundle } from '../../src/manifest/bundle.ts';
import type { Authority, Budget } from '../../src/policy/authority.ts';
import { DatabaseAccounts } from '../../src/run/database-accounts.ts';
import { readAccounts } from '../../src/store/account.ts';
import { openDatabase } from '../../src/store/database.ts';
import { overrunCounts } from '../../src/store/overrun.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { startModelServer } from '../support/model-server.ts';
import { startProcess } from '../support/processes.ts';
import { authorityOf, bundleOf, environment, eventually, install, submit, until, workerOn } from '../support/runs.ts';

let opened: OpenedDatabase;
beforeAll(async () => {
  opened = await openTestDatabase('postgres');
});
afterAll(() => opened.close());

const budget = (name: string, limit: number) =>
  ({
    id: `AgentPolicy/default/${name}#system-calls-month`,
    scope: 'system',
    window: 'month',
    sharedBy: 'default/work',
    unit: 'calls',
    limit,
  }) as const;

function wide(width: number): Bundle {
  const bundle = bundleOf({
    nodes: Object.fromEntries(Array.from({ length: width }, (_, index) => [`n${index}`, {}])),
  });
  const nodes = Object.entries(bundle.nodes).map(([name, node]) => [name, { ...node, onError: 'continue' }]);
  return { ...bundle, nodes: Object.fromEntries(nodes) as Bundle['nodes'] };
}

test('64 runs of 8 branches on three workers with connections of their own make exactly as many calls as they may', async () => {
  const { database } = opened;
  const bundle = wide(8);
  await install(database, bundle, authorityOf(bundle, { budgets: [budget('many', 200)] }));
  const runs = await Promise.all(Array.from({ length: 64 }, () => submit(database)));
  const pools = await Promise.all([1, 2, 3].map(() => openDatabase(opened.options)));
  const workers = pools.map((pool) => workerOn(pool, { slots: 32 }));
  await Promise.all(workers.map((worker) => worker.start()));
  try {
    await eventually(async () => {
      const { rows } = await sql<{ open: number }>`select count(*) as open from run where ended_at is null`.execute(
        database.db,
      );
      return rows[0]?.open === 0 ? true : undefined;
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await Promise.all(pools.map((pool) => pool.close()));
  }
  const ids = runs.map(({ id }) => id);
  const calls = await database.db
    .selectFrom('step')
    .select('run')
    .where('phase', '=', 'intent')
    .where('run', 'in', ids)
    .execute();
  expect(calls).toHaveLength(200);
  expect(await readAccounts(database, environment)).toMatchObject([{ lim: 200, used: 200, drawn: 0 }]);
});

test('64 branches at once in each of eight runs, on four workers, never hold and use one token more than there are', async () => {
  const { database } = opened;
  // Takes all that it may answer: what is held is nearly what is used.
  const model = await startModelServer(({ max_tokens: outputTokens = 0 }) => ({
    usage: { inputTokens: 1, outputTokens },
  }));
  const names = Array.from({ length: 64 }, (_, index) => `n${index}`);
  const made = bundleOf({
    nodes: Object.fromEntries(names.map((name) => [name, { agent: 'clerk' }])),
    agents: { clerk: { tools: {} } },
  });
  const nodes = Object.entries(made.nodes).map(([name, node]) => [name, { ...node, onError: 'continue' }]);
  const endpoint = { provider: 'openaiCompatible', model: 'm', baseUrl: model.url, allowPrivate: true } as const;
  const bundle: Bundle = {
    ...made,
    nodes: Object.fromEntries(nodes) as Bundle['nodes'],
    models: { 'default/model': { ...endpoint, parameters: { maxOutputTokens: 97 } } },
  };
  const lim = 30_011;
  const tokens = {
    ...budget('tokens', lim),
    id: 'AgentPolicy/default/tokens#system-tokens-month',
    unit: 'tokens',
  } as const;
  await install(database, bundle, authorityOf(bundle, { budgets: [tokens] }));
  const row = async () => (await readAccounts(database, environment)).find(({ id }) => id.includes(tokens.id));
  const runs = await Promise.all(Array.from({ length: 8 }, () => submit(database)));
  const ids = runs.map(({ id }) => id);
  const pools = await Promise.all([1, 2, 3, 4].map(() => openDatabase(opened.options)));
  const workers = pools.map((pool) => workerOn(pool, { slots: 2 }));
  let most = 0;
  await Promise.all(workers.map((worker) => worker.start()));
  try {
    await eventually(async () => {
      const { used = 0, drawn = 0 } = (await row()) ?? {};
      most = Math.max(most, used + drawn);
      const open = await database.db
        .selectFrom('run')
        .select('id')
        .where('id', 'in', ids)
        .where('ended_at', 'is', null)
        .execute();
      return open.length === 0 ? true : undefined;
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await Promise.all([...pools.map((pool) => pool.close()), model.close()]);
  }
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(lim);
  const steps = await database.db
    .selectFrom('step')
    .select(['phase', 'outcome', 'tokens_in', 'tokens_out'])
    .where('run', 'in', ids)
    .execute();
  const spent = steps.reduce((sum, { tokens_in, tokens_out }) => sum + (tokens_in ?? 0) + (tokens_out ?? 0), 0);
  const refused = steps.filter(({ outcome }) => outcome === 'denied').length;
  expect(steps.filter(({ outcome }) => outcome === 'done').length + refused).toBe(8 * 64);
  expect(refused).toBeGreaterThan(0);
  expect(await row()).toMatchObject({ lim, used: spent, drawn: 0 });
  expect(spent).toBeLessThanOrEqual(lim);
});

test('what a worker that died had drawn goes back when its run has ended', async () => {
  const { database } = opened;
  const accounts = new DatabaseAccounts(database, { patienceMs: 1_000 });
  const bundle = wide(1);
  await install(database, bundle, authorityOf(bundle, { budgets: [budget('left', 50)] }));
  const { id: run } = await submit(database);
  const { id: _id, scope: _scope, sharedBy, limit, ...of } = budget('left', 50);
  const order = { ...of, account: `${budget('left', 50).id} ${sharedBy}`, limit, declared: limit, revision: 1 };
  const asked = { ...order, known: undefined, used: 0, held: 0, want: 20, least: 20 };
  expect(await accounts.draw({ environment, run, fence: 0 }, [asked])).toMatchObject([{ free: 20 }]);
  const row = async () => (await readAccounts(database, environment)).find(({ id }) => id.includes('left'));
  await accounts.giveBackLeft();
  expect(await row()).toMatchObject({ used: 0, drawn: 20 });
  await sql`update run set state = 'Cancelled', ended_at = now() where id = ${run}`.execute(database.db);
  await accounts.giveBackLeft();
  expect(await row()).toMatchObject({ used: 0, drawn: 0 });
});

test('what a worker drew before it was killed is used by the next one, and nothing of it is lost', async () => {
  const { database, options } = opened;
  const bundle = bundleOf({ nodes: { 'call-a': { to: ['call-b'] }, 'call-b': {} } });
  await install(database, bundle, authorityOf(bundle, { budgets: [budget('killed', 2)] }));
  const { id: run } = await submit(database);
  // It has drawn for the call and dies before anybody is told of the call.
  const entry = 'test/support/dying-worker-main.ts';
  const args = ['url' in options ? options.url : '', 'before-intent', '1', 'SIGKILL', '120000'];
  await startProcess({ entry, args }).exited();
  const row = async () => (await readAccounts(database, environment)).find(({ id }) => id.includes('killed'));
  expect(await row()).toMatchObject({ lim: 2, used: 0, drawn: expect.any(Number) });
  expect((await row())?.drawn).toBeGreaterThan(0);
  await sql`update worker set lease_until = now() - interval '1 second'`.execute(database.db);
  const heir = workerOn(database, { leaseMs: 5_000 });
  await heir.start();
  try {
    expect(await until(database, run)).toMatchObject({ state: 'Succeeded' });
  } finally {
    await heir.stop();
  }
  expect(await row()).toMatchObject({ used: 2, drawn: 0 });
});

/** Rules under which a budget is on trial alone. */
function trying(bundle: Bundle, tried: Budget): Authority {
  const enforced = authorityOf(bundle);
  const subjects = Object.entries(enforced.subjects).map(
    ([name, row]) => [name, { ...row, audit: { ...row, budgets: [tried] } }] as const,
  );
  return { ...enforced, subjects: Object.fromEntries(subjects) };
}

/** What the record says that policies on trial would have made of a run's calls. */
async function wouldOf(run: string): Promise<readonly unknown[]> {
  const { rows } = await sql<{ path: string; would: unknown }>`select path, decision -> 'would' as would from step
    where run = ${run}::uuid and phase = 'intent' order by path`.execute(opened.database.db);
  const audited = await sql<{ text: string }>`select text from audit where run = ${run}::uuid`.execute(
    opened.database.db,
  );
  const recorded = audited.rows.filter(({ text }) => text.includes('"would"'));
  expect(recorded).toHaveLength(rows.filter(({ would }) => would !== null).length);
  return rows.map(({ would }) => would);
}

test('what a killed worker drew of a budget on trial is booked by the next one, and the record goes on saying whom it would have refused', async () => {
  const { database, options } = opened;
  const bundle = bundleOf({ nodes: { 'call-a': { to: ['call-b'] }, 'call-b': { to: ['call-c'] }, 'call-c': {} } });
  const tried = budget('mourned', 2);
  await install(database, bundle, trying(bundle, tried));
  const { id: run } = await submit(database);
  const entry = 'test/support/dying-worker-main.ts';
  const args = ['url' in options ? options.url : '', 'before-result', '1', 'SIGKILL', '120000'];
  await startProcess({ entry, args }).exited();
  const row = async () => (await readAccounts(database, environment)).find(({ id }) => id.includes('mourned'));
  expect((await row())?.drawn).toBeGreaterThan(0);
  await sql`update worker set lease_until = now() - interval '1 second'`.execute(database.db);
  const heir = workerOn(database, { leaseMs: 5_000 });
  await heir.start();
  try {
    expect(await until(database, run)).toMatchObject({ state: 'Succeeded' });
  } finally {
    await heir.stop();
  }
  const refused = { kind: 'deny', reason: 'budget.exhausted', rule: tried.id };
  // The first call's outcome is unknown and charged; where it was made again it counts once more.
  const would = await wouldOf(run);
  expect(would.at(-1)).toEqual(refused);
  expect(would.slice(0, 2)).toEqual([null, null]);
  expect(await row()).toMatchObject({ lim: 2, used: would.length, drawn: 0 });
});

test('a provider that takes more than was held of a budget on trial is told of as on trial, and refused nothing', async () => {
  const { database } = opened;
  const model = await startModelServer([
    { text: 'much', usage: { inputTokens: 5_000, outputTokens: 1_000 } },
    { text: 'more', usage: { inputTokens: 5_000, outputTokens: 1_000 } },
  ]);
  const made = bundleOf({ nodes: { a: { agent: 'clerk' } }, agents: { clerk: {} } });
  const endpoint = { provider: 'openaiCompatible', model: 'm', baseUrl: model.url, allowPrivate: true } as const;
  const models = { 'default/model': { ...endpoint, parameters: { maxOutputTokens: 1_000 } } };
  const bundle = { ...made, models };
  const tried = {
    ...budget('taken', 2_000),
    id: 'AgentPolicy/default/taken#system-tokens-month',
    unit: 'tokens',
  } as const;
  await install(database, bundle, trying(bundle, tried));
  const worker = workerOn(database);
  await worker.start();
  try {
    for (let count = 0; count < 2; count += 1)
      expect(await until(database, (await submit(database)).id)).toMatchObject({ state: 'Succeeded' });
  } finally {
    await worker.stop();
    await model.close();
  }
  const account = expect.stringContaining(`${tried.id} default/work`);
  const events = await sql<{
    detail: unknown;
  }>`select detail from event where action = 'budget.overrun' order by id`.execute(database.db);
  expect(events.rows.map(({ detail }) => detail)).toMatchObject(
    Array(2).fill({ path: 'a/1', took: { tokens: 6_000 }, accounts: [account], trial: [account] }),
  );
  expect([...(await overrunCounts(database.db, environment)).values()]).toEqual([{ calls: 2, tried: 2 }]);
  const { overrun } = await overrunIn(database, environment);
  expect(overrun?.filter((name) => name.includes('taken'))).toEqual([`${tried.id} of default/work (on trial)`]);
});

test('a budget on trial is booked by all runs, refuses none, and says in the record whom it would have refused', async () => {
  const { database } = opened;
  const bundle = wide(1);
  await install(database, bundle, trying(bundle, budget('tried', 2)));
  const worker = workerOn(database);
  await worker.start();
  const would: unknown[] = [];
  try {
    for (let count = 0; count < 4; count += 1) {
      const { id } = await submit(database);
      expect(await until(database, id)).toMatchObject({ state: 'Succeeded' });
      would.push(...(await wouldOf(id)));
    }
  } finally {
    await worker.stop();
  }
  const refused = { kind: 'deny', reason: 'budget.exhausted', rule: budget('tried', 2).id };
  expect(would).toEqual([null, null, refused, refused]);
  const row = (await readAccounts(database, environment)).find(({ id }) => id.includes('tried'));
  expect(row).toMatchObject({ lim: 2, used: 4, drawn: 0 });
});
