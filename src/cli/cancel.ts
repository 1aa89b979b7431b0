import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';

export interface CancelOptions {
  readonly run: string;
  readonly output: string;
}

export async function cancelCommand(context: CliContext, options: CancelOptions): Promise<ExitCode> {
  const { terminal } = context;
  const run = await withDoor(context, ({ operations }) => operations.cancel(options.run));
  if (options.output === 'json') json(terminal, { run });
  else if (run.state === 'Cancelled') terminal.out(`Run ${run.id} is cancelled.`);
  else terminal.out(`Run ${run.id} is ${run.state}; its worker has been asked to stop.`);
  return exitCodes.success;
}
