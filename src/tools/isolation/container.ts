import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TerminalError } from '../../errors.ts';
import { askEngine, type Engine, engineHere, owner, ownerLabel, removal } from './engine.ts';
import type { IsolatedCommand, IsolatedExit, IsolatedProcess } from './isolated.ts';
import { memoryBytesDefault, pidsMax, scratchBytesMax, scratchFilesMax } from './limits.ts';
import { assertMayStart, type Beginning } from './may-start.ts';

/** Starts a container. Rejects with `isolation.unavailable` where there is no engine, or the image is not there. */
export async function startContainer(
  command: IsolatedCommand,
  { network = 'none', ...beginning }: Pick<RunOf, 'network'> & Beginning = {},
): Promise<IsolatedProcess> {
  const { container } = command;
  if (container === undefined) throw unavailable('No image is named for the container.', 'Name one by its digest.');
  const engine = await engineHere();
  await assertImage(engine, container.image);
  const name = containerName();
  const given = await filesOf(command);
  try {
    assertMayStart(beginning);
    return follow(engine, {
      name,
      args: [...runArguments(engine, command, { name, given, network }), ...startOf(command)],
      given,
    });
  } catch (cause) {
    await given.remove();
    throw cause;
  }
}

export function containerName(): string {
  return `pawl-${randomBytes(9).toString('hex')}`;
}

function unavailable(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'isolation.unavailable', help });
}

/** Images that were there: whoever removes one hears of it from the engine. */
const present = new Set<string>();

/** Nothing is fetched for a call: what runs on a worker was put there by who runs it. */
export async function assertImage(engine: Engine, image: string): Promise<void> {
  if (present.has(image)) return;
  const { code, output } = await askEngine(engine, ['image', 'inspect', '--format', '{{json .Config.Volumes}}', image]);
  if (code !== 0)
    throw unavailable(
      `The image ${image} is not on this worker: fetch it with \`${engine.name} pull ${image}\`.`,
      'A call fetches nothing: images are put on workers beforehand.',
    );
  // They are folders of the machine's disk without a limit, whatever --read-only says. Podman is told to ignore them.
  if (engine.name === 'docker' && !['null', '{}'].includes(output.trim()))
    throw unavailable(`The image ${image} declares volumes, which docker lets it fill.`, 'Build it without VOLUME.');
  present.add(image);
}

/** Variables and mounted secrets, in files that only this user reads: arguments of a process are everybody's to see. */
interface Given {
  readonly arguments: readonly string[];
  readonly remove: () => Promise<void>;
}

async function filesOf({ env, files = [] }: IsolatedCommand): Promise<Given> {
  const variables = Object.entries(env);
  if (variables.length === 0 && files.length === 0) return { arguments: [], remove: () => Promise.resolve() };
  const broken = variables.find(([, value]) => /[\n\r\0]/.test(value));
  if (broken !== undefined)
    throw unavailable(
      `The variable ${broken[0]} has several lines, which a container cannot be given.`,
      'Use `mountPath`.',
    );
  const odd = files.find(({ path }) => /[,:"\n]/.test(path));
  if (odd !== undefined) throw unavailable(`No file can be mounted at ${odd.path}.`, 'Use another `mountPath`.');
  const folder = await mkdtemp(join(tmpdir(), 'pawl-container-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const list = join(folder, 'env');
    await writeFile(list, variables.map(([name, value]) => `${name}=${value}\n`).join(''), { mode: 0o600 });
    const mounts: string[] = [];
    for (const [index, { path, content }] of files.entries()) {
      const file = join(folder, String(index));
      await writeFile(file, content);
      // The user within is another; the folder above lets nobody else here come to it.
      await chmod(file, 0o444);
      mounts.push('--mount', `type=bind,source=${file},target=${path},readonly`);
    }
    return { arguments: ['--env-file', list, ...mounts], remove };
  } catch (cause) {
    await remove();
    throw cause;
  }
}

/** Whatever the tool says. Its input and output are pipes; what it writes is kept nowhere. */
const always = `
  --rm --interactive --pull=never --log-driver=none --no-healthcheck
  --ipc=none --read-only --cap-drop=ALL --security-opt=no-new-privileges --user=65532:65532
  --cpus=1 --ulimit=core=0:0 --ulimit=nofile=1024:1024 --ulimit=nproc=4096:4096
`
  .trim()
  .split(/\s+/);

interface RunOf {
  readonly name: string;
  readonly given: Pick<Given, 'arguments'>;
  /** Absent: it has no network but its own loopback. */
  readonly network?: string | undefined;
}

/** Everything that keeps a container from the machine, whatever its image says. */
export function runArguments(
  engine: Engine,
  { isolation, container, env }: IsolatedCommand,
  { name, given, network = 'none' }: RunOf,
): readonly string[] {
  const { memory = memoryBytesDefault, cpuTimeMs, filesystem } = isolation;
  const isPodman = engine.name === 'podman';
  const seconds = Math.max(1, Math.ceil((cpuTimeMs ?? 0) / 1000));
  return [
    'run',
    ...always,
    `--network=${network}`,
    '--name',
    name,
    `--label=${ownerLabel}=${owner()}`,
    `--pids-limit=${pidsMax}`,
    `--memory=${memory}`,
    `--memory-swap=${memory}`,
    ...(cpuTimeMs === undefined ? [] : [`--ulimit=cpu=${seconds}:${seconds + 1}`]),
    // Of its own accord podman gives a container several places to write to, and the machine's proxies.
    ...(isPodman ? ['--read-only-tmpfs=false', '--http-proxy=false', '--image-volume=ignore'] : noProxies(env)),
    ...(filesystem === 'scratch' ? scratch(isPodman) : []),
    ...given.arguments,
    ...engine.runtime,
    ...(container?.mounts ?? []).flatMap((path) => ['--volume', `${path}:${path}:ro`]),
  ];
}

const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'FTP_PROXY', 'ALL_PROXY'];

/**
 * Docker gives a container the proxies of its user's config.json, passwords in them too, save those that an argument
 * names: it does not look into the file of variables. A name without `=` leaves standing what that file says.
 * https://github.com/docker/cli/blob/01db39ab1bee95c963f28b2b29432575ac7eab2c/cli/command/container/run.go
 */
function noProxies(env: IsolatedCommand['env']): readonly string[] {
  const names = proxies.flatMap((name) => [name, name.toLowerCase()]);
  return names.map((name) => (Object.hasOwn(env, name) ? `--env=${name}` : `--env=${name}=`));
}

/** What lies in it is memory of the container, inodes too: podman knows no limit of their number. */
function scratch(isPodman: boolean): readonly string[] {
  const inodes = isPodman ? '' : `,nr_inodes=${scratchFilesMax}`;
  return ['--tmpfs', `/tmp:rw,nosuid,nodev,mode=1777,size=${scratchBytesMax}${inodes}`, '--workdir', '/tmp'];
}

/** The image, and what it starts. */
function startOf({ argv, container }: IsolatedCommand): readonly string[] {
  const image = container?.image ?? '';
  if (container?.ownEntryPoint !== false) return [image, ...argv];
  const [program = '', ...args] = argv;
  return ['--entrypoint', program, image, ...args];
}

interface Following {
  readonly name: string;
  readonly args: readonly string[];
  readonly given: Given;
}

/** Starts the engine's client, whose life stands for the container's. */
export function follow(engine: Engine, { name, args, given }: Following): IsolatedProcess {
  const child = spawn(engine.name, [...args], {
    env: { ...engine.env },
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { stdin, stdout, stderr } = child;
  // Whoever writes hears of it by the end of the process.
  stdin.on('error', () => undefined);
  const state = { isKilled: false };
  const exited = endOf(child, state).finally(() => given.remove());
  return { stdin, stdout, stderr, exited, kill: () => killed(child, { engine, name, state, exited }) };
}

async function endOf(child: ChildProcess, state: { readonly isKilled: boolean }): Promise<IsolatedExit> {
  const { code, signal } = await new Promise<Pick<IsolatedExit, 'code' | 'signal'>>((resolve) => {
    child.once('error', () => resolve({ code: failedToStart, signal: null }));
    child.once('exit', (exitCode, exitSignal) => resolve({ code: exitCode, signal: exitSignal }));
  });
  if (state.isKilled) return { code, signal };
  if (code === failedToStart) return { code, signal, cause: 'start' };
  // Nobody but the kernel kills what runs here: for the memory that it took.
  if (code === 137) return { code, signal, cause: 'memory' };
  if (code === 152) return { code, signal, cause: 'cpu' };
  return { code, signal };
}

/** What engines end with where they themselves failed. */
const failedToStart = 125;

interface Followed {
  readonly engine: Engine;
  readonly name: string;
  readonly state: { isKilled: boolean };
  readonly exited: Promise<IsolatedExit>;
}

const attemptsMax = 5;

/** The engine's client is no parent of the container: that one is ended by its name, as often as it takes to be there. */
async function killed(child: ChildProcess, { engine, name, state, exited }: Followed): Promise<void> {
  const isOver = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  // A client that was killed, or lost its engine, says nothing of the container, which may run on.
  const mayBeLeft = () => child.exitCode === failedToStart || child.signalCode !== null || !isOver();
  if (!isOver()) {
    state.isKilled = true;
    for (let attempt = 0; attempt < attemptsMax && !isOver(); attempt += 1) {
      await askEngine(engine, removal(engine, name));
      await Promise.race([exited, delay(300)]);
    }
  }
  if (!isOver()) {
    child.kill('SIGKILL');
    await Promise.race([exited, delay(1_000)]);
  }
  if (mayBeLeft()) await askEngine(engine, removal(engine, name));
}
