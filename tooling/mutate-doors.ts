// The second half of `npm run mutation`: checks around the gate, each taken away in a copy, and the tests run that must
// notice. Each takes a run of vitest, some seconds, and all of them some minutes: `npm run mutation -- T15` plays those of one
// step.
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
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];
/** A test gives up by itself before; a machine that is busy elsewhere is not taken for a test that noticed. */
const runMs = 240_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const [step] = process.argv.slice(2);
const chosen = doorMutants.filter((mutant) => step === undefined || mutant.step.split(/[,:]\s*/).includes(step));
const copy = mkdtempSync(join(tmpdir(), 'pawl-doors-'));
try {
  for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const alive = chosen.filter((mutant) => !isNoticed(mutant));
  for (const { file, step: what } of alive) process.stdout.write(`${file} can do without it: ${what}\n`);
  process.stdout.write(
    `${chosen.length - alive.length} of ${chosen.length} checks around the gate are held by a test\n`,
  );
  process.exitCode = alive.length === 0 && chosen.length > 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}

function isNoticed({ file, find, put, tests, only, step: what }: DoorMutant): boolean {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(find).length !== 2) throw new Error(`${file} does not hold this once, for ${what}: ${find}`);
  writeFileSync(
    path,
    source.replace(find, () => put),
  );
  try {
    const names = only === undefined ? [] : ['-t', only];
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const run = spawnSync(process.execPath, [vitest, 'run', ...tests.split(' '), ...names], {
      cwd: copy,
      encoding: 'utf8',
      timeout: runMs,
    });
    const said = `${run.stdout}\n${run.stderr}`;
    // A test that failed or does not end, and not a run that found none or could not begin.
    const isFailed = run.error !== undefined || / [1-9]\d* failed/.test(said.replaceAll(/\u001b\[[\d;]*m/g, ''));
    if (!isFailed && run.status !== 0) throw new Error(`No test ran for ${what}:\n${said.slice(-2_000)}`);
    process.stdout.write(`${isFailed ? 'noticed' : 'ALIVE'}  ${what}\n`);
    return isFailed;
  } finally {
    writeFileSync(path, source);
  }
}
