import { storm, type StormReport } from '../torture/storm.ts';
import type { Bench, BenchResult, Contender } from './context.ts';
import { figureOf } from './figures.ts';
import { percentiles } from './latency.ts';

const strikes = Number(process.env.PAWL_BENCH_KILLS ?? '10');
const runsPerStrike = 10;
const takeoverMsMax = 500;

interface Takeover {
  readonly fault: 'kill' | 'sleep';
  readonly leaseMs: number;
  /** What befell the workers, in the words of the title. */
  readonly befell: string;
  readonly measured: (report: StormReport) => readonly number[];
  readonly notes: readonly string[];
}

/** Workers that are struck in the middle of their runs; read from outside as the torture suite does. */
export function takeoverBench({ fault, leaseMs, befell, measured, notes }: Takeover): Bench {
  return async (context) => {
    const counted: number[] = [];
    const contender: Contender = {
      name: 'pawl',
      open: async () => ({
        async round(index) {
          const runs = strikes * runsPerStrike;
          const faults = Array.from({ length: strikes }, () => fault);
          const report = await storm({ runs, faults, leaseMs, timeoutMs: 300_000, settled: true });
          const { violations, ended } = report;
          if (index >= context.warmup) counted.push(...measured(report));
          const lost = runs - (ended['Succeeded'] ?? 0) - (ended['DeadLetter'] ?? 0);
          for (const violation of violations) context.progress(`broken promise: ${violation}`);
          return {
            ...Object.fromEntries(percentiles('takeover', measured(report))),
            lost: { value: lost, unit: 'count' },
            'duplicated or wrong': { value: violations.length, unit: 'count' },
            'dead letters': { value: ended['DeadLetter'] ?? 0, unit: 'count' },
          };
        },
        close: async () => undefined,
      }),
    };
    const figures = await context.compare([contender]);
    return {
      title: `takeover from ${strikes} of 3 workers ${befell}, ${strikes * runsPerStrike} runs of 5 calls`,
      figures,
      targets: targetsOf(counted, figures),
      notes: [
        ...notes,
        'Reads, calls with a key and calls that may happen once, at a tool server in another process; lost and wrong are judged by its log and by the journal. Up to 5 of a kind of broken promise are counted, and each is printed.',
        'A run that was there when three workers died is a dead letter, as it should be, and not lost.',
        'Each round has a durable PostgreSQL of its own, which has been up for a lease: before, a lost session is no proof of a death.',
      ],
    };
  };
}

function targetsOf(counted: readonly number[], figures: BenchResult['figures']): BenchResult['targets'] {
  const slowest = new Map(percentiles('all', counted)).get('all p99')?.value ?? Number.NaN;
  const worst = (metric: string) => figureOf(figures, 'pawl', metric).max;
  return [
    {
      claim: `${counted.length} workers: p99 of the takeover is at most ${takeoverMsMax} ms`,
      value: slowest,
      unit: 'ms',
      met: slowest <= takeoverMsMax,
    },
    ...['lost', 'duplicated or wrong'].map((metric) => {
      const value = worst(metric);
      return { claim: `runs and calls ${metric}: none`, value, unit: 'count', met: value === 0 } as const;
    }),
  ];
}
