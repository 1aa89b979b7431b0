import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { vectorHelp } from './check-vector.ts';
import { json } from './context.ts';
import type { CliContext } from './context.ts';

export interface MigrateOptions {
  readonly roles?: boolean;
  readonly events?: 'on' | 'off';
  readonly output: string;
}

export async function migrateCommand(context: CliContext, options: MigrateOptions): Promise<ExitCode> {
  const { terminal } = context;
  const app = await context.app(context.cwd);
  const result = await app.migrate({ roles: options.roles === true, events: options.events });
  if (options.output === 'json') {
    json(terminal, result);
    return exitCodes.success;
  }
  if (result.applied.length === 0) terminal.out(`The schema is up to date (${result.current}).`);
  else terminal.out(`Applied ${result.applied.join(', ')}. The schema is at ${result.current}.`);
  if (result.pgvector === 'available') terminal.out(vectorHelp);
  if (result.events !== undefined)
    terminal.out(`Events of runs are ${result.events.state}${result.events.changed ? '' : ', as they were'}.`);
  if (result.roles === undefined) return exitCodes.success;
  const { roles, created, owner } = result.roles;
  terminal.out(
    `Roles ${roles.join(', ')}: ${created.length === 0 ? 'there already' : `created ${created.join(', ')}`}.`,
  );
  terminal.out(`${neutral(owner)} owns the tables; let pawl connect as a member of pawl_app.`);
  return exitCodes.success;
}
