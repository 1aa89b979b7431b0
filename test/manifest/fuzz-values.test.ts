import fc from 'fast-check';
import { describe, test } from 'vitest';
import { estateTexts } from './estate-outcome.ts';
import { expectSound, fuzzing } from './fuzz-outcome.ts';
import { expressionIn } from './mutation-expression.ts';
import { structured } from './mutation.ts';

const anyFile = fc.constantFrom(...estateTexts.keys());

describe('whatever is done to what a file says, every outcome is a resource or a problem with its place', () => {
  const textOf = (path: string) => estateTexts.get(path) ?? '';

  test('to the values in it', { timeout: 120_000 }, () => {
    const cases = anyFile
      .filter((path) => !path.endsWith('.md'))
      .chain((path) => fc.tuple(fc.constant(path), structured(textOf(path))));
    fc.assert(
      fc.property(cases, ([path, text]) => expectSound(path, text)),
      { ...fuzzing, numRuns: 2_500 },
    );
  });

  test('to the expressions in it', { timeout: 120_000 }, () => {
    const paths = [
      'base/linked-system.yaml',
      'base/agent-system.yaml',
      'base/task-webhook.yaml',
      'overlay/patches.yaml',
    ];
    const cases = fc.constantFrom(...paths).chain((path) => fc.tuple(fc.constant(path), expressionIn(textOf(path))));
    fc.assert(
      fc.property(cases, ([path, text]) => expectSound(path, text)),
      { ...fuzzing, numRuns: 2_000 },
    );
  });
});
