import { Client } from 'pg';
import { chain, countdown, firstStep, stepsPerSecond } from './chain.ts';
import type { BenchContext, Measure, OpenContender } from './context.ts';
import { assertGraphile, type Connection, type GraphileWorker } from './graphile.ts';

/** A job for each step, which keeps its result and adds the next. */
export async function openGraphile(url: string, context: BenchContext): Promise<OpenContender> {
  const peer = await context.peer('graphile-worker');
  assertGraphile(peer);
  const connection = silently(peer, url);
  await peer.runMigrations(connection);
  await createResults(url);
  return { round: () => graphileRound(peer, connection), close: async () => undefined };
}

export function silently(peer: GraphileWorker, url: string): Connection {
  return { connectionString: url, maxPoolSize: 10, logger: new peer.Logger(() => () => undefined) };
}

/** Where its tasks keep what they came to. */
export async function createResults(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('create table step_result (run uuid, step integer, body json, primary key (run, step))');
  await client.end();
}

export const keepText = 'insert into step_result (run, step, body) values ($1, $2, $3)';
/** Both in one statement: the peer pays one round trip for a step, as it would in good hands. */
export const keepAndGoOnText = `with kept as (${keepText}) select graphile_worker.add_job('step', $4::json)`;

async function graphileRound(peer: GraphileWorker, connection: Connection): Promise<Record<string, Measure>> {
  const utils = await peer.makeWorkerUtils(connection);
  await utils.addJobs(Array.from({ length: chain.runs }, () => ({ identifier: 'step', payload: firstStep() })));
  const { count, completed } = countdown(chain.runs);
  const startedAt = performance.now();
  const runner = await peer.run({
    ...connection,
    concurrency: chain.atOnce,
    noHandleSignals: true,
    pollInterval: 1_000,
    taskList: {
      step: async ({ run, step, text }, helpers) => {
        const result = [run, step, JSON.stringify({ text })];
        if (step === chain.stepsPerRun) {
          await helpers.query(keepText, result);
          count();
        } else await helpers.query(keepAndGoOnText, [...result, JSON.stringify({ run, step: step + 1, text })]);
      },
    },
  });
  await completed;
  const measures = stepsPerSecond(startedAt);
  await runner.stop();
  await utils.release();
  return measures;
}
