import type { Memory } from './memory.ts';

/** What the memory tools of one call reach: the memories of its run's environment, in the name of who calls. */
export interface MemoryAccess {
  /** Undefined: the bundle does not hold it. */
  readonly open: (memory: string) => OpenMemory | undefined;
  /** Who calls: `Agent/ns/name`, or `AgentSystem/ns/name` for a tool node. */
  readonly caller: string;
  readonly run: string;
}

export interface OpenMemory {
  readonly memory: Memory;
  /** How many entries a search gives that does not say. */
  readonly topK: number;
  /** One vector for each text, by the embedding model of the memory, through the gate. */
  readonly embed: (texts: readonly string[]) => Promise<Embedded>;
}

export type Embedded =
  | { readonly kind: 'done'; readonly vectors: readonly (readonly number[])[] }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly retryable: boolean };
