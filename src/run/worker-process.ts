import { spawn } from 'node:child_process';
import type { Child } from './fleet.ts';

/** Starts this program again as a worker of a pool. Nothing of a manifest reaches the command but the pool's name. */
export function startWorkerProcess(pool: string, cwd: string): Child {
  const [node, program = ''] = process.argv;
  const words = [...process.execArgv, program, 'worker', '--pool', pool];
  // Its own group: Ctrl-C reaches this process alone, which then stops them in good order.
  const child = spawn(node ?? process.execPath, words, {
    cwd,
    // The channel says nothing; its end tells the worker that this process is gone.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  });
  child.channel?.unref();
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return { ended, stop: () => void child.kill('SIGTERM'), kill: () => void child.kill('SIGKILL') };
}
