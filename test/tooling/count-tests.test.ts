import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runProcess } from '../support/processes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-count-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface TestFile {
  readonly file: string;
  readonly isFailed: boolean;
  readonly passed: number;
  readonly failed: readonly string[];
}

const green: TestFile = { file: 'test/a.test.ts', isFailed: false, passed: 3, failed: [] };
const red: TestFile = { file: 'test/b.test.ts', isFailed: true, passed: 2, failed: ['one', 'two'] };
const unloaded: TestFile = { file: 'test/c.test.ts', isFailed: true, passed: 0, failed: [] };

/** A run of tests: its files, its exit code, and what failed outside of them; none is one that wrote no report. */
type Run = readonly [files: readonly TestFile[] | undefined, code: number, outside?: number];

async function reportOf(name: string, [files, , outside = 0]: Run): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, files === undefined ? '' : JSON.stringify({ files, outside }));
  return path;
}

async function said(first: Run, alone?: Run): Promise<readonly [string, number | null]> {
  const args = [await reportOf('first', first), String(first[1])];
  if (alone !== undefined) args.push(await reportOf('alone', alone), String(alone[1]));
  const { stdout, code } = await runProcess({ entry: 'tooling/count-tests.js', args });
  return [stdout, code];
}

test('the closing line counts what passed and what failed, and says by the exit code whether all is well', async () => {
  expect(await said([[green], 0])).toEqual(['3 passed, 0 failed\n', 0]);
  expect(await said([[green, red], 1])).toEqual(['5 passed, 2 failed\n', 1]);
});

test('a file that did not load, an error outside any test and a missing report are failures', async () => {
  expect(await said([[green, unloaded], 1])).toEqual(['3 passed, 1 failed\n', 1]);
  expect(await said([[green], 1, 1])).toEqual(['3 passed, 1 failed\n', 1]);
  expect(await said([[green], 1])).toEqual(['3 passed, 1 failed\n', 1]);
  expect(await said([undefined, 1])).toEqual(['0 passed, 1 failed\n', 1]);
});

test('what failed in the crowd and passes alone is counted as passed, and named', async () => {
  const well = { ...red, isFailed: false, passed: 4, failed: [] };
  expect(await said([[green, red, unloaded], 1], [[well, { ...unloaded, isFailed: false, passed: 5 }], 0])).toEqual([
    'failed in the crowd, passed alone: test/b.test.ts > one\n' +
      'failed in the crowd, passed alone: test/b.test.ts > two\n' +
      'failed in the crowd, passed alone: test/c.test.ts\n' +
      '12 passed, 0 failed\n',
    0,
  ]);
});

test('what fails twice has failed, as has what fails only alone', async () => {
  expect(await said([[green, red], 1], [[{ ...red, passed: 3, failed: ['two'] }], 1])).toEqual([
    'failed in the crowd, passed alone: test/b.test.ts > one\n6 passed, 1 failed\n',
    1,
  ]);
  expect(await said([[green, red], 1], [undefined, 1])).toEqual(['5 passed, 1 failed\n', 1]);
});

async function again(run: Run): Promise<string> {
  const args = [await reportOf('first', run)];
  return (await runProcess({ entry: 'tooling/failed-files.js', args })).stdout;
}

test('a few failed files are worth another run; many, an error outside of them and no report are not', async () => {
  expect(await again([[green, red, unloaded], 1])).toBe('test/b.test.ts\ntest/c.test.ts\n');
  expect(await again([Array.from({ length: 11 }, () => red), 1])).toBe('');
  expect(await again([[red], 1, 1])).toBe('');
  expect(await again([undefined, 1])).toBe('');
});
