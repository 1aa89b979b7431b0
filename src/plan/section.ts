import type { Address, Place } from '../manifest/resource.ts';
import type { TextLine } from './lines.ts';

/** What a reviewer looks at besides fields: graphs, prompts, models, destinations, secrets. Pure, from the two sides. */
export interface Sections {
  readonly graphs: readonly GraphChange[];
  readonly prompts: readonly PromptChange[];
  readonly models: readonly ModelChange[];
  readonly egress: readonly ReachChange[];
  readonly secrets: readonly ReachChange[];
}

export interface GraphChange {
  readonly system: Address;
  /** Both sides' nodes and edges, each with what becomes of it; an edge from `start` leads to an entry. */
  readonly nodes: readonly GraphNodeChange[];
  readonly edges: readonly GraphEdgeChange[];
}

export type Fate = 'added' | 'removed' | 'changed' | 'same';

export interface GraphNodeChange {
  readonly name: string;
  readonly kind: 'agent' | 'tool' | 'system' | 'human';
  /** `namespace/name` of what the node runs; empty for a human. */
  readonly target: string;
  readonly fate: Fate;
}

export interface GraphEdgeChange {
  readonly from: string;
  readonly to: string;
  readonly when: string | undefined;
  readonly fate: Fate;
}

export interface PromptChange {
  readonly agent: Address;
  readonly place: Place;
  /** Sentence by sentence, unchanged ones only as context. Hidden characters are written out. */
  readonly lines: readonly TextLine[];
  /** Estimated tokens; 0: no prompt. */
  readonly tokens: { readonly before: number; readonly after: number };
  /** Invisible and bidirectional characters that the change brings, e.g. `U+202E` with its count. */
  readonly hidden: readonly { readonly character: string; readonly count: number }[];
}

export interface ModelChange {
  readonly endpoint: Address;
  readonly agents: readonly Address[];
  /** e.g. `provider`, `model`, `parameters.temperature`. */
  readonly fields: readonly { readonly field: string; readonly before: string; readonly after: string }[];
}

/** A host that tools or models of a subject reach, or a key of a Secret that a call can read, newly or no longer. */
export interface ReachChange {
  /** A host name, or `Secret/ns/name#key`. */
  readonly name: string;
  readonly fate: 'added' | 'removed';
  /** Tools, endpoints and servers that reach it. */
  readonly through: readonly Address[];
  /** Agents and systems that may call those. */
  readonly subjects: readonly Address[];
}

export const noSections: Sections = { graphs: [], prompts: [], models: [], egress: [], secrets: [] };
