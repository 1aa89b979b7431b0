import { runCli } from './cli/program.ts';

// Ctrl-C once asks the command to stop; a second one leaves at once, for whoever cannot wait.
const stop = new AbortController();
function interrupt(): void {
  if (stop.signal.aborted) process.exit(130);
  stop.abort();
}
process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);
// A worker that another pawl started stops in good order when that one is gone, however it went.
process.once('disconnect', () => stop.abort());

// A reader that went away (`pawl get all | head -1`) is not an error, and nobody is left to tell. The command is asked
// to stop instead of being cut off, so that it still closes what it opened.
let isUnheard = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  isUnheard = true;
  stop.abort();
});

const exit = await runCli(process.argv.slice(2), {
  streams: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
  app: async (cwd) => (await import('./app.ts')).createApp(cwd),
  bareApp: async (cwd) => (await import('./app.ts')).createBareApp(cwd),
  signal: stop.signal,
  cwd: process.cwd(),
});
process.exitCode = isUnheard ? 0 : exit;
