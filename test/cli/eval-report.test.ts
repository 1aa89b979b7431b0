import { describe, expect, test } from 'vitest';
import { renderEvalJunit } from '../../src/cli/eval-junit.ts';
import { type TriedRun, triedCase, triedEval } from '../../src/cli/eval-result.ts';
import { evalText } from '../../src/cli/eval-text.ts';

const run = (change: Partial<TriedRun> = {}): TriedRun => ({
  run: '00000000-0000-4000-8000-000000000001',
  state: 'Succeeded',
  passed: true,
  untried: false,
  durationMs: 1_200,
  tokens: 3_000,
  cost: 0,
  findings: [],
  ...change,
});
const hostile = '\u001b[31m<red>&"\u202e';
const bad = run({ passed: false, findings: [{ field: 'contains', expected: 'a', came: hostile }] });
const of = (threshold: number, ...cases: readonly (readonly TriedRun[])[]) =>
  triedEval(
    { name: 'support/basics', system: 'support/triage', threshold },
    cases.map((runs, index) => triedCase(`case-${index + 1}`, runs)),
  );
const colors = { bold: String, green: String, red: String } as never;
const text = (tried: ReturnType<typeof of>) => evalText(tried, { colors, unicode: true, width: 80 });

describe('an eval', () => {
  test.each([
    [0.9, 9, true],
    [0.9, 8, false],
    [0.95, 9, false],
    [1, 9, false],
    [0, 0, true],
  ])('that wants %d is reached by %d of ten cases: %s', (threshold, passing, reached) => {
    const cases = Array.from({ length: 10 }, (_, index) => [index < passing ? run() : bad]);
    expect(of(threshold, ...cases).reached).toBe(reached);
  });

  test('counts a case only where all of its runs passed', () => {
    expect(of(1, [run(), bad]).cases[0]?.passed).toBe(false);
  });
});

test('the text shows what was expected and what came, and nothing of it acts on a terminal', () => {
  const shown = text(of(0.5, [run()], [bad]));
  expect(shown).toBe(`support/basics of support/triage: 1 of 2 cases passed, 50 % wanted: reached
  ✓ case-1  1200 ms, 3,000 tokens
  ✗ case-2  1200 ms, 3,000 tokens
      run 00000000-0000-4000-8000-000000000001: Succeeded
      contains: expected "a"
        came "\\u001b[31m<red>&\\"\\u{202e}"`);
});

test('a run that somebody cancelled is told apart, in the text and in JUnit', () => {
  const tried = of(1, [run({ passed: false, untried: true, state: 'Cancelled' })]);
  expect(text(tried)).toContain('Cancelled\n      It says nothing of the system.');
  expect(renderEvalJunit([tried])).toContain('failures="0" errors="1"');
});

test('JUnit has a suite for each eval and escapes what came', () => {
  const xml = renderEvalJunit([of(0.5, [run()], [bad])]);
  expect(xml).toContain('<testsuites name="pawl eval" tests="2" failures="1" errors="0">');
  expect(xml).toContain('<testcase classname="support/basics" name="case-1" time="1.200"/>');
  expect(xml).not.toMatch(/<red>|\u001b|\u202e/);
});
