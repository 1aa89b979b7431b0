import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { serve } from './serve.ts';

export async function upCommand(context: CliContext, options: { port: number }): Promise<ExitCode> {
  const app = await context.app(context.cwd);
  const service = await app.up({ port: options.port });
  context.terminal.note(`pawl is up: controller, worker and API at ${service.address}. Ctrl-C stops it.`);
  return serve(context, service);
}
