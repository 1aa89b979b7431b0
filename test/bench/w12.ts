import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { startProcess } from '../support/processes.ts';
import { chain } from './chain.ts';
import type { Bench, Contender, Measure } from './context.ts';
import { figureOf, median } from './figures.ts';
import { installWork, submitMany, timedRuns, workOf } from './pawl.ts';

const runs = Number(process.env.PAWL_BENCH_RUNS ?? '2000');
const kills = Number(process.env.PAWL_BENCH_KILLS ?? '8');
const startMsMax = 700;
const stepsLeast = 5_000;
const work = { ...workOf(chain), runs };

/** W12: the embedded database, one process: its start, its speed, and what kill -9 leaves of it. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([contender]);
  const start = figureOf(figures, 'pawl, embedded', 'warm start').median;
  const steps = figureOf(figures, 'pawl, embedded', 'steps').median;
  const lost = figureOf(figures, 'pawl, embedded', 'acknowledged steps lost').max;
  return {
    title: `embedded database, one process, ${runs} runs of ${chain.stepsPerRun} chained steps, kill -9 × ${kills}`,
    figures,
    targets: [
      { claim: `a warm start takes at most ${startMsMax} ms`, value: start, unit: 'ms', met: start <= startMsMax },
      { claim: `at least ${stepsLeast} steps per second`, value: steps, unit: 'per s', met: steps >= stepsLeast },
      { claim: 'no acknowledged step is lost', value: lost, unit: 'count', met: lost === 0 },
    ],
    notes: [
      'Warm start: from opening the directory of a database that is there, after kill -9 as well, until the worker takes runs; the start of Node and the loading of modules are not in it.',
      'Killed at a moment of the 600 ms after its first accepted step. Acknowledged: rows of the journal that the database had accepted, noted in a file by the process that is killed; each is looked for after all kills.',
    ],
  };
};

const contender: Contender = {
  name: 'pawl, embedded',
  open: async () => ({ round, close: async () => undefined }),
};

async function round(): Promise<Record<string, Measure>> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  try {
    const directory = join(folder, 'db');
    const steps = await speed(directory);
    const acknowledged = join(folder, 'acknowledged');
    const starts: number[] = [];
    for (let kill = 0; kill < kills; kill += 1) starts.push(await startAndKill(directory, acknowledged));
    const lost = await lostOf(directory, acknowledged);
    return {
      'warm start': { value: median(starts), unit: 'ms' },
      ...steps,
      ...lost,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Leaves as many runs queued for the processes that are killed. */
async function speed(directory: string): Promise<Record<string, Measure>> {
  const database = await openDatabase({ directory });
  try {
    await migrate(database);
    await installWork(database, work);
    const measures = await timedRuns(database, work);
    await submitMany(database, { ...work, runs: runs * 2 });
    return measures;
  } finally {
    await database.close();
  }
}

async function startAndKill(directory: string, acknowledged: string): Promise<number> {
  const worker = startProcess({ entry: 'test/bench/embedded-main.ts', args: [directory, acknowledged] });
  const [, ms] = await worker.waitFor(/started in ([\d.]+) ms/, 60_000);
  await worker.waitFor(/accepted/, 60_000);
  await pause(randomInt(600));
  await worker.kill('SIGKILL');
  return Number(ms);
}

async function lostOf(directory: string, acknowledged: string): Promise<Record<string, Measure>> {
  const noted = (await readFile(acknowledged, 'utf8')).split('\n').filter(Boolean);
  if (noted.length === 0) throw new Error('every process was killed before the database had accepted a step');
  const database = await openDatabase({ directory });
  try {
    const { rows } = await sql<{ row: string }>`select run || ' ' || path || ' ' || phase as row from step`.execute(
      database.db,
    );
    const kept = new Set(rows.map(({ row }) => row));
    return {
      'acknowledged steps': { value: noted.length, unit: 'count' },
      'acknowledged steps lost': { value: noted.filter((row) => !kept.has(row)).length, unit: 'count' },
    };
  } finally {
    await database.close();
  }
}
