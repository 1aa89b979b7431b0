// Prints the test files that are worth another run alone, one a line: `node tooling/failed-files.js <report>`.
import { readFileSync } from 'node:fs';

/** A machine that stalled fails a few. What fails more is broken. */
const filesMax = 10;

const { files, outside } = JSON.parse(readFileSync(process.argv[2], 'utf8') || '{"files":[],"outside":1}');
const failed = files.filter(({ isFailed }) => isFailed).map(({ file }) => file);
// What happened outside of all files belongs to none that could be run again.
if (outside === 0 && failed.length <= filesMax) process.stdout.write(failed.map((file) => `${file}\n`).join(''));
