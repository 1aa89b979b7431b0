import type { Rules } from './rules.ts';
import type { JsonObject } from './json.ts';
import type { OverrideLayer } from './override-layer.ts';
import type { Problem } from './problem.ts';

/** The kinds that an environment holds, in the order a plan lists them. */
export const kinds = [
  'Defaults',
  'Secret',
  'Guard',
  'Gateway',
  'ModelEndpoint',
  'Memory',
  'PromptLibrary',
  'McpServer',
  'Tool',
  'AgentRole',
  'ToolPermission',
  'AgentPolicy',
  'Agent',
  'AgentSystem',
  'Workforce',
  'Task',
  'TaskSchedule',
  'TaskWebhook',
  'WorkerPool',
  'AlertReceiver',
  'AlertRule',
  'Eval',
] as const;

export type Kind = (typeof kinds)[number];

export interface Identity {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

/** `Kind/namespace/name`, the one spelling of an identity in plans, tables, URLs and messages. */
export type Address = string;

export function addressOf(identity: Identity): Address {
  return `${identity.kind}/${identity.namespace}/${identity.name}`;
}

/** A position in a file of the repository; line and column are 1-based. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A manifest once identified, defaulted and resolved. */
export interface Resource extends Identity {
  readonly address: Address;
  /**
   * `{apiVersion, kind, metadata, spec}` with Defaults and the schema's own filled in, `status` removed, prompt and
   * script read in (`spec.prompt`, `spec.script` in place of `spec.promptFile`, `spec.promptRef`, `spec.scriptFile`),
   * fragments of the prompt taken in.
   */
  readonly manifest: JsonObject;
  /** SHA-256, lower-case hex, of the RFC 8785 canonical JSON of `manifest`. */
  readonly digest: string;
  readonly place: Place;
}

/** One entry of `pawl.yaml`'s `ownership`: what the files at one path may declare. */
export interface Ownership {
  /** As trees are asked: `''` is the root. */
  readonly path: string;
  readonly namespaces?: readonly string[];
  readonly kinds?: readonly string[];
  readonly place: Place;
}

/** One entry of `pawl.yaml`'s `environments`. */
export interface EnvironmentSettings {
  readonly name: string;
  readonly branch: string;
  /** Folders or files, relative to the repository's root; patches in later ones are merged into earlier ones. */
  readonly paths: readonly string[];
  /** Where each of the paths is written. */
  readonly pathPlaces?: readonly Place[];
  /** When present, the only namespaces whose resources the environment may hold. */
  readonly namespaces?: readonly string[];
  readonly apply: 'auto' | 'manual';
  /** What becomes of rows that are not what the revision says; absent: `alert`. */
  readonly drift?: 'alert' | 'heal';
  /** Which folders may declare what: the same for all environments of the file. */
  readonly ownership?: readonly Ownership[];
  /** Names of the groups of `pawl.yaml`: the same for all environments of the file. */
  readonly groups?: readonly string[];
  /** Who acknowledges what, who owns what, when a plan is refused: as this commit has it. */
  readonly rules?: Rules;
  /** Who hears of its alerts, and where that is written. */
  readonly alertPlaces?: readonly { readonly receiver: string; readonly place: Place }[];
  /** What hands hold over what its files say, oldest first; not of `pawl.yaml`. */
  readonly overrides?: readonly OverrideLayer[];
  /** What `pawl.yaml` asks for it and this build cannot honour; absent: nothing. No plan of it is applied. */
  readonly problems?: readonly Problem[];
}

/** All resources of one environment at one commit, validated and resolved. */
export interface Snapshot {
  readonly environment: EnvironmentSettings;
  /** Commit id, or `working-copy` for uncommitted files, which can be planned and never applied. */
  readonly commit: string;
  /** Git tree id of the repository's root at the commit. */
  readonly tree: string;
  /** In address order. Only resources without errors are here. */
  readonly resources: ReadonlyMap<Address, Resource>;
  /** `rootOf(resources)`. */
  readonly root: string;
  /** Sorted; a snapshot with an error among them is never applied. */
  readonly problems: readonly Problem[];
}
