import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { serve } from './serve.ts';

export async function serveCommand(
  context: CliContext,
  options: { readonly host: string; readonly port: number },
): Promise<ExitCode> {
  const app = await context.app(context.cwd);
  const service = await app.serve(options);
  context.terminal.out(`pawl serves its API at ${service.address}. Ctrl-C stops it.`);
  return serve(context, service);
}
