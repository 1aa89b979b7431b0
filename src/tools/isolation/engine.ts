import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { TerminalError } from '../../errors.ts';

/** What runs containers on this machine. */
export interface Engine {
  readonly name: 'podman' | 'docker';
  /** All that the engine itself finds in its environment: nothing of the worker's. */
  readonly env: Readonly<Record<string, string>>;
  /** Arguments that choose its runtime, where its own choice does not work here. */
  runtime: readonly string[];
}

export interface EngineAnswer {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Said of every container of pawl: whose it is. */
export const ownerLabel = 'pawl.owner';

const answerWithinMs = 15_000;

let found: Promise<Engine | undefined> | undefined;

/** The engine that answers here, which is looked for until there is one. Rejects with `isolation.unavailable` where there is none. */
export async function engineHere(): Promise<Engine> {
  found ??= findEngine();
  const engine = await found;
  if (engine !== undefined) return engine;
  found = undefined;
  throw new TerminalError('This worker has no container engine that answers.', {
    code: 'isolation.unavailable',
    help: 'Install podman or docker on the worker; `pawl doctor` shows what each tier lacks.',
  });
}

/** Looks for one that answers, and ends what a worker that died left in it. */
export async function findEngine(): Promise<Engine | undefined> {
  for (const name of ['podman', 'docker'] as const) {
    const engine: Engine = { name, env: environment(), runtime: [] };
    if (await sweepContainers(engine)) return engine;
  }
  return undefined;
}

/** Ends what workers of this machine left that died; false: the engine does not answer. */
export async function sweepContainers(engine: Engine): Promise<boolean> {
  const ours = ['ps', '--all', '--filter', `label=${ownerLabel}`, '--format', listing[engine.name]];
  const { code, output } = await askEngine(engine, ours);
  if (code !== 0) return false;
  await removeOrphans(engine, output);
  return true;
}

/** Name and owner of a container, a line each. */
const listing = {
  podman: `{{.Names}} {{index .Labels "${ownerLabel}"}}`,
  docker: `{{.Names}} {{.Label "${ownerLabel}"}}`,
} as const;

/** Runs the engine to its end; `null`: it could not be started, or did not answer in time. */
export function askEngine({ name, env }: Engine, args: readonly string[], input?: Uint8Array): Promise<EngineAnswer> {
  return new Promise((resolve) => {
    const limits = { timeout: answerWithinMs, killSignal: 'SIGKILL', maxBuffer: 1024 * 1024 } as const;
    const child = execFile(name, [...args], { env: { ...env }, cwd: '/', ...limits }, (fault, output, errors) => {
      const code = fault === null ? 0 : typeof fault.code === 'number' ? fault.code : null;
      resolve({ code, output, errors });
    });
    // It may end before it has read.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** Without a home and a place for its sockets, podman does not work for a user other than root. */
function environment(): Readonly<Record<string, string>> {
  const { homedir, uid } = userInfo();
  const sockets = `/run/user/${uid}`;
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: homedir,
    ...(existsSync(sockets) ? { XDG_RUNTIME_DIR: sockets } : {}),
  };
}

/** This process, so that nobody else ever bears its name: processes take each other's numbers. */
export function owner(): string {
  return `${hostname()}:${processNamespace()}:${process.pid}:${startedAt(process.pid) ?? ''}`;
}

/** Containers of a worker of this machine that died without ending them. */
async function removeOrphans(engine: Engine, listed: string): Promise<void> {
  for (const line of listed.split('\n').filter((text) => text !== '')) {
    const [name = '', whose = ''] = line.split(' ');
    if (isLeft(whose)) await askEngine(engine, removal(engine, name));
  }
}

/** Of a process of another namespace nobody here knows whether it lives, whatever its host is called. */
function isLeft(whose: string): boolean {
  const [host, namespace, pid, start] = whose.split(':');
  if (host !== hostname() || namespace === '' || namespace !== processNamespace()) return false;
  return startedAt(Number(pid)) !== start;
}

/** The number of the namespace that this process's number is of; '': there is no such file system. */
export function processNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
  } catch {
    return ''; // Nothing is swept by who does not know where it is.
  }
}

/** With its volumes: else those that its image declares stay on the disk for good. */
export function removal({ name: engine }: Engine, container: string): readonly string[] {
  return ['rm', '--force', '--volumes', ...(engine === 'podman' ? ['--time', '0'] : []), container];
}

/** In ticks of the machine's clock; undefined: there is no such process. */
export function startedAt(pid: number): string | undefined {
  try {
    // The second field is a name, which may hold anything, in brackets.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19];
  } catch {
    return undefined; // There is no such process, or no such file system.
  }
}
