import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A group of processes whose memory and number the kernel limits together. */
export interface Cgroup {
  /** Whoever writes `0` to each of them has joined. */
  readonly joinFiles: readonly string[];
  /** Whether the kernel ended a process because the group was out of memory. */
  readonly wasOutOfMemory: () => Promise<boolean>;
  readonly kill: () => Promise<void>;
  /** Takes the group away, once it is empty; gives up after some seconds. */
  readonly remove: () => Promise<void>;
}

/** Where groups can be made: the folder of each controller, which for version 2 is the same one. */
export type CgroupHome =
  | { readonly version: 1; readonly memory: string; readonly pids: string }
  | { readonly version: 2; readonly folder: string };

export interface CgroupLimits {
  readonly memory: number;
  readonly pids: number;
}

const mountRoot = '/sys/fs/cgroup';

/** Finds where this process may make groups; undefined: nowhere. */
export async function findCgroupHome(
  root: string = mountRoot,
  own = '/proc/self/cgroup',
): Promise<CgroupHome | undefined> {
  const lines = (await readFile(own, 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  const pathOf = (controller: string) => lines.find(([, names]) => names?.split(',').includes(controller))?.[2];
  const memory = await writable(join(root, 'memory'), pathOf('memory'));
  const pids = await writable(join(root, 'pids'), pathOf('pids'));
  if (memory !== undefined && pids !== undefined) return { version: 1, memory, pids };
  // Where this process moved itself to earlier, groups are made beside it.
  const path = pathOf('')?.replace(new RegExp(`/${leafName}$`), '/');
  const folder = await writable(root, path);
  if (folder === undefined || !(await delegates(folder))) return undefined;
  return { version: 2, folder };
}

/** The own group's folder, or in a container with a view of its own the mount itself. */
async function writable(mount: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  for (const folder of [join(mount, path), mount]) {
    const isWritable = await access(join(folder, 'cgroup.procs'), constants.W_OK).then(
      () => true,
      () => false,
    );
    if (isWritable) return folder;
  }
  return undefined;
}

const leafName = 'pawl-worker';

/**
 * Of version 2: groups below get controllers only if the group itself holds no process, or is the root. Where this
 * process alone holds it, as the main process of a unit to which systemd delegates, it moves to a group of its own.
 */
async function delegates(folder: string): Promise<boolean> {
  const enabled = async () => {
    const names = (await readFile(join(folder, 'cgroup.subtree_control'), 'utf8').catch(() => '')).split(/\s+/);
    return names.includes('memory') && names.includes('pids');
  };
  const enable = () => writeFile(join(folder, 'cgroup.subtree_control'), '+memory +pids').catch(() => undefined);
  if (await enabled()) return true;
  await enable();
  if (await enabled()) return true;
  if (!(await holdsAlone(folder))) return false;
  const leaf = join(folder, leafName);
  const isMoved = await mkdir(leaf, { recursive: true })
    .then(() => writeFile(join(leaf, 'cgroup.procs'), String(process.pid)))
    .then(
      () => true,
      () => false,
    );
  if (isMoved) await enable();
  return isMoved && (await enabled());
}

async function holdsAlone(folder: string): Promise<boolean> {
  const pids = (await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '')).split('\n').filter(Boolean);
  return pids.length === 1 && Number(pids[0]) === process.pid;
}

/** Makes a group with its limits. */
export async function createCgroup(home: CgroupHome, limits: CgroupLimits): Promise<Cgroup> {
  const name = `pawl-${randomUUID()}`;
  const folders = home.version === 1 ? [join(home.memory, name), join(home.pids, name)] : [join(home.folder, name)];
  const [memory = '', pids = memory] = folders;
  try {
    for (const folder of folders) await mkdir(folder);
    await writeLimits(home.version, { memory, pids, limits });
  } catch (cause) {
    for (const folder of folders) await rmdir(folder).catch(() => undefined);
    throw cause;
  }
  return {
    joinFiles: folders.map((folder) => join(folder, 'cgroup.procs')),
    wasOutOfMemory: async () => {
      const file = join(memory, home.version === 1 ? 'memory.oom_control' : 'memory.events');
      const text = await readFile(file, 'utf8').catch(() => '');
      return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0) > 0;
    },
    kill: () => killAll(pids),
    remove: () => removeAll(folders),
  };
}

interface Limited {
  readonly memory: string;
  readonly pids: string;
  readonly limits: CgroupLimits;
}

async function writeLimits(version: 1 | 2, { memory, pids, limits }: Limited): Promise<void> {
  await writeFile(join(pids, 'pids.max'), String(limits.pids));
  if (version === 2) {
    await writeFile(join(memory, 'memory.max'), String(limits.memory));
    // Absent where the kernel has no swap.
    await writeFile(join(memory, 'memory.swap.max'), '0').catch(() => undefined);
    return;
  }
  await writeFile(join(memory, 'memory.limit_in_bytes'), String(limits.memory));
  // Absent where the kernel does not account for swap.
  await writeFile(join(memory, 'memory.memsw.limit_in_bytes'), String(limits.memory)).catch(() => undefined);
}

const roundsMax = 50;

/** Until nobody is left: a process that forks while it is looked at is found in the next round. */
async function killAll(folder: string): Promise<void> {
  // Of version 2, in one step, since Linux 5.14.
  await writeFile(join(folder, 'cgroup.kill'), '1', { flag: 'r+' }).catch(() => undefined);
  for (let round = 0; round < roundsMax; round += 1) {
    const pids = (await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '')).split('\n').filter(Boolean);
    if (pids.length === 0) return;
    for (const pid of pids) killQuietly(Number(pid));
    await delay(10);
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone meanwhile.
  }
}

async function removeAll(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    for (let round = 0; round < roundsMax; round += 1) {
      const isGone = await rmdir(folder).then(
        () => true,
        (cause: NodeJS.ErrnoException) => cause.code === 'ENOENT',
      );
      if (isGone) break;
      await delay(10);
    }
  }
}
