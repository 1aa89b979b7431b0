import type { TriedCase, TriedEval } from './eval-result.ts';
import { quoted } from './eval-text.ts';
import { attributes, escapeXml } from './xml.ts';

/** Evals as JUnit XML: a suite for each, and a test for each case. */
export function renderEvalJunit(evals: readonly TriedEval[]): string {
  const cases = evals.flatMap((one) => one.cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes({ name: 'pawl eval', ...counts(cases) })}>`,
    ...evals.flatMap(suite),
    '</testsuites>',
  ].join('\n');
}

function suite(one: TriedEval): readonly string[] {
  return [
    `  <testsuite ${attributes({ name: one.eval, ...counts(one.cases) })}>`,
    ...one.cases.flatMap((tried) => testcase(tried, one)),
    '  </testsuite>',
  ];
}

function counts(cases: readonly TriedCase[]): Readonly<Record<string, string>> {
  const failed = cases.filter((one) => !one.passed);
  const errors = failed.filter(isUntried).length;
  return { tests: String(cases.length), failures: String(failed.length - errors), errors: String(errors) };
}

/** Nothing was found out of it, as where somebody cancelled its runs. */
function isUntried({ runs }: TriedCase): boolean {
  return runs.every(({ passed, untried }) => passed || untried);
}

function testcase(tried: TriedCase, { eval: name }: TriedEval): readonly string[] {
  const seconds = tried.runs.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
  const head = attributes({ classname: name, name: tried.name, time: seconds.toFixed(3) });
  if (tried.passed) return [`    <testcase ${head}/>`];
  const lines = tried.runs
    .filter(({ passed }) => !passed)
    .flatMap(({ run, state, findings }) => [
      `run ${run}: ${state}`,
      ...findings.map(({ field, expected, came }) => `${field}: expected ${quoted(expected)}, came ${quoted(came)}`),
    ]);
  const element = isUntried(tried) ? 'error' : 'failure';
  const message = lines[1] ?? lines[0] ?? '';
  return [
    `    <testcase ${head}>`,
    `      <${element} ${attributes({ message })}>${escapeXml(lines.join('\n'))}</${element}>`,
    '    </testcase>',
  ];
}
