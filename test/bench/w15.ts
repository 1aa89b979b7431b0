import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import type { Bundle, BundleNode } from '../../src/manifest/bundle.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { startProcess, type TestProcess } from '../support/processes.ts';
import { bundleOf, eventually, install } from '../support/runs.ts';
import { shortText } from './chain.ts';
import type { Bench, Contender, Measure } from './context.ts';
import { figureOf } from './figures.ts';
import { submitMany } from './pawl.ts';

const runs = Number(process.env.PAWL_BENCH_WAITING ?? '10000');
const warmRuns = 2_000;
const heapBytesMax = 1_024;

/** W15: what runs cost that wait for people: a worker's memory, and the bytes of their rows. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([contender]);
  const value = figureOf(figures, 'pawl', 'heap by waiting run').median;
  return {
    title: `${runs} runs that wait for a person`,
    figures,
    targets: [
      {
        claim: `a waiting run keeps at most ${heapBytesMax} bytes in the worker that ran it`,
        value,
        unit: 'bytes',
        met: value <= heapBytesMax,
      },
    ],
    notes: notes(),
  };
};

const notes = (): readonly string[] => [
  'Heap: what is left once the worker has collected its garbage, after the runs less before them, by waiting run.',
  `Resident set of a worker process of its own, built: after its first ${warmRuns} runs, and after ${runs} more that wait now; then of a new worker that starts beside them. The first two differ also by what collecting garbage has not given back.`,
  'Rows: of run, step and wait, indexes and dead versions included, by pg_total_relation_size.',
];

/** What waits stays: every round adds as many runs. */
const contender: Contender = {
  name: 'pawl',
  async open(url) {
    const database = await openDatabase({ url });
    await migrate(database);
    await install(database, asking());
    return { round: () => round(database, url), close: () => database.close() };
  },
};

async function round(database: Database, url: string): Promise<Record<string, Measure>> {
  const worker = await startWorker(url);
  try {
    await submitAndWait(database, warmRuns);
    const before = await residentMb(worker);
    const heapBefore = await heapBytes(worker, 1);
    const rowsBefore = await rowsMb(database);
    await submitAndWait(database, runs);
    const after = await residentMb(worker);
    const heap = (await heapBytes(worker, 2)) - heapBefore;
    const rows = (await rowsMb(database)) - rowsBefore;
    const other = await startWorker(url);
    const fresh = await residentMb(other);
    await other.kill();
    return {
      'worker before': { value: before, unit: 'MB' },
      'worker with waiting runs': { value: after, unit: 'MB' },
      'more by': { value: after - before, unit: 'MB' },
      'new worker beside them': { value: fresh, unit: 'MB' },
      'heap by waiting run': { value: heap / runs, unit: 'bytes' },
      rows: { value: rows, unit: 'MB' },
    };
  } finally {
    await worker.kill();
  }
}

async function startWorker(url: string): Promise<TestProcess> {
  const worker = startProcess({ entry: 'test/support/worker-main.ts', args: [url, '15000', '64'] });
  await worker.waitFor(/started/, 60_000);
  return worker;
}

async function submitAndWait(database: Database, more: number): Promise<void> {
  const { db } = database;
  const waiting = async () => {
    const { rows } = await sql<{
      waiting: number;
    }>`select count(*) as waiting from run where state = 'Waiting'`.execute(db);
    return rows[0]?.waiting ?? 0;
  };
  const wanted = (await waiting()) + more;
  await submitMany(database, { runs: more, input: shortText });
  await eventually(async () => ((await waiting()) >= wanted ? true : undefined), 300_000);
}

async function residentMb({ pid }: TestProcess): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) / 1024;
}

async function heapBytes(worker: TestProcess, asked: number): Promise<number> {
  worker.signal('SIGUSR2');
  const [, bytes] = await worker.waitFor(new RegExp(`heap ${asked}: (\\d+) bytes`), 60_000);
  return Number(bytes);
}

async function rowsMb({ db }: Database): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select pg_total_relation_size('run') + pg_total_relation_size('step') + pg_total_relation_size('wait') as bytes`.execute(
    db,
  );
  return (rows[0]?.bytes ?? Number.NaN) / 1024 ** 2;
}

/** One call, then a question to a person. */
function asking(): Bundle {
  const base = bundleOf({ nodes: { look: { to: ['ask'] } }, timeoutMs: 86_400_000 });
  const assignees = { groups: [], users: ['ada'] };
  const ask: BundleNode = { kind: 'human', human: { assignees, ttlMs: 43_200_000 }, edges: [], from: ['look'] };
  return { ...base, nodes: { ...base.nodes, ask } };
}
