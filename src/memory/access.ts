import type { Embed } from './embedding.ts';
import type { Memory } from './memory.ts';

/** What the memory tools of one call reach: the memories of its run's environment, in the name of who calls. */
export interface MemoryAccess {
  /** Undefined: the bundle does not hold it. */
  readonly open: (memory: string) => OpenMemory | undefined;
  /** Who calls: `Agent/ns/name`, or `AgentSystem/ns/name` for a tool node. */
  readonly caller: string;
  readonly run: string;
  /** Aborts when the call has to stop. */
  readonly signal: AbortSignal;
  readonly embed: Embed;
}

export interface OpenMemory {
  readonly memory: Memory;
  /** How many entries a search gives that does not say. */
  readonly topK: number;
}
