import { TerminalError } from '../../errors.ts';
import { startContainer } from './container.ts';
import { createCgroup, findCgroupHome } from './cgroup.ts';
import type { IsolatedCommand, IsolatedProcess, IsolationOptions } from './isolated.ts';
import { launch } from './launch.ts';
import { memoryBytesDefault, pidsMax } from './limits.ts';
import { mountPoint } from './mount-point.ts';
import { sandboxLaunch } from './sandbox.ts';

/** Starts a program in its tier. Rejects with `isolation.unavailable` where the worker does not have it. */
export async function startIsolated(command: IsolatedCommand, options: IsolationOptions): Promise<IsolatedProcess> {
  switch (command.tier) {
    case 'sandbox':
      return startSandbox(command, options);
    case 'container':
      return await startContainer(command);
    default:
      throw new TerminalError(`This worker runs no programs in the tier ${command.tier}.`, {
        code: 'isolation.unavailable',
        help: 'Start a worker that offers the tier; `pawl doctor` shows what a machine offers.',
      });
  }
}

async function startSandbox(command: IsolatedCommand, { host }: IsolationOptions): Promise<IsolatedProcess> {
  const home = await findCgroupHome();
  const limits = { memory: command.isolation.memory ?? memoryBytesDefault, pids: pidsMax };
  const cgroup = home === undefined ? undefined : await createCgroup(home, limits);
  try {
    const isRoot = process.getuid?.() === 0;
    return await launch(await sandboxLaunch(command, { host, mountPoint: await mountPoint(), isRoot, cgroup }), cgroup);
  } catch (cause) {
    await cgroup?.remove();
    throw cause;
  }
}
