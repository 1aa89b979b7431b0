import { readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { TerminalError } from '../../errors.ts';
import { containerName, follow, runArguments, startContainer } from './container.ts';
import { emptyImage, ownImage, systemFolders } from './empty-image.ts';
import { askEngine, type Engine, engineHere } from './engine.ts';
import type { IsolatedCommand, IsolatedProcess } from './isolated.ts';
import { assertSame, type Holder, holderAt } from './holder.ts';
import { listenWithin } from './listen-within.ts';
import type { Beginning } from './may-start.ts';
import type { WayOut } from './way-out.ts';

/**
 * Starts a container whose way out is a proxy. Its network is that of a second container without any, which holds it
 * while the proxy begins to listen there: an engine starts a program as soon as it has made its namespaces.
 */
export async function startConnectedContainer(
  { command, proxy }: WayOut,
  { mayStart, signal }: Beginning,
): Promise<IsolatedProcess> {
  const engine = await engineHere();
  const name = containerName();
  const holder = await hold(engine, name);
  try {
    const held = await holderOf(engine, name);
    proxy.serve(await listenWithin({ process: held.pid, ...(await ownerOf(held.pid)) }));
    assertSame(held);
    const started = await startContainer(command, { network: `container:${name}`, mayStart, signal });
    const end = async () => {
      proxy.close();
      await holder.kill();
    };
    void started.exited.then(end);
    const kill = async () => {
      await Promise.all([started.kill(), end()]);
    };
    return { ...started, kill, reached: () => proxy.uses() };
  } catch (cause) {
    proxy.close();
    await holder.kill();
    throw cause;
  }
}

const waiting = ['/bin/cat'];

/** A program of the machine that waits for the end of its input, which comes with the end of the worker. */
async function hold(engine: Engine, name: string): Promise<IsolatedProcess> {
  await ownImage(engine);
  const command: IsolatedCommand = {
    argv: waiting,
    env: {},
    isolation: { min: 'container', filesystem: 'readOnly', memory: 32 * 1024 * 1024 },
    tier: 'container',
    container: { image: emptyImage, ownEntryPoint: false, mounts: systemFolders() },
  };
  const given = { arguments: [], remove: () => Promise.resolve() };
  const args = [...runArguments(engine, command, { name, given }), '--entrypoint', '/bin/cat', emptyImage];
  const holder = follow(engine, { name, args, given });
  holder.stdout.resume();
  holder.stderr.resume();
  return holder;
}

const looksMax = 100;
const lookMs = 100;

async function holderOf(engine: Engine, name: string): Promise<Holder> {
  for (let look = 0; look < looksMax; look += 1) {
    const { code, output } = await askEngine(engine, ['inspect', '--format', '{{.State.Pid}} {{.Id}}', name]);
    const [pid = '', container = ''] = code === 0 ? output.trim().split(' ') : [];
    const holder = Number(pid) > 0 ? await holderAt(Number(pid), { argv: waiting, container }) : undefined;
    if (holder !== undefined) return holder;
    await delay(lookMs);
  }
  throw new TerminalError('The network of the container was not there in time.', {
    code: 'isolation.unavailable',
    help: 'The engine must run its containers where the worker sees their processes; look at `pawl doctor`, and at its log.',
  });
}

/** Whoever runs containers without being root has made a namespace of users for them. */
async function ownerOf(pid: number): Promise<{ readonly owner?: number }> {
  const [own, theirs] = await Promise.all(
    ['self', pid].map((of) => readlink(`/proc/${of}/ns/user`).catch(() => undefined)),
  );
  return theirs === undefined || theirs === own ? {} : { owner: pid };
}
