import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { exitCodes, TerminalError } from '../errors.ts';

export interface Lock {
  release(): Promise<void>;
}

/** Who holds a lock. The start time tells a process from a later one with the same number. */
interface Holder {
  readonly nonce: string;
  readonly pid: number;
  readonly start: string | undefined;
  readonly host: string;
  readonly since: string;
}

const takeoverRounds = 32;

/**
 * Takes the lock file at `path`, or throws `store.locked`.
 *
 * A lock appears whole (written aside, then linked). The lock of a dead process is replaced by whoever creates its
 * claim, `<path>.<nonce of the dead holder>`: one process alone can, so the replacing rename cannot hit a lock that
 * a third one has just taken. A claimant that dies is claimed the same way.
 */
export async function takeLock(path: string): Promise<Lock> {
  const me = await thisProcess();
  const aside = `${path}.${me.nonce}.new`;
  await writeFile(aside, `${JSON.stringify(me)}\n`, { mode: 0o600 });
  try {
    for (let round = 0; round < takeoverRounds; round += 1) {
      if (await linked(aside, path)) return { release: () => release(path, me) };
      const holder = await read(path);
      if (holder === undefined) continue;
      if (await isAlive(holder)) throw locked(path, holder);
      if (await takenOver(path, holder, aside)) return { release: () => release(path, me) };
    }
    throw new TerminalError(`The lock ${path} changed hands too often to be taken.`, { code: 'store.locked' });
  } finally {
    await rm(aside, { force: true });
  }
}

async function takenOver(path: string, dead: Holder, aside: string): Promise<boolean> {
  const claims: string[] = [];
  for (let last = dead; claims.length < takeoverRounds; ) {
    const claim = `${path}.${last.nonce}`;
    claims.push(claim);
    if (await linked(aside, claim)) break;
    const claimant = await read(claim);
    if (claimant === undefined) return false;
    if (await isAlive(claimant)) throw locked(path, claimant);
    last = claimant;
  }
  // Our claim may be younger than a takeover that is already over: then the lock is another's by now.
  const mine = claims.at(-1);
  if ((await read(path))?.nonce !== dead.nonce) {
    if (mine !== undefined) await rm(mine, { force: true });
    return false;
  }
  await rename(await copyOf(aside), path);
  for (const claim of claims) await rm(claim, { force: true });
  return true;
}

/** A second name of the same file, because a rename between two names of one file does nothing. */
async function copyOf(aside: string): Promise<string> {
  const copy = `${aside}.copy`;
  await writeFile(copy, await readFile(aside), { mode: 0o600 });
  return copy;
}

async function release(path: string, me: Holder): Promise<void> {
  if ((await read(path))?.nonce === me.nonce) await rm(path, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function read(path: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  return parseHolder(text) ?? unreadable(path);
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { nonce, pid, start, host, since } = value as Record<string, unknown>;
    if (typeof nonce !== 'string' || typeof pid !== 'number' || typeof host !== 'string') return undefined;
    return { nonce, pid, start: typeof start === 'string' ? start : undefined, host, since: String(since) };
  } catch {
    // Not JSON: not written by pawl, which the caller says.
    return undefined;
  }
}

function unreadable(path: string): never {
  throw new TerminalError(`${path} is not a lock that pawl wrote.`, {
    code: 'store.locked',
    help: 'Make sure that no pawl uses this folder, then delete the file.',
    exit: exitCodes.conflict,
  });
}

function locked(path: string, holder: Holder): TerminalError {
  const here = holder.host === hostname();
  const who = `process ${holder.pid}${here ? '' : ` on ${holder.host}`}, since ${holder.since}`;
  const help = here
    ? 'Use the running pawl, stop it, or set DATABASE_URL to a PostgreSQL server, which serves many processes.'
    : `Stop it there; if ${holder.host} is gone, delete ${path}.`;
  return new TerminalError(`The embedded database ${path.replace(/\.lock$/, '')} is in use by ${who}.`, {
    code: 'store.locked',
    help,
    exit: exitCodes.conflict,
  });
}

async function thisProcess(): Promise<Holder> {
  const start = (await statOf(process.pid))?.start;
  return { nonce: randomUUID(), pid: process.pid, start, host: hostname(), since: new Date().toISOString() };
}

/** Another machine's process cannot be seen, so it counts as alive. */
async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  const stat = await statOf(holder.pid);
  if (stat === undefined) return true;
  const isZombie = stat.state === 'Z' || stat.state === 'X';
  return !isZombie && (holder.start === undefined || holder.start === stat.start);
}

async function statOf(pid: number): Promise<{ state: string | undefined; start: string | undefined } | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // No /proc here: the process number alone has to do.
    return undefined;
  }
  // The name, in parentheses, may hold spaces: fields are counted after it. Field 3 is the state, 22 the start time.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], start: fields[19] };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
