import type { Exchange, Memory, MemoryName, Message, Session } from './memory.ts';

/** More sessions than a laptop has; the one that was used least recently goes first. */
const sessionsMax = 10_000;

interface Kept {
  /** Each with the run and place that it came from. */
  messages: readonly (Message & { readonly from: string })[];
  expiresAtMs: number;
}

/**
 * Sessions in this process: lost when it ends, and not shared with any other worker. For a laptop and for tests, where
 * one process does all the work.
 */
export class ProcessMemories {
  readonly #sessions = new Map<string, Kept>();
  readonly #now: () => number;

  /** The clock is the process's own, as everything of it is. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  open(name: MemoryName): Memory {
    return {
      history: async (session, limit) => this.#history(keyOf(name, session), limit),
      append: async (session, exchange) => this.#append(keyOf(name, session), exchange),
      longTerm: undefined,
    };
  }

  #history(key: string, limit: number): readonly Message[] {
    const kept = this.#sessions.get(key);
    if (kept === undefined || kept.expiresAtMs <= this.#now() || limit <= 0) return [];
    return kept.messages.slice(-limit).map(({ role, text }) => ({ role, text }));
  }

  #append(key: string, { run, place, messages, ttlMs, maxMessages }: Exchange): void {
    const known = this.#sessions.get(key);
    const isFresh = known !== undefined && known.expiresAtMs > this.#now();
    const kept: Kept = isFresh ? known : { messages: [], expiresAtMs: 0 };
    const from = `${run} ${place}`;
    if (kept.messages.some((message) => message.from === from)) return;
    kept.messages = [...kept.messages, ...messages.map((message) => ({ ...message, from }))].slice(-maxMessages);
    kept.expiresAtMs = this.#now() + ttlMs;
    this.#sessions.delete(key);
    this.#sessions.set(key, kept);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > sessionsMax && oldest !== undefined) this.#sessions.delete(oldest);
  }
}

function keyOf({ environment, memory }: MemoryName, { agent, session }: Session): string {
  return JSON.stringify([environment, memory, agent, session]);
}
