import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../src/manifest/json.ts';
import { newRunId } from '../../src/run/run-id.ts';
import type { Measure } from './context.ts';

/** What every contender of a benchmark does: runs of chained steps, each with its result kept before the next begins. */
export interface Chain {
  readonly runs: number;
  readonly stepsPerRun: number;
  readonly atOnce: number;
  /** What every step is called with. */
  readonly input: JsonObject;
  /** What every step answers; absent: what it was called with. */
  readonly result?: JsonObject;
}

/** Those that take longest are as fast as they get after some 75,000 steps: three rounds, with what settles after each. */
export const leadInMs = 9_000;

/** As JSON a little over 200 bytes. */
export const shortText = { text: 'x'.repeat(190) } as const;

/** W1's. */
export const chain = {
  runs: Number(process.env.PAWL_BENCH_RUNS ?? '5000'),
  stepsPerRun: 5,
  atOnce: 64,
  input: shortText,
} as const satisfies Chain;

export interface StepPayload {
  readonly run: string;
  readonly step: number;
  readonly text: string;
}

/** As pawl gives them to what is submitted: in the order of time, so that rows of one run lie beside each other. */
export function runIds(runs: number): readonly string[] {
  return Array.from({ length: runs }, () => newRunId());
}

export function firstStep(): StepPayload {
  return { run: randomUUID(), step: 1, ...chain.input };
}

export function stepsPerSecond(
  startedAt: number,
  work: Pick<Chain, 'runs' | 'stepsPerRun'> = chain,
): Record<string, Measure> {
  const seconds = (performance.now() - startedAt) / 1_000;
  return { steps: { value: (work.runs * work.stepsPerRun) / seconds, unit: 'per s' } };
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
