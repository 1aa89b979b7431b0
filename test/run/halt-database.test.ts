import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { channels } from '../../src/bus/bus.ts';
import type { HaltScope } from '../../src/policy/halt-scope.ts';
import { beginHalt, endHalts, listHalts } from '../../src/store/halt.ts';
import { isKnownToHalt } from '../../src/store/halt-state.ts';
import { type CuttingProxy, cuttingProxy } from '../support/cutting-proxy.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { journalOf } from '../support/journal.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { bundleOf, environment, eventually, httpTool, install, submit, system, until } from '../support/runs.ts';

/** Many short calls on a worker in a process of its own, while something is halted. */
describe('on PostgreSQL, with a worker in another process', () => {
  let opened: OpenedDatabase;
  let effects: EffectServer;
  let proxy: CuttingProxy;
  let worker: TestProcess;

  beforeAll(async () => {
    [opened, effects] = await Promise.all([openTestDatabase('postgres'), startEffectServer()]);
    const nodes = Object.fromEntries(
      Array.from({ length: 8 }, (_, at) => [`n${at}`, { tool: 'quick', ...(at < 7 ? { to: [`n${at + 1}`] } : {}) }]),
    );
    const tools = {
      quick: httpTool(`${effects.url}/quick`),
      held: httpTool(`${effects.url}/hold/slow`, { idempotent: true }),
    };
    await install(opened.database, bundleOf({ nodes: { ...nodes, apart: { tool: 'held' } }, tools }));
    const { url = '' } = 'url' in opened.options ? opened.options : {};
    proxy = await cuttingProxy(url);
    worker = startProcess({ entry: 'test/support/worker-main.ts', args: [proxy.url, '15000', '16'] });
    await worker.waitFor(/started/, 30_000);
  });
  afterAll(async () => {
    await worker.kill();
    await proxy.close();
    await effects.close();
    await opened.close();
  });

  const halt = (scope: HaltScope, change: { aborts?: boolean; forMs?: number } = {}) =>
    beginHalt(opened.database, {
      environment,
      scope,
      reason: 'a leak',
      by: 'ann',
      aborts: false,
      denies: false,
      ...change,
    });
  const lift = (id: string) => endHalts(opened.database, { environment, which: { id }, by: 'ann', reason: 'mended' });
  const intents = async (ids: readonly string[]) =>
    (await Promise.all(ids.map((id) => journalOf(opened.database, id))))
      .flat()
      .filter(({ phase }) => phase === 'intent').length;

  test('no intent is written after a halt is in force, runs wait, and go on when it is lifted', async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, () => submit(opened.database)));
    const ids = runs.map(({ id }) => id);
    await opened.database.notify(channels.ready, 'default');
    await eventually(async () => ((await intents(ids)) > 5 ? true : undefined));
    // Nobody tells the worker: no call depends on being told.
    const { id } = await halt({ kind: 'system', name: system });
    const before = await intents(ids);
    const stop = setInterval(() => void effects.release(), 50);
    for (const run of ids) await until(opened.database, run, 'Waiting');
    expect(await intents(ids)).toBe(before);
    expect(await listHalts(opened.database, { environment })).toMatchObject([{ id, in_force: true, waiting: 8 }]);
    await lift(id);
    for (const run of ids) expect(await until(opened.database, run)).toMatchObject({ state: 'Succeeded' });
    clearInterval(stop);
    expect(await listHalts(opened.database, { environment })).toEqual([]);
  });

  test('a worker that the database is away from makes no call, and finds the halt when it is back', async () => {
    const known = (await effects.effects()).length;
    const runs = await Promise.all(Array.from({ length: 8 }, () => submit(opened.database)));
    const ids = runs.map(({ id }) => id);
    await opened.database.notify(channels.ready, 'default');
    await eventually(async () => ((await intents(ids)) > 5 ? true : undefined));
    proxy.stall();
    // What is under way at the link is lost or comes too late: it was decided without the halt.
    const { id } = await halt({ kind: 'system', name: system });
    const before = await intents(ids);
    proxy.resume();
    const stop = setInterval(() => void effects.release(), 50);
    for (const run of ids) await until(opened.database, run, 'Waiting');
    expect(await intents(ids)).toBe(before);
    expect((await effects.effects()).length - known).toBeLessThanOrEqual(before);
    await lift(id);
    for (const run of ids) expect(await until(opened.database, run)).toMatchObject({ state: 'Succeeded' });
    clearInterval(stop);
  });

  test('a halt that aborts ends the request under way, and one that ran out by itself lets the run go on', async () => {
    const { id } = await submit(opened.database);
    await opened.database.notify(channels.ready, 'default');
    const known = (await effects.effects()).length;
    await eventually(async () => (await effects.effects()).slice(known).find(({ path }) => path === '/hold/slow'));
    await halt({ kind: 'tool', name: 'default/held' }, { aborts: true, forMs: 1_000 });
    await opened.database.notify(channels.halted, environment);
    const given = async () => (await journalOf(opened.database, id)).find(({ outcome }) => outcome === 'unknown');
    expect(await eventually(given)).toMatchObject({ path: 'apart/1', code: 'call.halted' });
    const stop = setInterval(() => void effects.release(), 50);
    expect(await until(opened.database, id)).toMatchObject({ state: 'Succeeded' });
    clearInterval(stop);
    const [ended] = await listHalts(opened.database, { environment, all: true });
    expect(ended).toMatchObject({ in_force: false, ended_by: null });
    expect(ended?.ended_at).toEqual(ended?.expires_at);
  });

  test('only names that live or an unfinished run has are known', async () => {
    const isKnown = (scope: HaltScope) => isKnownToHalt(opened.database, environment, scope);
    expect(await isKnown({ kind: 'global' })).toBe(true);
    expect(await isKnown({ kind: 'environment', name: environment })).toBe(true);
    expect(await isKnown({ kind: 'tool', name: 'default/quick' })).toBe(false);
    const { id } = await halt({ kind: 'global' });
    const run = await submit(opened.database);
    await until(opened.database, run.id, 'Waiting');
    expect(await isKnown({ kind: 'tool', name: 'default/quick' })).toBe(true);
    expect(await isKnown({ kind: 'namespace', name: 'default' })).toBe(true);
    expect(await isKnown({ kind: 'tool', name: 'default/quic' })).toBe(false);
    await lift(id);
    const stop = setInterval(() => void effects.release(), 50);
    await until(opened.database, run.id);
    clearInterval(stop);
  });
});
