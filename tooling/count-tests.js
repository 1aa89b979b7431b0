// Says what the runs of tests came to, by their reports (test-report.ts): `node tooling/count-tests.js <report> <exit
// code> [<report> <exit code>]`, the second two of a run of the failed files alone. The last line is `123 passed, 0
// failed`; the exit code is 0 only if every test passed in one of them.
import { readFileSync } from 'node:fs';

const [path, code, pathAlone, codeAlone] = process.argv.slice(2);
const first = read(path);
const last = pathAlone === undefined ? { ...first, code } : { ...read(pathAlone), code: codeAlone };

for (const name of recovered()) process.stdout.write(`failed in the crowd, passed alone: ${name}\n`);
const failed = failures(last);
process.stdout.write(`${passed()} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

function read(file) {
  return JSON.parse(readFileSync(file, 'utf8') || '{"files":[],"outside":0}');
}

/** vitest also fails for what no test stands for: an error outside of all files, a report that was never written. */
function failures({ files, outside, code: exit }) {
  const inFiles = files.reduce(
    (sum, { isFailed, failed: names }) => sum + (isFailed ? Math.max(1, names.length) : 0),
    0,
  );
  return exit !== '0' && inFiles + outside === 0 ? 1 : inFiles + outside;
}

function passed() {
  const again = new Set(last.files.map(({ file }) => file));
  const once = pathAlone === undefined ? [] : first.files.filter(({ file }) => !again.has(file));
  return [...once, ...last.files].reduce((sum, file) => sum + file.passed, 0);
}

function recovered() {
  if (pathAlone === undefined) return [];
  const still = new Map(last.files.map((file) => [file.file, file]));
  return first.files
    .filter(({ isFailed }) => isFailed)
    .flatMap(({ file, failed: names }) => {
      const now = still.get(file);
      if (now === undefined) return [];
      if (names.length === 0) return now.isFailed ? [] : [file];
      return names.filter((name) => !now.failed.includes(name)).map((name) => `${file} > ${name}`);
    });
}
