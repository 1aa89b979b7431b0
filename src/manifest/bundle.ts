import type { BundleGateway } from './bundle-guard.ts';
import type { BundleMemory, BundleMemoryUse, MemoryOperation } from './bundle-memory.ts';
import type { BundleHuman, BundleReview } from './bundle-people.ts';
import type { BundleAuth, SecretUse } from './bundle-secret.ts';
import type { BundleServer, BundleWorldTool } from './bundle-world.ts';
import type { Json, JsonObject } from './json.ts';

/**
 * Raised whenever the meaning of a bundle's fields changes; a worker refuses a schema it does not know, and knows all
 * before its own. A bundle has the lowest that says what it means: what an older worker can run it may run.
 *
 * 1: the first. 2: braces in a prompt have a meaning, and agents have inputs. 3: graphs with joins, loops, lists, nested
 * systems, people and retries; agents that hand over, remember and fall back; providers of their own. 4: rules that ask,
 * watch data, hold conditions, share budgets and set floors. 5: tools that are programs, modules, people or of MCP
 * servers, and agents elsewhere. 6: memories in services. 7: memories that are searched by meaning.
 */
export const engineSchema = 7;

/** The graph of one AgentSystem, compiled: of the run's own, or of one that a node of it names. */
export interface BundleGraph {
  readonly input: { readonly schema?: JsonObject };
  /** In the order of the manifest's keys sorted by code unit. */
  readonly nodes: Readonly<Record<string, BundleNode>>;
  /** Where a run starts: nodes without incoming edges that nobody delegates to and no failure leads to. */
  readonly entries: readonly string[];
  /** Expressions (`${ … }` inside) over `input` and `nodes.<n>.output`; absent: the outputs of the last nodes by name. */
  readonly output?: Json;
  readonly limits: {
    readonly maxTokens?: number;
    /** Micro-USD. */
    readonly maxCost?: number;
    /** How often a cycle may begin again, where a `loop` does not say so itself. */
    readonly maxTurns?: number;
    readonly timeoutMs: number;
    /** Absent: reaching `maxTurns` fails. */
    readonly onLimit?: 'succeed';
  };
  /** The node that runs when the run fails. */
  readonly onFailure?: string;
}

/** The compiled content of one AgentSystem at one revision: what a run keeps from start to end. */
export interface Bundle extends BundleGraph {
  readonly engineSchema: number;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  /** Graphs of the systems that nodes name, however deep, by `namespace/name`. They run within the run. */
  readonly systems?: Readonly<Record<string, BundleGraph>>;
  /** By `namespace/name`: of nodes, delegates and summarizers, in any of the graphs. */
  readonly agents: Readonly<Record<string, BundleAgent>>;
  readonly models: Readonly<Record<string, BundleModel>>;
  readonly tools: Readonly<Record<string, BundleTool>>;
  readonly memories?: Readonly<Record<string, BundleMemory>>;
  /** MCP servers behind tools, by `namespace/name`. */
  readonly servers?: Readonly<Record<string, BundleServer>>;
  /** Secret references that tools, models and memories use, by `namespace/name`: variables, paths or `age` ciphertexts by key. */
  readonly secrets: Readonly<
    Record<
      string,
      { readonly source: 'env' | 'file' | 'age' | 'stored'; readonly keys: Readonly<Record<string, string>> }
    >
  >;
  /** Held when a run is submitted, by the newest revision. */
  readonly concurrency?: BundleConcurrency;
}

export interface BundleConcurrency {
  readonly limit: number;
  /** An expression over `input`; absent: one key for the system. */
  readonly key?: string;
  readonly policy: 'queue' | 'reject' | 'replace';
  readonly maxQueued?: number;
}

export type BundleNode = {
  /** Literals, or strings holding `${ CEL }`. Absent: the run's input at an entry, else the joined outputs. */
  readonly input?: Json;
  /** Those that the author wrote at this node, then those that others wrote with `dependsOn`. */
  readonly edges: readonly BundleEdge[];
  /** Nodes with an edge to this one, or whose failure leads to it. */
  readonly from: readonly string[];
  /** Absent: waits for all incoming forward edges, and fails with any that failed. */
  readonly join?: BundleJoin;
  /** An expression that gives a list: the node runs once for each item, and its output is the list of outputs. */
  readonly forEach?: string;
  /** Items in execution at once; absent: as many as there are. */
  readonly maxParallel?: number;
  /** Runs again, with its own last output as `output`, until the expression is true. */
  readonly loop?: { readonly until: string; readonly maxTurns: number };
  /** Nodes that work for this one: they run when it has ended, and it runs once more with their reports. */
  readonly delegates?: readonly string[];
  readonly review?: BundleReview;
  readonly retry?: BundleRetry;
  /** Of one turn of one item, all its attempts and the pauses between them included. */
  readonly timeoutMs?: number;
  /** Absent: the run fails. `back`: the node gone to dominates this one, so that another turn of it begins. */
  readonly onError?: 'continue' | { readonly goto: string; readonly back?: true };
} & (
  | { readonly kind: 'agent'; readonly agent: string }
  | { readonly kind: 'tool'; readonly tool: string }
  | { readonly kind: 'system'; readonly system: string }
  | { readonly kind: 'human'; readonly human: BundleHuman }
  /** Hands its input on. */
  | { readonly kind: 'value' }
);

export interface BundleEdge {
  /** A node's name, or `end`, which finishes the branch. */
  readonly to: string;
  /** CEL over `input`, `nodes.<n>.output`, `output` (this node's); absent: always true. */
  readonly when?: string;
  /** Taken when no other edge of the node is. */
  readonly default: boolean;
  /** Leads back to a node that dominates this one: it begins another turn and is no input to wait for. */
  readonly back?: true;
}

export interface BundleJoin {
  readonly mode: 'all' | 'any' | 'quorum';
  /** Quorum: how many inputs must have arrived, or how many of a hundred, rounded up. */
  readonly count?: number;
  readonly percent?: number;
  readonly onFailure: 'fail' | 'skip' | 'partial';
}

/** Kinds of failure that are worth another attempt: types, never text. */
export type RetryCause = 'timeout' | 'rateLimited' | 'unavailable' | 'error';

export interface BundleRetry {
  readonly maxAttempts: number;
  readonly backoff: {
    readonly initialMs: number;
    readonly maxMs: number;
    readonly multiplier: number;
    readonly jitter: 'full' | 'equal' | 'none';
  };
  /** Sorted. */
  readonly on: readonly RetryCause[];
}

export interface BundleAgent {
  /** The tool by which an agent elsewhere is called: it has no model, prompt or tool besides. Absent: pawl's own loop. */
  readonly external?: string;
  readonly model: string;
  /** Endpoints that are asked in this order when those before fail in a way that another may not. */
  readonly fallback?: readonly string[];
  /** Fragments taken in; `{{ name }}` stands for the value of an input and `\\{{` for two braces. */
  readonly prompt: string;
  /** The placeholders of the prompt. */
  readonly inputs?: Readonly<Record<string, BundleInput>>;
  /** Tools as offered to the model: name (the Tool's metadata.name) to `namespace/name`. */
  readonly tools: Readonly<Record<string, string>>;
  /** By the name offered: less time than the tool itself allows. */
  readonly toolTimeoutsMs?: Readonly<Record<string, number>>;
  /** Agents that this one may call or hand over to, by the name offered to the model. */
  readonly agents?: Readonly<Record<string, BundleHandOff>>;
  readonly memory?: BundleMemoryUse;
  readonly limits: {
    readonly maxSteps: number;
    readonly maxToolCalls: number;
    readonly maxTokens?: number;
    /** Micro-USD. */
    readonly maxCost?: number;
    readonly maxDelegationDepth?: number;
    readonly timeoutMs: number;
  };
  readonly output?: { readonly schema: JsonObject };
  readonly execution: {
    readonly onDeny: 'inform' | 'fail';
    readonly maxDenials: number;
    /** Absent: the model is asked again after its tools answered. */
    readonly toolUse?: 'stopOnFirst';
    /** Names offered that must have been called before an answer counts. */
    readonly requiredTools?: readonly string[];
    /** Absent: a call that repeats an earlier one is made. */
    readonly duplicateCalls?: 'reuse' | 'deny';
  };
  readonly compaction?: {
    readonly triggerTokens: number;
    readonly retainRecent: number;
    /** ModelEndpoint that writes the summary; absent: the agent's own. */
    readonly summarizer?: string;
  };
}

export interface BundleHandOff {
  /** `namespace/name` of the Agent. */
  readonly agent: string;
  readonly description: string;
  readonly interaction: 'toolCall' | 'transfer';
  /** `shared`: it remembers earlier calls of this step; `perCall`: it begins anew each time. */
  readonly isolation: 'shared' | 'perCall';
}

/** A value that a prompt shows, from the field of this name in the node's input. */
export interface BundleInput {
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object';
  readonly enum?: readonly Json[];
  readonly default?: Json;
  /** Whether a value must be given where there is no default; else nothing stands there. */
  readonly required: boolean;
}

export interface BundleModel {
  readonly provider:
    | 'openai'
    | 'anthropic'
    | 'azureOpenai'
    | 'google'
    | 'bedrock'
    | 'ollama'
    | 'openaiCompatible'
    | 'scripted';
  readonly model: string;
  readonly baseUrl?: string;
  readonly allowPrivate: boolean;
  readonly parameters: {
    readonly temperature?: number;
    readonly topP?: number;
    readonly maxOutputTokens: number;
    readonly reasoningEffort?: 'none' | 'minimal' | 'low' | 'medium' | 'high';
    readonly stop?: readonly string[];
    readonly seed?: number;
  };
  readonly auth?: SecretUse;
  /** Micro-USD per million tokens. */
  readonly pricing?: {
    readonly inputPerMTok: number;
    readonly outputPerMTok: number;
    readonly cachedInputPerMTok?: number;
  };
  readonly rateLimit?: { readonly requestsPerMinute?: number; readonly tokensPerMinute?: number };
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: { readonly ca: SecretUse };
  /** Absent: calls go to the provider. With it `baseUrl` and `allowPrivate` are the gateway's. */
  readonly gateway?: BundleGateway;
  readonly region?: string;
  readonly project?: string;
  readonly apiVersion?: string;
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
  /** Absent: medium. */
  readonly risk?: 'low' | 'high' | 'critical';
  /** What a call does with data; absent: what one of its type may do at worst. */
  readonly dataClass?: 'public' | 'privateRead' | 'untrustedRead' | 'externalWrite';
  readonly idempotent: boolean;
  readonly timeoutMs: number;
  readonly maxResultBytes: number;
  /** Micro-USD for one call, besides any model's tokens. */
  readonly costPerCall: number;
  /** Absent: calls that may be repeated are tried three times. */
  readonly retry?: BundleRetry;
  readonly impl:
    | { readonly type: 'builtin'; readonly name: 'echo' | 'lookup'; readonly entries?: JsonObject }
    | { readonly type: 'retrieval'; readonly memory: string; readonly topK: number; readonly url?: string }
    // `url`: where the memory's service is; absent: it is pawl's own.
    | { readonly type: 'memory'; readonly memory: string; readonly operation: MemoryOperation; readonly url?: string }
    | BundleWorldTool
    | ({ readonly type: 'human' } & BundleHuman)
    | {
        readonly type: 'http';
        readonly method: string;
        readonly url: string;
        readonly headers: Readonly<Record<string, string>>;
        readonly query: Readonly<Record<string, string>>;
        readonly body?: Json;
        readonly egress: { readonly hosts: readonly string[]; readonly allowPrivate: boolean };
        readonly auth?: BundleAuth;
      };
}
