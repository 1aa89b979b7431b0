import { storm } from '../torture/storm.ts';
import type { Bench, Contender } from './context.ts';
import { figureOf } from './figures.ts';
import { percentiles } from './latency.ts';

const kills = Number(process.env.PAWL_BENCH_KILLS ?? '10');
const runsPerKill = 10;
const takeoverMsMax = 500;

/** W6: workers killed with -9 in the middle of their runs; read from outside as the torture suite does. */
export const bench: Bench = async (context) => {
  const counted: number[] = [];
  const contender: Contender = {
    name: 'pawl',
    open: async () => ({
      async round(index) {
        const runs = kills * runsPerKill;
        const faults = Array.from({ length: kills }, () => 'kill' as const);
        const { violations, ended, takeoverMs } = await storm({
          runs,
          faults,
          leaseMs: 15_000,
          timeoutMs: 300_000,
          settled: true,
        });
        if (index >= context.warmup) counted.push(...takeoverMs);
        const lost = runs - (ended['Succeeded'] ?? 0) - (ended['DeadLetter'] ?? 0);
        for (const violation of violations) context.progress(`broken promise: ${violation}`);
        return {
          ...Object.fromEntries(percentiles('takeover', takeoverMs)),
          lost: { value: lost, unit: 'count' },
          'duplicated or wrong': { value: violations.length, unit: 'count' },
          'dead letters': { value: ended['DeadLetter'] ?? 0, unit: 'count' },
        };
      },
      close: async () => undefined,
    }),
  };
  const figures = await context.compare([contender]);
  const slowest = new Map(percentiles('all', counted)).get('all p99')?.value ?? Number.NaN;
  const worst = (metric: string) => figureOf(figures, 'pawl', metric).max;
  return {
    title: `takeover from ${kills} of 3 workers killed with -9 and replaced, ${kills * runsPerKill} runs of 5 calls`,
    figures,
    targets: [
      {
        claim: `${counted.length} kills: p99 of the takeover is at most ${takeoverMsMax} ms`,
        value: slowest,
        unit: 'ms',
        met: slowest <= takeoverMsMax,
      },
      ...['lost', 'duplicated or wrong'].map((metric) => {
        const value = worst(metric);
        return { claim: `runs and calls ${metric}: none`, value, unit: 'count', met: value === 0 } as const;
      }),
    ],
    notes: [
      'Takeover: from sending the signal until another worker made ready again what the dead one had. The lease is 15 s, as by default, so none of it is waiting for a lease to run out.',
      'Reads, calls with a key and calls that may happen once, at a tool server in another process; lost and wrong are judged by its log and by the journal. Up to 5 of a kind of broken promise are counted, and each is printed.',
      'A run that was there when three workers died is a dead letter, as it should be, and not lost.',
      'Each round has a durable PostgreSQL of its own, which has been up for a lease: before, a lost session is no proof of a death.',
    ],
  };
};
