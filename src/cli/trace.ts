import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { renderTrace } from '../trace/render.ts';
import type { Door } from './app-port.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';

export interface TraceOptions {
  readonly run: string;
  readonly env?: string;
  readonly output: string;
}

export async function traceCommand(context: CliContext, options: TraceOptions): Promise<ExitCode> {
  const { terminal } = context;
  return withDoor(context, async (door) => {
    const id = options.run === 'latest' ? await latestRun(door, options.env) : options.run;
    const trace = await door.operations.trace(id);
    if (options.output === 'json') json(terminal, { trace });
    else
      terminal.out(
        renderTrace(trace, { width: terminal.width, color: terminal.color, unicode: terminal.unicode }).trimEnd(),
      );
    return exitCodes.success;
  });
}

async function latestRun(door: Door, named: string | undefined): Promise<string> {
  const environment = await chooseEnvironment(door, named);
  const [latest] = await door.operations.runs({ environment, limit: 1 });
  if (latest !== undefined) return latest.id;
  throw new TerminalError(`${environment} has no runs.`, {
    code: 'run.unknown',
    help: 'Start one with `pawl run <system>`.',
  });
}
