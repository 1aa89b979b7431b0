import { heardPush } from '../store/inbox.ts';
import type { Memory } from './memory.ts';
import type { ControlPlane } from './planning.ts';

/** How long after a poll found a commit its webhook may still come. */
const lateMs = 120_000;
/** How much earlier it may have come: a pass waits for its turn. */
const earlyMs = 300_000;

/**
 * Whether the forge tells of what is pushed: a commit that a poll found has a webhook of its repository beside it, or
 * webhooks do not arrive. Gives when to ask again, where that is not clear yet. A quiet branch says nothing of it.
 */
export async function listenForPushes(
  { database, forge }: Pick<ControlPlane, 'database' | 'forge'>,
  memory: Memory,
  now: number,
): Promise<number | undefined> {
  const repository = forge?.isHeard === true ? forge.name?.() : undefined;
  if (memory.foundAt === undefined || repository === undefined) return undefined;
  const waitedMs = now - memory.foundAt;
  const isHeard = await heardPush(database.db, repository, waitedMs + earlyMs);
  if (!isHeard && waitedMs < lateMs) return memory.foundAt + lateMs;
  memory.isUnheard = !isHeard;
  memory.foundAt = undefined;
  return undefined;
}
