import { RetryableError, TerminalError } from '../../errors.ts';
import type { IsolationOptions } from './isolated.ts';

/** What decides at the last moment whether a program is begun. */
export type Beginning = Pick<IsolationOptions, 'mayStart' | 'signal'>;

/** What is prepared takes time, in which the process may have been stopped and the run given to another worker. */
export function assertMayStart({ mayStart, signal }: Beginning): void {
  if (signal?.aborted === true)
    throw new TerminalError('The program was not started: the call was given up by its worker.', {
      code: 'tool.aborted',
    });
  if (mayStart?.() !== false) return;
  throw new RetryableError('The program was not started: the lease of the worker was not renewed in time.', {
    code: 'tool.aborted',
  });
}
