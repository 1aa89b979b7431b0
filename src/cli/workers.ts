import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';

/** Follows what a pool asks for with workers on this machine, until Ctrl-C. */
export async function workersCommand(context: CliContext, options: { pool: string }): Promise<ExitCode> {
  const { terminal, signal, cwd } = context;
  const app = await context.app(cwd);
  const fleet = await app.workers({ pool: options.pool, report: (sentence) => terminal.note(sentence) });
  terminal.out(`Workers of the pool ${fleet.pool} are started and stopped as it asks. Ctrl-C stops them all.`);
  try {
    await fleet.run(signal);
    return exitCodes.success;
  } finally {
    await fleet.close();
  }
}
