import { exitCodes, RetryableError, TerminalError } from '../errors.ts';

export function claimed(environment: string, owner: string): TerminalError {
  return new TerminalError(`The environment ${environment} belongs to ${owner}, which declared it first.`, {
    code: 'environment.claimed',
    help: `Give it another name here, or run \`pawl sync claim --env ${environment}\` if it has moved to this repository.`,
    exit: exitCodes.conflict,
  });
}

export function timedOut(environment: string, ms: number): RetryableError {
  return new RetryableError(`The pass over ${environment} took more than ${ms / 1_000} s and was given up.`, {
    code: 'sync.timed_out',
    help: 'Look at `pawl status` and at the log of the controller; it is tried again.',
    exit: exitCodes.timeout,
  });
}
