import type { Finding } from './eval-judge.ts';

/** One run of one case. */
export interface TriedRun {
  readonly run: string;
  readonly state: string;
  readonly passed: boolean;
  /** It says nothing of the system: somebody cancelled it, or its workers died. */
  readonly untried: boolean;
  readonly durationMs: number;
  readonly tokens: number;
  /** Micro-USD. */
  readonly cost: number;
  readonly findings: readonly Finding[];
}

export interface TriedCase {
  readonly name: string;
  /** All of its runs did. */
  readonly passed: boolean;
  readonly runs: readonly TriedRun[];
}

export interface TriedEval {
  /** `namespace/name`. */
  readonly eval: string;
  readonly system: string;
  readonly threshold: number;
  readonly passed: number;
  /** Whether so many cases passed. */
  readonly reached: boolean;
  readonly cases: readonly TriedCase[];
}

export function triedCase(name: string, runs: readonly TriedRun[]): TriedCase {
  return { name, passed: runs.length > 0 && runs.every(({ passed }) => passed), runs };
}

export function triedEval(
  { name, system, threshold }: { readonly name: string; readonly system: string; readonly threshold: number },
  cases: readonly TriedCase[],
): TriedEval {
  const passed = cases.filter((one) => one.passed).length;
  // By whole cases: 0.9 of ten is nine, and no rounding of a share makes it ten.
  const wanted = Math.ceil(threshold * cases.length - 1e-9);
  return { eval: name, system, threshold, passed, reached: passed >= wanted, cases };
}
