import type { Json, JsonObject } from './json.ts';

/**
 * Raised whenever the meaning of a bundle's fields changes; a worker refuses a schema it does not know, and knows all
 * before its own. A bundle has the lowest that says what it means: what an older worker can run it may run.
 *
 * 1: the first. 2: braces in a prompt have a meaning, and agents have inputs.
 */
export const engineSchema = 2;

/** The compiled content of one AgentSystem at one revision: what a run keeps from start to end. */
export interface Bundle {
  readonly engineSchema: number;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly input: { readonly schema?: JsonObject };
  /** In the order of the manifest's keys sorted by code unit. */
  readonly nodes: Readonly<Record<string, BundleNode>>;
  /** Nodes without incoming edges: where a run starts. */
  readonly entries: readonly string[];
  /** Expressions (`${ … }` inside) over `input` and `nodes.<n>.output`; absent: the outputs of the last nodes by name. */
  readonly output?: Json;
  readonly limits: { readonly maxTokens?: number; readonly timeoutMs: number };
  /** By `namespace/name`. */
  readonly agents: Readonly<Record<string, BundleAgent>>;
  readonly models: Readonly<Record<string, BundleModel>>;
  readonly tools: Readonly<Record<string, BundleTool>>;
  /** Secret references that tools and models use, by `namespace/name`: variables, paths or `age` ciphertexts by key. */
  readonly secrets: Readonly<
    Record<string, { readonly source: 'env' | 'file' | 'age'; readonly keys: Readonly<Record<string, string>> }>
  >;
}

export type BundleNode = {
  /** Literals, or strings holding `${ CEL }`. Absent: the run's input at an entry, else the joined outputs. */
  readonly input?: Json;
  readonly edges: readonly BundleEdge[];
  /** Nodes with an edge to this one. */
  readonly from: readonly string[];
} & ({ readonly kind: 'agent'; readonly agent: string } | { readonly kind: 'tool'; readonly tool: string });

export interface BundleEdge {
  /** A node's name, or `end`, which finishes the branch. */
  readonly to: string;
  /** CEL over `input`, `nodes.<n>.output`, `output` (this node's); absent: always true. */
  readonly when?: string;
  /** Taken when no other edge of the node is. */
  readonly default: boolean;
}

export interface BundleAgent {
  readonly model: string;
  /** Fragments taken in; `{{ name }}` stands for the value of an input and `\\{{` for two braces. */
  readonly prompt: string;
  /** The placeholders of the prompt. */
  readonly inputs?: Readonly<Record<string, BundleInput>>;
  /** Tools as offered to the model: name (the Tool's metadata.name) to `namespace/name`. */
  readonly tools: Readonly<Record<string, string>>;
  readonly limits: {
    readonly maxSteps: number;
    readonly maxToolCalls: number;
    readonly maxTokens?: number;
    readonly timeoutMs: number;
  };
  readonly output?: { readonly schema: JsonObject };
  readonly execution: { readonly onDeny: 'inform' | 'fail'; readonly maxDenials: number };
}

/** A value that a prompt shows, from the field of this name in the node's input. */
export interface BundleInput {
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object';
  readonly enum?: readonly Json[];
  readonly default?: Json;
  /** Whether a value must be given where there is no default; else nothing stands there. */
  readonly required: boolean;
}

export interface SecretUse {
  /** `namespace/name` of the Secret. */
  readonly secret: string;
  readonly key: string;
}

export interface BundleModel {
  readonly provider: 'scripted' | 'openaiCompatible';
  readonly model: string;
  readonly baseUrl?: string;
  readonly allowPrivate: boolean;
  readonly parameters: {
    readonly temperature?: number;
    readonly topP?: number;
    readonly maxOutputTokens: number;
    readonly stop?: readonly string[];
    readonly seed?: number;
  };
  readonly auth?: SecretUse;
  /** Micro-USD per million tokens. */
  readonly pricing?: { readonly inputPerMTok: number; readonly outputPerMTok: number };
  /** The parsed script of a `scripted` endpoint. */
  readonly script?: JsonObject;
}

export interface BundleTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  /** Sorted, never empty: `read`, `write`, `delete`, `execute`, `admin`. */
  readonly operations: readonly string[];
  readonly idempotent: boolean;
  readonly timeoutMs: number;
  readonly maxResultBytes: number;
  /** Micro-USD for one call, besides any model's tokens. */
  readonly costPerCall: number;
  readonly impl:
    | { readonly type: 'builtin'; readonly name: 'echo' | 'lookup'; readonly entries?: JsonObject }
    | {
        readonly type: 'http';
        readonly method: string;
        readonly url: string;
        readonly headers: Readonly<Record<string, string>>;
        readonly query: Readonly<Record<string, string>>;
        readonly body?: Json;
        readonly egress: { readonly hosts: readonly string[]; readonly allowPrivate: boolean };
        readonly auth?: {
          readonly profile: 'bearer' | 'apiKeyHeader' | 'basic';
          readonly secret: SecretUse;
          readonly headerName?: string;
        };
      };
}
