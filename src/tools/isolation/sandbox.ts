import { lstat, readlink } from 'node:fs/promises';
import type { Cgroup } from './cgroup.ts';
import type { IsolatedCommand, IsolationHost } from './isolated.ts';
import type { Launch } from './launch.ts';
import { limitArguments, pidsMax, scratchBytesMax, scratchFilesMax } from './limits.ts';
import { findProgram, type Program } from './program.ts';
import { type ReadableFolder, readableFolders } from './readable.ts';

/** Who a program is, outside where the worker is root, and inside always: nobody whom the machine knows. */
export const sandboxUser = '65532';

export interface SandboxPlace {
  readonly host: IsolationHost;
  /** An empty folder that anybody may pass through: the mount point of scratch folders, of each program its own. */
  readonly mountPoint: string;
  readonly isRoot: boolean;
  readonly cgroup?: Cgroup | undefined;
}

/**
 * The chain of programs that ends in the one that is wanted: join the cgroup, become another user, take limits, enter
 * a namespace of users and mounts, die if the worker dies, mount the scratch folder, and let bubblewrap do the rest.
 * None but bubblewrap sees what the author of a tool wrote: a variable such as LD_PRELOAD would reach what still has
 * rights. And bubblewrap is told through a pipe, because arguments can be read by everybody on the machine.
 */
export async function sandboxLaunch(command: IsolatedCommand, place: SandboxPlace): Promise<Launch> {
  const [name = '', ...rest] = command.argv;
  const program = await findProgram(name, place.host.path);
  const files = command.files ?? [];
  const settings = [
    separationArguments(),
    await rootArguments(),
    folderArguments(command, place.mountPoint),
    // After the folders of its own, which would hide what lies below /tmp.
    shownArguments(await readableFolders(place.host), program),
    files.flatMap(({ path }, index) => ['--perms', '0400', '--ro-bind-data', String(firstFileFd + index), path]),
    ['--remount-ro', '/dev', '--remount-ro', '/'],
    environmentArguments(command),
  ].flat();
  // The program's own network has to be entered before it begins.
  const hold = command.isolation.network === undefined ? undefined : firstFileFd + files.length;
  const argv = [
    joinArguments(place.cgroup),
    userArguments(place.isRoot),
    ['prlimit', ...limitArguments(command.isolation, place.cgroup !== undefined), '--'],
    // Here the count of processes begins anew, whatever else the same user runs.
    ['unshare', '--user', '--map-root-user', '--mount', '--'],
    // Entering the namespace undid it if it was asked for before.
    ['setpriv', '--pdeathsig', 'KILL', '--'],
    ['/bin/sh', '-c', mountScript(command), String(process.pid), place.mountPoint],
    ['prlimit', `--nproc=${pidsMax + watchers}`, '--'],
    ['bwrap', '--args', '3', '--json-status-fd', '4'],
    hold === undefined ? [] : ['--block-fd', String(hold)],
    ['--', program.path, ...rest],
  ].flat();
  const given = [settings.map((one) => `${one}\0`).join(''), undefined, ...files.map(({ content }) => content)];
  return hold === undefined ? { argv, given, status: 4 } : { argv, given: [...given, undefined], status: 4, hold };
}

const firstFileFd = 5;
/** bubblewrap watches from outside and from inside. */
const watchers = 2;

function joinArguments(cgroup: Cgroup | undefined): string[] {
  if (cgroup === undefined) return [];
  const { joinFiles } = cgroup;
  const script = `for file in "$@"; do shift; [ "$file" = -- ] && exec "$@"; echo 0 >"$file" || exit 71; done`;
  return ['/bin/sh', '-c', script, 'sh', ...joinFiles, '--'];
}

function userArguments(isRoot: boolean): string[] {
  if (!isRoot) return ['setpriv', '--no-new-privs', '--'];
  const user = [`--reuid=${sandboxUser}`, `--regid=${sandboxUser}`, '--clear-groups'];
  return ['setpriv', ...user, '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', '--'];
}

/** The worker may have died before anybody was told to die with it. */
function mountScript({ isolation }: IsolatedCommand): string {
  const alive = '[ "$PPID" = "$0" ] || exit 72';
  if (isolation.filesystem !== 'scratch') return `${alive}; shift; exec "$@"`;
  // Two folders of one file system, so that they share one limit. bubblewrap could limit bytes, not files.
  const limits = `size=${scratchBytesMax},nr_inodes=${scratchFilesMax},mode=0700`;
  const mount = `mount -t tmpfs -o ${limits} pawl "$1" && mkdir -m 1777 "$1/tmp" "$1/shm" || exit 73`;
  return `${alive}; ${mount}; shift; exec "$@"`;
}

function separationArguments(): string[] {
  return [
    ['--unshare-all', '--unshare-user', '--disable-userns', '--hostname', 'sandbox'],
    ['--uid', sandboxUser, '--gid', sandboxUser, '--cap-drop', 'ALL', '--clearenv'],
    ['--die-with-parent', '--new-session'],
  ].flat();
}

/** What programs are made of. Of /etc only what many need and none may hide: no accounts, no keys, no settings. */
const systemFolders = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
const systemFiles = [
  '/etc/alternatives',
  '/etc/ca-certificates',
  '/etc/ld.so.cache',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/pki/tls/certs',
  '/etc/pki/ca-trust/extracted',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
];

async function rootArguments(): Promise<string[]> {
  return [
    ['--ro-bind', '/usr', '/usr'],
    ...(await Promise.all(systemFolders.map(systemFolder))),
    ...systemFiles.map((path) => ['--ro-bind-try', path, path]),
    ['--proc', '/proc', '--dev', '/dev'],
  ].flat();
}

/** Where they are links into /usr, they are links inside too. */
async function systemFolder(path: string): Promise<string[]> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return [];
  return found.isSymbolicLink() ? ['--symlink', await readlink(path), path] : ['--ro-bind', path, path];
}

/** Bound from where they were found to lie: a link that is led elsewhere meanwhile leads no program there. */
function shownArguments(readable: readonly ReadableFolder[], program: Program): string[] {
  const names = readable.map(({ path }) => path);
  return [...readable.map(({ path, real }) => ['--ro-bind-try', real, path]), programArguments(program, names)].flat();
}

/** A program outside the system's folders is shown alone: what lies beside it may be anything. */
function programArguments({ path, file }: Program, readable: readonly string[]): string[] {
  const shown = ['/usr', ...systemFolders, ...readable];
  return shown.some((folder) => path.startsWith(`${folder}/`)) ? [] : ['--ro-bind', file, path];
}

function folderArguments({ isolation }: IsolatedCommand, mountPoint: string): string[] {
  if (isolation.filesystem !== 'scratch') return ['--dir', '/tmp', '--chdir', '/'];
  return [
    ['--bind', `${mountPoint}/tmp`, '/tmp', '--chdir', '/tmp'],
    ['--bind', `${mountPoint}/shm`, '/dev/shm'],
  ].flat();
}

/** What a program finds if its author names nothing. */
const environmentDefault: Readonly<Record<string, string>> = {
  HOME: '/tmp',
  LANG: 'C.UTF-8',
  PATH: '/usr/local/bin:/usr/bin:/bin',
};

function environmentArguments({ env }: IsolatedCommand): string[] {
  return Object.entries({ ...environmentDefault, ...env }).flatMap(([name, value]) => ['--setenv', name, value]);
}
