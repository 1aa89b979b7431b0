import { randomUUID } from 'node:crypto';
import type { Measure } from './context.ts';

/** What every contender of W1 does: runs of five chained steps, each with its result kept before the next begins. */
export const chain = {
  runs: Number(process.env.PAWL_BENCH_RUNS ?? '5000'),
  stepsPerRun: 5,
  atOnce: 64,
  /** As JSON a little over 200 bytes. */
  input: { text: 'x'.repeat(190) },
} as const;

export interface StepPayload {
  readonly run: string;
  readonly step: number;
  readonly text: string;
}

export function firstStep(): StepPayload {
  return { run: randomUUID(), step: 1, ...chain.input };
}

export function stepsPerSecond(startedAt: number): Record<string, Measure> {
  const seconds = (performance.now() - startedAt) / 1_000;
  return { steps: { value: (chain.runs * chain.stepsPerRun) / seconds, unit: 'per s' } };
}

export function countdown(from: number): { readonly count: (by?: number) => void; readonly completed: Promise<void> } {
  let left = from;
  let done: () => void = () => undefined;
  const completed = new Promise<void>((resolve) => {
    done = resolve;
  });
  return {
    count: (by = 1) => {
      left -= by;
      if (left <= 0) done();
    },
    completed,
  };
}
