import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a running `pawl up` can be found: an address and a token, in the repository's `.pawl`. */
export interface ServerFile {
  readonly address: string;
  readonly pid: number;
  readonly version: string;
}

const serverName = 'server.json';
const tokenName = 'token';

export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Writes the token, readable by its owner alone, and then the address: who finds the address finds the token. */
export async function writeServerFile(directory: string, server: ServerFile, token: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeWhole(join(directory, tokenName), `${token}\n`);
  await writeWhole(join(directory, serverName), `${JSON.stringify(server)}\n`);
}

/** Removes both files, unless another server has written its own over them. */
export async function removeServerFile(directory: string, pid: number): Promise<void> {
  const found = await readServerFile(directory);
  if (found !== undefined && found.pid !== pid) return;
  await rm(join(directory, serverName), { force: true });
  await rm(join(directory, tokenName), { force: true });
}

/** The running server and its token; undefined where there is none, or its process is gone. */
export async function findServer(directory: string): Promise<(ServerFile & { readonly token: string }) | undefined> {
  const server = await readServerFile(directory);
  if (server === undefined || !isAlive(server.pid)) return undefined;
  const token = await readOrNothing(join(directory, tokenName));
  return token === undefined ? undefined : { ...server, token: token.trim() };
}

async function readServerFile(directory: string): Promise<ServerFile | undefined> {
  const text = await readOrNothing(join(directory, serverName));
  return text === undefined ? undefined : parseServerFile(text);
}

function parseServerFile(text: string): ServerFile | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { address, pid, version } = value as Record<string, unknown>;
    // Only the loopback address is ever written, and a file that says otherwise would be sent the token.
    if (typeof address !== 'string' || !/^http:\/\/127\.0\.0\.1:\d{1,5}$/.test(address)) return undefined;
    if (typeof pid !== 'number' || typeof version !== 'string') return undefined;
    return { address, pid, version };
  } catch {
    // Half a file from a full disk is no server.
    return undefined;
  }
}

async function readOrNothing(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeWhole(file: string, content: string): Promise<void> {
  const aside = `${file}.${process.pid}.new`;
  await writeFile(aside, content, { mode: 0o600 });
  await rename(aside, file);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to another user, whose token file cannot be read either.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
