import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodes, TerminalError } from '../errors.ts';
import { lockPath } from '../manifest/file-name.ts';
import { parseLock, type PinnedTool } from '../manifest/lock.ts';
import { didYouMean } from '../manifest/nearest.ts';
import type { Resource } from '../manifest/resource.ts';
import { shownText } from '../manifest/shown.ts';
import type { Lock as LockFile } from '../manifest/types.gen.ts';
import type { Definitions } from '../plan/pin-diff.ts';
import { type ServerAlone, serverAlone } from '../policy/server-alone.ts';
import { pathOf, specOf } from '../policy/typed.ts';

export interface McpOptions {
  readonly servers: readonly string[];
  readonly env?: string;
  readonly output: string;
}

/** A server that is to be asked for its tools. */
export interface ServerAsked {
  readonly resource: Resource;
  readonly alone: ServerAlone;
  /** What its owner says that its tools do. */
  readonly operation: string;
}

/** The servers that a command names, and the lock file as it is. */
export interface ServerState {
  readonly root: string;
  readonly asked: readonly ServerAsked[];
  readonly text: string | undefined;
  readonly lock: LockFile | undefined;
  /** By server. */
  readonly pinned: ReadonlyMap<string, Definitions>;
}

/** Reads the working copy; that pins are missing or stale is no hindrance to making them. */
export async function serversAsked(root: string, { servers, env }: McpOptions): Promise<ServerState> {
  const { snapshotOfFiles } = await import('../controller/description.ts');
  const { WorkingCopy } = await import('../source/working-copy.ts');
  const { resources, problems } = await snapshotOfFiles(new WorkingCopy({ root }), env);
  const known = [...resources.values()].filter(({ kind }) => kind === 'McpServer');
  const text = await readFile(join(root, lockPath), 'utf8').catch((error: unknown) => absentWhere(error));
  const lock = text === undefined ? undefined : lockIn(text);
  const asked = servers.map((name) => {
    const resource = known.find((one) => pathOf(one) === name) ?? only(known.filter((one) => one.name === name));
    const wrong = problems.find(
      ({ address, code, severity, blocks }) =>
        address === resource?.address && !code.startsWith('pin.') && (severity === 'error' || blocks === 'apply'),
    );
    if (wrong !== undefined) throw refused(`${wrong.file}:${wrong.line}: ${wrong.message}`, wrong.code);
    if (resource === undefined) throw unknownServer(name, known);
    const { defaults } = specOf(resource, 'McpServer');
    return { resource, alone: serverAlone(resource, resources), operation: defaults.operation };
  });
  const pinned = Object.entries(lock?.servers ?? {}).map(
    ([server, { tools }]) => [server, definitionsOf(new Map(Object.entries(tools)))] as const,
  );
  return { root, asked, text, lock, pinned: new Map(pinned) };
}

export function definitionsOf(
  tools: ReadonlyMap<string, { readonly definition: PinnedTool['definition'] }>,
): Definitions {
  return Object.fromEntries(Array.from(tools, ([name, { definition }]) => [name, definition]));
}

function only(found: readonly Resource[]): Resource | undefined {
  return found.length === 1 ? found[0] : undefined;
}

function lockIn(text: string): LockFile {
  const { lock, problems } = parseLock({ path: lockPath, bytes: Buffer.from(text) });
  const [first] = problems;
  if (lock === undefined || first?.severity === 'error')
    throw refused(
      `${lockPath}:${first?.line ?? 1}: ${first?.message ?? 'The file cannot be read.'}`,
      first?.code ?? 'lock.digest',
    );
  return lock.file;
}

function absentWhere(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

function refused(message: string, code: string): TerminalError {
  return new TerminalError(message, {
    code,
    help: 'Run `pawl validate`, and mend that first.',
    exit: exitCodes.findings,
  });
}

function unknownServer(name: string, known: readonly Resource[]): TerminalError {
  const help =
    didYouMean(name, known.map(pathOf)) ??
    didYouMean(
      name,
      known.map((one) => one.name),
    );
  return new TerminalError(`There is no McpServer "${shownText(name)}".`, {
    code: 'resource.not_found',
    help: help ?? 'Name one that the files of the environment declare, as `name` or `namespace/name`.',
  });
}
