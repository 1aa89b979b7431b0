import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bundle, BundleNode } from '../../src/manifest/bundle.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDeadLetters, retryRun, runAgain } from '../../src/store/retry.ts';
import { cancelRun, readRun } from '../../src/store/run.ts';
import { databaseKinds, type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import {
  authorityOf,
  bundleOf,
  environment,
  httpTool,
  install,
  submit,
  system,
  until,
  withWorker,
} from '../support/runs.ts';

describe.each(databaseKinds)('a run that is started again, on the %s database', (kind) => {
  let opened: OpenedDatabase;
  let status = 400;
  let bundle: Bundle;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers['idempotency-key']?.toString() ?? 'none');
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end('{}');
  });

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const tools = { post: httpTool(`http://127.0.0.1:${port}/`) };
    const nodes = { first: { to: ['second'] }, second: { tool: 'post', input: {} } };
    bundle = bundleOf({ nodes, tools });
    await install(opened.database, bundle);
  });
  afterAll(async () => {
    server.close();
    await opened.close();
  });

  const journalOf = (run: string) =>
    opened.database.db
      .selectFrom('step')
      .select(['path', 'outcome'])
      .where('run', '=', run)
      .where('phase', '=', 'result')
      .orderBy('seq')
      .execute();

  test('goes on from its journal: what was done stays done, and what failed is tried anew', async () => {
    const { database } = opened;
    await withWorker(database, async () => {
      const { id, bundle } = await submit(database);
      expect(await until(database, id)).toMatchObject({ state: 'Failed' });
      status = 200;
      expect(await retryRun(database, { run: id, by: 'ada' })).toMatchObject({
        id,
        state: 'Queued',
        bundle,
        error: null,
      });
      await database.notify('pawl_ready', 'default');
      expect(await until(database, id)).toMatchObject({ state: 'Succeeded', crashes: 0 });
      expect((await journalOf(id)).map(({ path, outcome }) => `${path} ${outcome}`)).toEqual([
        'first/1 done',
        'second/1 failed',
        'second/1~2 done',
      ]);
      expect(asked).toHaveLength(2);
      const [record] = await database.db.selectFrom('event').selectAll().where('action', '=', 'run.retried').execute();
      expect(record).toMatchObject({ actor: 'ada', environment, detail: { run: id } });
    });
  });

  test('tries a node anew that the graph went on from, where the next one could not begin', async () => {
    const { database } = opened;
    const nodes = {
      first: { tool: 'post', input: {}, to: ['second'] },
      second: { input: { seen: '${ nodes.first.output }' } },
    };
    const made = bundleOf({ nodes });
    const first = { ...made.nodes['first'], onError: 'continue' } as BundleNode;
    await install(database, { ...made, nodes: { ...made.nodes, first }, tools: { ...made.tools, ...bundle.tools } });
    await withWorker(database, async () => {
      status = 400;
      const { id } = await submit(database);
      expect(await until(database, id)).toMatchObject({ state: 'Failed' });
      await retryRun(database, { run: id, by: 'ada' });
      await database.notify('pawl_ready', 'default');
      expect(await until(database, id)).toMatchObject({ state: 'Failed' });
      status = 200;
      await retryRun(database, { run: id, by: 'ada' });
      await database.notify('pawl_ready', 'default');
      expect(await until(database, id)).toMatchObject({ state: 'Succeeded' });
      expect((await journalOf(id)).map(({ path, outcome }) => `${path} ${outcome}`)).toEqual([
        'first/1 failed',
        'first/end failed',
        'first/1~2 failed',
        'first/end~2 failed',
        'first/1~3 done',
        'second/1 done',
      ]);
    });
    await install(database, bundle);
  });

  test('asks the endpoint first that its author named first', async () => {
    const { database } = opened;
    const agents = { clerk: { tools: {}, fallback: ['default/other'] } };
    const made = bundleOf({ nodes: { a: { agent: 'clerk' } }, agents });
    const { port } = server.address() as AddressInfo;
    const model = {
      provider: 'openaiCompatible',
      model: 'm',
      baseUrl: `http://127.0.0.1:${port}`,
      allowPrivate: true,
      parameters: { maxOutputTokens: 100 },
    } as const;
    const asking = { ...made, models: { 'default/model': model, 'default/other': model } };
    const { system: name, subjects } = authorityOf(asking);
    const allow = { kind: 'allow', rule: 'Agent/default/clerk' } as const;
    const both = Object.entries(subjects).map(([subject, one]) => [
      subject,
      { ...one, models: { ...one.models, 'default/other': allow } },
    ]);
    await install(database, asking, { system: name, subjects: Object.fromEntries(both) as typeof subjects });
    status = 400;
    await withWorker(database, async () => {
      const { id } = await submit(database);
      expect(await until(database, id)).toMatchObject({ state: 'Failed' });
      await retryRun(database, { run: id, by: 'ada' });
      await database.notify('pawl_ready', 'default');
      await until(database, id);
      const rows = await database.db
        .selectFrom('step')
        .select(['path', 'target'])
        .where('run', '=', id)
        .where('phase', '=', 'result')
        .orderBy('seq')
        .execute();
      expect(rows.map(({ path, target }) => `${path} ${target}`)).toEqual([
        'a/1 default/model',
        'a/1~2 default/other',
        'a/1~3 default/model',
        'a/1~4 default/other',
      ]);
    });
    await install(database, bundle);
  });

  test('is one that ended without success', async () => {
    const { database } = opened;
    const { id } = await submit(database);
    await expect(retryRun(database, { run: id, by: 'ada' })).rejects.toThrow(
      `Run ${id} is Queued; only a run that ended without success can be started again.`,
    );
    await expect(retryRun(database, { run: randomUUID(), by: 'ada' })).rejects.toMatchObject({ code: 'run.unknown' });
    await cancelRun(database, id);
    expect(await retryRun(database, { run: id, by: 'ada' })).toMatchObject({
      state: 'Queued',
      cancel_requested_at: null,
    });
    await cancelRun(database, id);
  });

  test('from the start is a new run with the same input, pinned to what is live now', async () => {
    const { database } = opened;
    const old = await submit(database, { input: { n: 1 }, priority: 8 });
    await cancelRun(database, old.id);
    const again = await runAgain(database, { run: old.id, by: 'grace' }, randomUUID());
    expect(again).toMatchObject({ system, input: { n: 1 }, state: 'Queued' });
    expect(again.id).not.toBe(old.id);
    const row = await database.db
      .selectFrom('run')
      .select(['retried_from', 'priority', 'submitted_by'])
      .where('id', '=', again.id)
      .executeTakeFirst();
    expect(row).toEqual({ retried_from: old.id, priority: 8, submitted_by: 'grace' });
    await cancelRun(database, again.id);
  });

  test('of a concurrency key waits for its slot', async () => {
    const { database } = opened;
    const concurrency = { key: 'a', limit: 1, policy: 'queue' } as const;
    const first = await submit(database, { concurrency });
    await cancelRun(database, first.id);
    const second = await submit(database, { concurrency });
    await retryRun(database, { run: first.id, by: 'ada' });
    const rows = await database.db
      .selectFrom('run')
      .select(['id', 'blocked'])
      .where('id', 'in', [first.id, second.id])
      .execute();
    expect(Object.fromEntries(rows.map(({ id, blocked }) => [id, blocked]))).toEqual({
      [first.id]: true,
      [second.id]: false,
    });
    for (const { id } of rows) await cancelRun(database, id);
  });

  test('as a dead letter keeps its input and journal, and begins without its crashes', async () => {
    const { database } = opened;
    const { id } = await submit(database, { input: { n: 7 } });
    await database.db
      .updateTable('run')
      .set({ state: 'DeadLetter', crashes: 3, ended_at: new Date() })
      .where('id', '=', id)
      .execute();
    expect(await readDeadLetters(database, { environment, limit: 10 })).toEqual([id]);
    expect(await readDeadLetters(database, { environment, system: 'default/other', limit: 10 })).toEqual([]);
    expect(await retryRun(database, { run: id, by: 'ada' })).toMatchObject({
      state: 'Queued',
      crashes: 0,
      input: { n: 7 },
    });
    expect(await readDeadLetters(database, { environment, limit: 10 })).toEqual([]);
    expect((await readRun(database, id)).error).toBeNull();
  });
});
