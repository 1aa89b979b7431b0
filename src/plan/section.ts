import type { Address, Place } from '../manifest/resource.ts';
import type { HiddenCharacter } from './hidden-characters.ts';
import type { TextLine } from './lines.ts';

/**
 * What a reviewer looks at besides fields: graphs, prompts, models, destinations, secrets. Pure, from the two sides.
 * Lists are sorted and bounded: `more…` says how many entries a list leaves out; absent: none.
 */
export interface Sections {
  readonly graphs: readonly GraphChange[];
  readonly prompts: readonly PromptChange[];
  readonly models: readonly ModelChange[];
  readonly egress: readonly ReachChange[];
  readonly secrets: readonly ReachChange[];
  readonly more?: Readonly<Partial<Record<'graphs' | 'prompts' | 'models' | 'egress' | 'secrets', number>>>;
}

export type Fate = 'added' | 'removed' | 'changed' | 'same';

/** A system whose graph, entries or limits change; one whose agents alone change is not among them. */
export interface GraphChange {
  readonly system: Address;
  readonly place: Place;
  /** Of the system. */
  readonly fate: 'added' | 'removed' | 'changed';
  /** Both sides' nodes by name, and edges by where they begin, each with what becomes of it. */
  readonly nodes: readonly GraphNodeChange[];
  readonly edges: readonly GraphEdgeChange[];
  /** Where a run starts. */
  readonly entries: { readonly before: readonly string[]; readonly after: readonly string[] };
  /** Of the graph as a whole: `limits.maxTurns`, `output`, `concurrency.limit`. */
  readonly settings: readonly SettingChange[];
}

export type GraphNodeKind = 'agent' | 'tool' | 'system' | 'human' | 'value';

export interface GraphNodeChange {
  readonly name: string;
  readonly kind: GraphNodeKind;
  /** `namespace/name` of what the node runs; empty for a human, and for a node that only gives its input on. */
  readonly target: string;
  readonly fate: Fate;
  /** What it ran before, where that changes. */
  readonly was?: { readonly kind: GraphNodeKind; readonly target: string };
  /** The name that a node with the same target, settings and edges had before. */
  readonly renamedFrom?: string;
  /** What else of it changes: `join.mode`, `loop.maxTurns`, `review.approvers`, `input`. */
  readonly settings?: readonly SettingChange[];
}

export interface GraphEdgeChange {
  readonly from: string;
  /** A node, or `end`. */
  readonly to: string;
  readonly when: string | undefined;
  /** Taken when no other edge of the node is. */
  readonly default: boolean;
  readonly fate: Fate;
  /** The edge between the same nodes that it takes the place of. */
  readonly was?: { readonly when: string | undefined; readonly default: boolean };
}

/** One value, as text for people; undefined: not there. A sensitive one is `(sensitive)`. */
export interface SettingChange {
  readonly field: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * Which text a model is shown: an agent's prompt with its fragments, a tool's description, what the schema of a tool's
 * arguments or of an agent's answer says in words.
 */
export type PromptText = 'prompt' | 'description' | 'inputSchema' | 'outputSchema';

export interface PromptChange {
  /** The Agent or the Tool. */
  readonly address: Address;
  readonly text: PromptText;
  readonly place: Place;
  readonly fate: 'added' | 'removed' | 'changed';
  /** Agents whose model is shown it: the agent itself, or those that list the tool. */
  readonly agents: readonly Address[];
  readonly moreAgents?: number;
  /** Sentence by sentence, unchanged ones only as context. Hidden characters are written out: `\u{202e}`. */
  readonly lines: readonly PromptLine[];
  readonly moreLines?: number;
  /** Estimated tokens; 0: no text. */
  readonly tokens: { readonly before: number; readonly after: number };
  /** Invisible and bidirectional characters that the change brings, by code point; the first of them. */
  readonly hidden: readonly HiddenCharacter[];
  readonly moreHidden?: number;
}

export interface PromptLine extends TextLine {
  /** So many unchanged sentences stand here and are left out; `text` is empty then. */
  readonly skipped?: number;
}

/** What answers agents that answered them before, and now does so in another way. */
export interface ModelChange {
  readonly endpoint: Address;
  /** The endpoint that these agents had before, where it was another one. */
  readonly was?: Address;
  readonly place: Place;
  /** Those that have it on both sides of the change, or come to it from `was`. */
  readonly agents: readonly Address[];
  readonly moreAgents?: number;
  /** e.g. `provider`, `model`, `parameters.temperature`, `pricing.inputPerMTok`; prices are in micro-USD. */
  readonly fields: readonly SettingChange[];
}

/** A host that calls of a subject reach, or a key of a Secret that they read, newly or no longer. */
export interface ReachChange {
  /** A host as `egress.hosts` writes it (`api.example.com`, `*.example.com`, `http://…:8080`), or `Secret/ns/name#key`. */
  readonly name: string;
  readonly fate: 'added' | 'removed';
  /** Tools, endpoints, servers and others that reach it. */
  readonly through: readonly Address[];
  readonly moreThrough?: number;
  /** Agents, and systems by their tool nodes, whose calls go there; empty: something that no agent calls. */
  readonly subjects: readonly Address[];
  readonly moreSubjects?: number;
  /** The systems in which these subjects run. */
  readonly systems: readonly Address[];
  readonly moreSystems?: number;
}

export const noSections: Sections = { graphs: [], prompts: [], models: [], egress: [], secrets: [] };
