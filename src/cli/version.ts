import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { packageVersion } from '../version.ts';
import { json } from './context.ts';
import type { CliContext } from './context.ts';

export async function versionCommand(context: CliContext, options: { output: string }): Promise<ExitCode> {
  const version = packageVersion();
  if (options.output === 'json') json(context.terminal, { version, node: process.versions.node });
  else context.terminal.out(`pawl ${version} (Node ${process.versions.node})`);
  return exitCodes.success;
}
