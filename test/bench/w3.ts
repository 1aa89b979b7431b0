import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { openBare } from './bare.ts';
import { type Chain, leadInMs } from './chain.ts';
import type { Bench, Measure, OpenContender } from './context.ts';
import { figureOf, ratio } from './figures.ts';
import { openPawl, workOf } from './pawl.ts';

const work: Chain = {
  runs: Number(process.env.PAWL_BENCH_RUNS ?? '1000'),
  stepsPerRun: 5,
  atOnce: 64,
  input: { key: 'answer' },
  // 8,000 characters that no compression makes shorter, so that as many bytes must be written.
  result: { text: randomBytes(6_000).toString('base64') },
};
const payloadMb = (work.runs * work.stepsPerRun * JSON.stringify(work.result).length) / 1024 ** 2;
const leastOfBare = 0.7;
const mostOfPayload = 1.3;

/** W3: results of 8 kB, beside claim and journal alone, and what they cost in bytes of the write-ahead log. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([
    { name: 'pawl', apart: true, leadInMs, open: async (url) => withLog(url, await openPawl(url, workOf(work))) },
    {
      name: 'bare prototype',
      apart: true,
      leadInMs,
      open: async (url) => withLog(url, await openBare(url, work)),
    },
  ]);
  const share = ratio(figureOf(figures, 'pawl', 'steps'), figureOf(figures, 'bare prototype', 'steps'));
  const written = figureOf(figures, 'pawl', 'log written').median / payloadMb;
  return {
    title: `${work.runs} runs of ${work.stepsPerRun} chained steps, ${work.atOnce} at once, results of 8 kB`,
    figures,
    targets: [
      {
        claim: `pawl makes at least ${leastOfBare} times the steps per second of the bare prototype`,
        value: share,
        unit: '×',
        met: share >= leastOfBare,
      },
      {
        claim: `pawl writes at most ${mostOfPayload} times the bytes of the results`,
        value: written,
        unit: '×',
        met: written <= mostOfPayload,
      },
    ],
    notes: [
      `The results of a round are ${payloadMb.toFixed(1)} MB of text that cannot be compressed; a step is called with a short key.`,
      'Log written: how far pg_current_wal_insert_lsn() moved from before the runs were submitted until the last had ended, whoever wrote it; "full pages" are those of pg_stat_wal that PostgreSQL writes once after each checkpoint.',
      'bare prototype: the claim and the journal statement alone, by group commit; no decision, no graph, no lease.',
    ],
  };
};

interface Written {
  readonly bytes: number;
  readonly pages: number;
}

function withLog(url: string, open: OpenContender): OpenContender {
  return {
    async round(index) {
      const before = await written(url);
      const measures = await open.round(index);
      const after = await written(url);
      const log: Record<string, Measure> = {
        'log written': { value: (after.bytes - before.bytes) / 1024 ** 2, unit: 'MB' },
        'full pages': { value: after.pages - before.pages, unit: 'count' },
      };
      return { ...measures, ...log };
    },
    close: () => open.close(),
  };
}

async function written(url: string): Promise<Written> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ bytes: string; pages: string }>(
      `select pg_current_wal_insert_lsn() - '0/0' as bytes, wal_fpi as pages from pg_stat_wal`,
    );
    return { bytes: Number(rows[0]?.bytes), pages: Number(rows[0]?.pages) };
  } finally {
    await client.end();
  }
}
