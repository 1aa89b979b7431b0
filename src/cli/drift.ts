import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { renderDrift } from './render-drift.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';

export interface DriftOptions {
  readonly env?: string;
  readonly output: string;
}

export async function driftCommand(context: CliContext, options: DriftOptions): Promise<ExitCode> {
  const { terminal } = context;
  return withDoor(context, async ({ operations, ...door }) => {
    const environment = await chooseEnvironment({ operations, ...door }, options.env);
    const drift = await operations.drift(environment);
    if (options.output === 'json') json(terminal, { environment, drift });
    else terminal.out(renderDrift(environment, drift, terminal.colors));
    return drift.length === 0 ? exitCodes.success : exitCodes.differences;
  });
}
