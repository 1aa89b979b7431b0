import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { traceOf } from '../../src/api/trace-of.ts';
import { readRun } from '../../src/store/run.ts';
import { renderTrace } from '../../src/trace/render.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { journalOf } from '../support/journal.ts';
import { bundleOf, eventually, httpTool, install, submit, until, workerOn } from '../support/runs.ts';

/** Workers in other processes against a real server: killed, stopped and asked to end. */
describe('a run whose worker is gone', () => {
  let opened: OpenedDatabase;
  let effects: EffectServer;
  const processes: TestProcess[] = [];

  beforeAll(async () => {
    [opened, effects] = await Promise.all([openTestDatabase('postgres'), startEffectServer()]);
  });
  afterEach(async () => {
    for (const one of processes.splice(0)) await one.kill();
  });
  afterAll(async () => {
    await effects.close();
    await opened.close();
  });

  const startWorker = async (leaseMs = 5_000): Promise<TestProcess> => {
    const { options } = opened;
    const args = ['url' in options ? options.url : '', String(leaseMs)];
    const started = startProcess({ entry: 'test/support/worker-main.ts', args });
    processes.push(started);
    await started.waitFor(/started/);
    return started;
  };

  /** A first call that is finished, and a second that the server holds back. */
  const chain = (name: string, idempotent: boolean) =>
    bundleOf({
      nodes: {
        first: { tool: 'first', to: ['second'] },
        second: { tool: 'second', to: ['third'] },
        third: { tool: 'third' },
      },
      tools: {
        first: httpTool(`${effects.url}/first-${name}`),
        second: httpTool(`${effects.url}/hold/second-${name}`, { idempotent }),
        third: httpTool(`${effects.url}/third-${name}`),
      },
      timeoutMs: 120_000,
    });

  const seen = async (path: string) => (await effects.effects()).filter((effect) => effect.path === path);

  test('is taken over fast when it was killed with -9, repeats nothing that is finished and ends once', async () => {
    const { database } = opened;
    await install(database, chain('kill', true));
    // A lease that outlives every wait of this test: only the session lock can tell that its worker is gone.
    const doomed = await startWorker(120_000);
    const run = await submit(database);
    await eventually(async () => (await seen('/hold/second-kill')).at(0));
    const heir = workerOn(database, { leaseMs: 5_000 });
    await heir.start();
    await doomed.kill('SIGKILL');
    await eventually(async () => (await seen('/hold/second-kill')).at(1));
    await effects.release();
    const ended = await until(database, run.id);
    await heir.stop();
    expect(ended).toMatchObject({ state: 'Succeeded', crashes: 1, fence: 3 });
    expect(await seen('/first-kill')).toHaveLength(1);
    expect(await seen('/third-kill')).toHaveLength(1);
    const second = await seen('/hold/second-kill');
    expect(new Set(second.map(({ key }) => key)).size).toBe(1);
    const rows = await journalOf(database, run.id);
    expect(rows.filter(({ phase }) => phase === 'result')).toHaveLength(3);
    // The trace says which call was made twice, by the key that the server knows.
    const trace = await traceOf(database, run.id);
    const again = trace.nodes.flatMap(({ calls }) => calls.filter((call) => call.madeAgain === true));
    expect(again.map(({ path }) => path)).toEqual(['second/1']);
    const text = renderTrace(trace, { width: 120, color: false, unicode: true });
    expect(text.match(/made again after its worker was gone/g)).toHaveLength(1);
  });

  test('is handed back without a crash when the worker is asked to end', async () => {
    const { database } = opened;
    await install(database, chain('term', true));
    const leaving = await startWorker();
    const run = await submit(database);
    await eventually(async () => (await seen('/hold/second-term')).at(0));
    leaving.signal('SIGTERM');
    // Else the call may be answered before the signal arrives, and the worker goes on with the run.
    await leaving.waitFor(/stopping/);
    await effects.release();
    await leaving.waitFor(/stopped/);
    expect(await readRun(database, run.id)).toMatchObject({ state: 'Queued', crashes: 0 });
    const heir = workerOn(database, { leaseMs: 5_000 });
    await heir.start();
    expect(await until(database, run.id)).toMatchObject({ state: 'Succeeded', crashes: 0 });
    await heir.stop();
    expect(await seen('/hold/second-term')).toHaveLength(1);
  });

  test('is dead-lettered when it killed three workers, while others end well', async () => {
    const { database } = opened;
    await install(database, chain('poison', true));
    const run = await submit(database);
    for (const attempt of [1, 2, 3]) {
      const victim = await startWorker();
      await eventually(async () => (await seen('/hold/second-poison')).at(attempt - 1));
      await victim.kill('SIGKILL');
    }
    const heir = workerOn(database, { leaseMs: 5_000 });
    await heir.start();
    const dead = await until(database, run.id);
    expect(dead).toMatchObject({ state: 'DeadLetter', crashes: 3, error: { code: 'run.dead_letter' } });
    expect(dead.error?.message).toMatch(/^3 workers died while they executed the run, the last one on test/);
    await install(database, bundleOf({ nodes: { a: {} } }));
    const other = await submit(database);
    expect(await until(database, other.id)).toMatchObject({ state: 'Succeeded' });
    await heir.stop();
  });
});
