import type { ResolveRequest } from '../api/operations.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { readNamed } from './files.ts';
import { parseJsonInput } from './input.ts';

export interface ResolveOptions {
  readonly run: string;
  readonly path: string;
  readonly as: ResolveRequest['as'];
  readonly outputFile?: string;
  readonly output: string;
}

export async function resolveCommand(context: CliContext, options: ResolveOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { run: id, path, as, outputFile } = options;
  const output =
    outputFile === undefined ? {} : { output: parseJsonInput(await readNamed(context.cwd, outputFile), outputFile) };
  const run = await withDoor(context, ({ operations }) => operations.resolve({ run: id, path, as, ...output }));
  if (options.output === 'json') json(terminal, { run });
  else terminal.out(`Call ${path} of run ${run.id} is resolved as ${as}; the run is ${run.state}.`);
  return exitCodes.success;
}
