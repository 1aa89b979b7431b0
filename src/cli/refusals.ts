import type { Config } from '../config.ts';
import { exitCodes, TerminalError } from '../errors.ts';

/** A part in a process of its own needs a database that several processes can open. */
export function assertShared(config: Config, part: string): void {
  if (config.database.kind === 'postgres') return;
  throw new TerminalError(
    `A ${part} of its own needs a database that several processes can open; the embedded one serves one.`,
    {
      code: 'cli.embedded_single_process',
      help: 'Set DATABASE_URL to a PostgreSQL database, or run `pawl up`, which is all of them in one process.',
      exit: exitCodes.usage,
    },
  );
}

export function alreadyUp(address: string): TerminalError {
  return new TerminalError(`A pawl is already up for this repository, at ${address}.`, {
    code: 'cli.already_up',
    help: 'Use it, or stop it first.',
    exit: exitCodes.conflict,
  });
}
