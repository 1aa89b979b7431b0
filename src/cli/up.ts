import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { serve } from './serve.ts';

export async function upCommand(context: CliContext, options: { port: number }): Promise<ExitCode> {
  const app = await context.app(context.cwd);
  const service = await app.up({ port: options.port });
  context.terminal.out(`pawl is up at ${service.address}: controller, worker and API. Ctrl-C stops it.`);
  return serve(context, service);
}
