import { readFile, readlink } from 'node:fs/promises';
import { TerminalError } from '../../errors.ts';
import { startedAt } from './engine.ts';

/** A process, as this machine knows it. */
export interface Holder {
  readonly pid: number;
  /** Numbers are used again; with this it is one process and no other. */
  readonly start: string;
}

/** What a process of a number should be. */
interface Expected {
  /** As `/proc` has it. */
  readonly argv: readonly string[];
  /** The engine's name of the container. */
  readonly container: string;
}

/**
 * The process of that number, where it is what holds a container's network. An engine on another machine, or in another
 * namespace of processes, gives numbers that mean somebody else here, whose network may be the worker's own.
 */
export async function holderAt(pid: number, expected: Expected): Promise<Holder | undefined> {
  const start = startedAt(pid);
  if (start === undefined || !(await isExpected(pid, expected))) return undefined;
  return startedAt(pid) === start ? { pid, start } : undefined;
}

/** Rejects with `isolation.unavailable` where what was entered may have been another's network. */
export function assertSame({ pid, start }: Holder): void {
  if (startedAt(pid) !== start)
    throw new TerminalError('What held the network of the container ended while the worker entered there.', {
      code: 'isolation.unavailable',
      help: 'Try again; if it stays, look at the log of the container engine of the worker.',
    });
}

async function isExpected(pid: number, { argv, container }: Expected): Promise<boolean> {
  const [command, groups, ownGroups, theirs, own] = await Promise.all([
    readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined),
    readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => ''),
    readFile('/proc/self/cgroup', 'utf8').catch(() => ''),
    readlink(`/proc/${pid}/ns/net`).catch(() => undefined),
    readlink('/proc/self/ns/net').catch(() => undefined),
  ]);
  if (command !== argv.map((part) => `${part}\0`).join('')) return false;
  // Where it may not be read it may not be entered either, and who tries is told why.
  if (own === undefined || theirs === own) return false;
  // Engines name the group after the container, where they make one.
  const named = groups === ownGroups ? null : groups.match(/[0-9a-f]{64}/g);
  return named === null || named.includes(container);
}
