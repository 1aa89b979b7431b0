import { memoryToolId } from '../../src/manifest/memory-tools.ts';
import type { Bundle } from '../../src/manifest/bundle.ts';
import type { Exchange, Memories, Message } from '../../src/memory/memory.ts';
import type { Authority } from '../../src/policy/authority.ts';
import type { Travel } from './memory-executor.ts';

/** Sessions that are nobody's process: what was appended is kept, whoever appended it is dead or not. */
export class SimulatedMemories {
  readonly #sessions = new Map<string, Exchange[]>();

  /** How a process reaches them: each request and each answer may be lost. */
  seenFrom(travel: Travel): Memories & { readonly sweep: () => Promise<void> } {
    return {
      open: ({ memory }) => ({
        history: ({ agent, session }, limit) =>
          travel('history', () => this.#history(`${memory} ${agent} ${session}`, limit)),
        append: ({ agent, session }, exchange) =>
          travel('append', () => this.#append(`${memory} ${agent} ${session}`, exchange)),
        longTerm: undefined,
      }),
      sweep: () => Promise.resolve(),
    };
  }

  /** How many exchanges a place of a run left. */
  exchangesOf(run: string, place: string): number {
    const all = [...this.#sessions.values()].flat();
    return all.filter((exchange) => exchange.run === run && exchange.place === place).length;
  }

  #history(key: string, limit: number): readonly Message[] {
    return (this.#sessions.get(key) ?? []).flatMap(({ messages }) => messages).slice(-limit);
  }

  #append(key: string, exchange: Exchange): void {
    const kept = this.#sessions.get(key) ?? [];
    if (kept.some(({ run, place }) => run === exchange.run && place === exchange.place)) return;
    this.#sessions.set(key, [...kept, exchange]);
  }
}

/** Lets the agents of a bundle that have a memory go on with their sessions. */
export function withSessions(authority: Authority, { agents }: Bundle): Authority {
  const subjects = { ...authority.subjects };
  for (const [name, { memory }] of Object.entries(agents)) {
    const subject = `Agent/${name}`;
    const row = subjects[subject];
    if (memory === undefined || row === undefined) continue;
    const session = { [memoryToolId(memory.memory, 'session')]: { kind: 'allow', rule: subject } } as const;
    subjects[subject] = { ...row, tools: { ...row.tools, ...session } };
  }
  return { ...authority, subjects };
}
