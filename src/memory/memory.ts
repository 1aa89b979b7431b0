import type { BundleMemory } from '../manifest/bundle-memory.ts';
import type { Json } from '../manifest/json.ts';
import type { EmbeddedBy } from './embedding.ts';
import type { MemoryReach } from './reach.ts';

/** Where memories are: pawl's database, this process or a service, as each Memory says. */
export interface Memories {
  /** `reach`: how a service may be asked, where the memory is one. */
  open(name: MemoryName, memory: BundleMemory, reach: MemoryReach): Memory;
}

export interface MemoryName {
  readonly environment: string;
  /** `namespace/name`. */
  readonly memory: string;
}

/** One Memory: sessions, and what is kept beyond them where it says so. */
export interface Memory {
  /** The newest messages of a session, the oldest of them first; none when it has expired. */
  history(session: Session, limit: number): Promise<readonly Message[]>;
  /** Appends once for each run and place, however often it is called. */
  append(session: Session, exchange: Exchange): Promise<void>;
  /** Undefined: it remembers sessions alone. */
  readonly longTerm: LongTerm | undefined;
}

export interface Session {
  /** `namespace/name` of the Agent. */
  readonly agent: string;
  readonly session: string;
}

export interface Message {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

export interface Exchange {
  readonly run: string;
  readonly place: string;
  readonly messages: readonly Message[];
  readonly ttlMs: number;
  readonly maxMessages: number;
}

/** Entries by key, of all agents that use the Memory. */
export interface LongTerm {
  /** By what its texts are embedded; absent, or undefined: by nothing, and a search goes by words. */
  embedding?(): Promise<EmbeddedBy | undefined>;
  read(key: string): Promise<Entry | undefined>;
  /** Keeps it in place of what was there; the same call again changes nothing. */
  write(entry: NewEntry): Promise<void>;
  search(query: Query): Promise<readonly Found[]>;
  list(request: {
    readonly prefix: string;
    readonly after: string;
    readonly limit: number;
  }): Promise<readonly Listed[]>;
}

export interface Entry {
  readonly key: string;
  readonly value: Json;
  /** Who wrote it last: `Agent/ns/name`. */
  readonly writtenBy: string;
  /** ISO 8601, in UTC. */
  readonly writtenAt: string;
}

export interface NewEntry {
  readonly key: string;
  /** One value, or the parts of a document. */
  readonly chunks: readonly {
    readonly value: Json;
    readonly text: string;
    /** Of a memory with `embedding`. */
    readonly vector?: Float32Array | undefined;
  }[];
  /** The same for every attempt at one call. */
  readonly call: string;
  readonly writtenBy: string;
  readonly run: string;
}

export interface Query {
  readonly text: string;
  readonly topK: number;
  /** Of a memory with `embedding`. */
  readonly vector?: Float32Array | undefined;
}

export interface Found extends Entry {
  readonly score: number;
  /** Of a memory that is searched by meaning: what was embedded by nothing, or by another model, is found by words. */
  readonly by?: 'meaning' | 'words';
}

export type Listed = Omit<Entry, 'value'>;
