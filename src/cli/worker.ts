import type { ExitCode } from '../errors.ts';
import type { CliContext } from './context.ts';
import { serve } from './serve.ts';

export async function workerCommand(
  context: CliContext,
  options: { slots?: number; pool?: string },
): Promise<ExitCode> {
  const app = await context.app(context.cwd);
  const service = await app.worker({ slots: options.slots, pool: options.pool });
  context.terminal.out('The worker takes runs. Ctrl-C stops it and hands back what it runs.');
  return serve(context, service);
}
