import { TerminalError } from '../../errors.ts';
import { startContainer } from './container.ts';
import { createCgroup, findCgroupHome } from './cgroup.ts';
import type { IsolatedCommand, IsolatedProcess, IsolationOptions } from './isolated.ts';
import { launch, type Prepare } from './launch.ts';
import { memoryBytesDefault, pidsMax } from './limits.ts';
import { assertMayStart } from './may-start.ts';
import { mountPoint } from './mount-point.ts';
import { sandboxLaunch, sandboxUser } from './sandbox.ts';
import type { WayOut } from './way-out.ts';

/** Starts a program in its tier. Rejects with `isolation.unavailable` where the worker does not have it. */
export async function startIsolated(command: IsolatedCommand, options: IsolationOptions): Promise<IsolatedProcess> {
  const started = await startInTier(command, options);
  const { reached } = started;
  if (reached === undefined || options.reached === undefined) return started;
  void started.exited.then(() => {
    const hosts = reached();
    if (hosts.length > 0) options.reached?.(command.container?.image ?? command.argv[0] ?? '', hosts);
  });
  return started;
}

async function startInTier(command: IsolatedCommand, options: IsolationOptions): Promise<IsolatedProcess> {
  switch (command.tier) {
    case 'sandbox':
      return startSandbox(command, options);
    case 'container':
      return await startInContainer(command, options);
    default:
      throw new TerminalError(`This worker runs no programs in the tier ${command.tier}.`, {
        code: 'isolation.unavailable',
        help: 'Start a worker that offers the tier; `pawl doctor` shows what a machine offers.',
      });
  }
}

/** Most programs have no network, and need nothing of what is loaded here. */
async function wayOut(command: IsolatedCommand, options: IsolationOptions): Promise<WayOut | undefined> {
  if (command.isolation.network === undefined) return undefined;
  return (await import('./way-out.ts')).wayOutOf(command, options);
}

async function startInContainer(command: IsolatedCommand, options: IsolationOptions): Promise<IsolatedProcess> {
  const out = await wayOut(command, options);
  try {
    const { mayStart, signal } = options;
    if (out === undefined) return await startContainer(command, { mayStart, signal });
    const { startConnectedContainer } = await import('./container-network.ts');
    return await startConnectedContainer(out, { mayStart, signal });
  } catch (cause) {
    out?.proxy.close();
    throw cause;
  }
}

async function startSandbox(command: IsolatedCommand, options: IsolationOptions): Promise<IsolatedProcess> {
  const home = await findCgroupHome();
  const limits = { memory: command.isolation.memory ?? memoryBytesDefault, pids: pidsMax };
  const cgroup = home === undefined ? undefined : await createCgroup(home, limits);
  const isRoot = process.getuid?.() === 0;
  const out = await wayOut(command, options);
  try {
    const place = { host: options.host, mountPoint: await mountPoint(), isRoot, cgroup };
    const chain = await sandboxLaunch(out?.command ?? command, place);
    assertMayStart(options);
    const started = await launch(chain, cgroup, out && within(out, { isRoot, options }));
    if (out === undefined) return started;
    void started.exited.then(() => out.proxy.close());
    return { ...started, reached: () => out.proxy.uses() };
  } catch (cause) {
    out?.proxy.close();
    await cgroup?.remove();
    throw cause;
  }
}

/** The chain's namespace of users was made by its user, whose rights reach into all that is made in it. */
function within(
  { proxy }: WayOut,
  { isRoot, options }: { readonly isRoot: boolean; readonly options: IsolationOptions },
): Prepare {
  return async ({ chain, first }) => {
    const { listenWithin } = await import('./listen-within.ts');
    const user = isRoot ? { user: sandboxUser } : {};
    proxy.serve(await listenWithin({ process: first, owner: chain, ...user }));
    // The program is held until this returns.
    assertMayStart(options);
  };
}
