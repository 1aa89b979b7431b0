// `npm run bench -- P1 W1`: runs main.ts and whatever it starts from built sources. Through tsx every function that is
// made is also given its name, so that what makes many of them took half as long again as it takes those who use pawl.
import { spawn } from 'node:child_process';
import { programPath } from '../support/processes.ts';

const program = programPath('test/bench/main.ts');
const child = spawn(process.execPath, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
// The terminal tells both of them; main.ts cleans up and says how it ended.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('error', (cause) => {
  throw cause;
});
child.once('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
