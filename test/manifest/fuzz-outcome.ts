import { expect } from 'vitest';
import { explain } from '../../src/codes.ts';
import type { Problem } from '../../src/manifest/problem.ts';
import { outcomeOf } from './estate-outcome.ts';
import { canary } from './mutation.ts';
import { stopwatch } from './stopwatch.ts';

/** The same cases each time; a failure prints the seed and the path to its smallest case. */
export const fuzzing = { seed: 20_261_121, endOnFailure: true } as const;
/** Of a hang: reading a case takes a few milliseconds. */
const slowestMs = 1_000;
const attemptsMax = 3;

/** What takes long once may have met a collection of garbage; a hang takes long each time. */
export function expectSoon<T>(work: () => T): T {
  for (let attempt = 1; ; attempt += 1) {
    const spent = stopwatch();
    const result = work();
    const took = spent();
    if (took < slowestMs) return result;
    if (attempt === attemptsMax) throw new Error(`It took ${took} ms, ${attempt} times.`);
  }
}

/** What a problem may not be, in words: looked at without a matcher, which would take most of the time. */
function faultOf(problem: Problem, lineCount: number): string | undefined {
  const { code, severity, line, column, endColumn, message, help = '' } = problem;
  if (explain(code) === undefined) return 'has no code of the registry';
  if (severity !== 'error' && severity !== 'warning') return 'is neither error nor warning';
  if (!Number.isInteger(line) || line < 1 || line > lineCount) return 'is in no line of its file';
  if (!Number.isInteger(column) || column < 1 || (endColumn ?? column) < column) return 'is in no column';
  if (message === '' || message.length > 1_000) return 'says nothing, or too much';
  if (/[\p{Cc}\u2028\u2029\u202a-\u202e]|undefined|\[object/u.test(message + help))
    return 'shows what is not for showing';
  return undefined;
}

/** Whatever is wrong with a file, it is said in problems that can be shown. */
export function expectSound(path: string, text: string): void {
  const { problems, shown, resources } = expectSoon(() => outcomeOf(path, text));
  const lineCount = text.split('\n').length;
  const faulty = problems.flatMap((problem) => {
    const fault = faultOf(problem, problem.file === path ? lineCount : Number.POSITIVE_INFINITY);
    return fault === undefined ? [] : [{ fault, problem }];
  });
  expect(faulty).toEqual([]);
  const named = /^\w+\/[-a-z0-9]+\/[-a-z0-9]+ [0-9a-f]{64}$/;
  expect(resources.filter(({ digest, address }) => !named.test(`${address} ${digest}`))).toEqual([]);
  expect(shown.includes(canary)).toBe(false);
}
