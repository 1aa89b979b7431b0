// The second half of `npm run mutation`: checks around the gate, each taken away in a copy, and the tests run that must
// notice. Each takes a run of vitest, some seconds, and all of them some minutes: `npm run mutation -- T15` plays those of one
// step. The same tests must pass before anything is taken away.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DoorMutant, doorMutants } from './door-mutants.ts';

/** What tests load; `node_modules` is the same one. */
const parts = [
  'src',
  'test',
  'tooling',
  'schemas',
  'example-repo',
  'docs',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];
/** A test gives up by itself before: what does not end in this time says nothing. */
const runMs = 240_000;
const saidBytesMax = 64 * 1024 * 1024;

const root = fileURLToPath(new URL('..', import.meta.url));
const [step] = process.argv.slice(2);
const chosen = doorMutants.filter((mutant) => step === undefined || mutant.step.split(/[,:]\s*/).includes(step));
const copy = mkdtempSync(join(tmpdir(), 'pawl-doors-'));
try {
  for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const mutant of new Map(chosen.map((one) => [JSON.stringify([one.tests, one.only]), one])).values())
    assertPasses(mutant);
  const left = chosen.filter((mutant) => !isNoticed(mutant));
  for (const { file, step: what } of left) process.stdout.write(`${file} is not known to need it: ${what}\n`);
  process.stdout.write(
    `${chosen.length - left.length} of ${chosen.length} checks around the gate are held by a test\n`,
  );
  process.exitCode = left.length === 0 && chosen.length > 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** A test that fails by itself, or that no name fits any more, would notice everything. */
function assertPasses(mutant: DoorMutant): void {
  const { status, failed, passed, said } = play(mutant);
  if (status === 0 && failed === 0 && passed > 0) return;
  const { tests, only } = mutant;
  throw new Error(`${tests} ${only ?? ''} does not pass before anything is taken away:\n${said.slice(-2_000)}`);
}

function isNoticed(mutant: DoorMutant): boolean {
  const { file, find, put, step: what } = mutant;
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(find).length !== 2) throw new Error(`${file} does not hold this once, for ${what}: ${find}`);
  writeFileSync(
    path,
    source.replace(find, () => put),
  );
  try {
    const { status, failed, said } = play(mutant);
    const isClear = status === 0 || (status === 1 && failed > 0);
    process.stdout.write(`${isClear ? (status === 1 ? 'noticed' : 'ALIVE') : 'UNCLEAR'}  ${what}\n`);
    if (!isClear) process.stdout.write(`${said.slice(-2_000)}\n`);
    return isClear && status === 1;
  } finally {
    writeFileSync(path, source);
  }
}

interface Play {
  /** Undefined: it was stopped, or could not begin. */
  readonly status: number | undefined;
  /** Tests, by the last line of vitest alone: what a test prints is not counted. */
  readonly failed: number;
  readonly passed: number;
  readonly said: string;
}

function play({ tests, only }: DoorMutant): Play {
  const names = only === undefined ? [] : ['-t', only];
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const { status, error, stdout, stderr } = spawnSync(
    process.execPath,
    [vitest, 'run', ...tests.split(' '), ...names],
    { cwd: copy, encoding: 'utf8', timeout: runMs, maxBuffer: saidBytesMax },
  );
  const said = `${stdout}\n${stderr}${error === undefined ? '' : `\n${error.message}`}`.replaceAll(
    /\u001b\[[\d;]*m/g,
    '',
  );
  const summary = [...said.matchAll(/^ +Tests {2}(.*)$/gm)].at(-1)?.[1] ?? '';
  const counted = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0);
  return {
    status: error === undefined ? (status ?? undefined) : undefined,
    failed: counted('failed'),
    passed: counted('passed'),
    said,
  };
}
