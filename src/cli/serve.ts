import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { Service } from './app-port.ts';
import type { CliContext } from './context.ts';

/** Lets a service run until it ends by itself or the process is told to stop, and then stops it gracefully. */
export async function serve({ signal, terminal }: CliContext, service: Service): Promise<ExitCode> {
  const { promise: told, resolve: tell } = promiseOfStop();
  signal.addEventListener('abort', tell, { once: true });
  if (signal.aborted) tell();
  try {
    await Promise.race([told, service.ended]);
    terminal.note('Stopping: handing back what is running.');
    return exitCodes.success;
  } finally {
    signal.removeEventListener('abort', tell);
    await service.stop();
  }
}

function promiseOfStop(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let settle: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: settle };
}
