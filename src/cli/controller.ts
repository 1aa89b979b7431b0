import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { serve } from './serve.ts';

export async function controllerCommand(context: CliContext): Promise<ExitCode> {
  const app = await context.app(context.cwd);
  const service = await app.controller();
  context.terminal.out('The controller watches the repository. Ctrl-C stops it.');
  return serve(context, service);
}
