import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runProcess } from '../support/processes.ts';

async function lineFor(report: string, status: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-count-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'report.json');
  await writeFile(file, report);
  return (await runProcess({ entry: 'tooling/count-tests.js', args: [file, status] })).stdout;
}

function report(
  tests: readonly [number, number],
  files: readonly { status: string; assertionResults: unknown[] }[],
): string {
  return JSON.stringify({ numPassedTests: tests[0], numFailedTests: tests[1], testResults: files });
}

test('the closing line counts what passed and what failed', async () => {
  expect(await lineFor(report([3, 0], [{ status: 'passed', assertionResults: [1] }]), '0')).toBe(
    '3 passed, 0 failed\n',
  );
  expect(await lineFor(report([3, 2], [{ status: 'failed', assertionResults: [1] }]), '1')).toBe(
    '3 passed, 2 failed\n',
  );
});

test('a file that did not load, an error outside any test and a missing report are failures', async () => {
  expect(await lineFor(report([3, 0], [{ status: 'failed', assertionResults: [] }]), '1')).toBe('3 passed, 1 failed\n');
  expect(await lineFor(report([3, 0], []), '1')).toBe('3 passed, 1 failed\n');
  expect(await lineFor('', '1')).toBe('0 passed, 1 failed\n');
});
