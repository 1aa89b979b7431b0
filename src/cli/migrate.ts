import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { json } from './context.ts';
import type { CliContext } from './context.ts';

export async function migrateCommand(context: CliContext, options: { output: string }): Promise<ExitCode> {
  const { terminal } = context;
  const app = await context.app(context.cwd);
  const result = await app.migrate();
  if (options.output === 'json') json(terminal, result);
  else if (result.applied.length === 0) terminal.out(`The schema is up to date (${result.current}).`);
  else terminal.out(`Applied ${result.applied.join(', ')}. The schema is at ${result.current}.`);
  return exitCodes.success;
}
