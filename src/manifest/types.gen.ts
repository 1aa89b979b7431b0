// Generated from schemas/ by tooling/generate-types.ts. Do not edit: change the schema and run it again.
import type { Json, JsonObject } from './json.ts';

/**
 * A DNS label: lower-case letters, digits and hyphens, at most 63.
 */
export type Name = string;
/**
 * The name of a resource in the same namespace, or `namespace/name` of one that is shared with the annotation `pawl/share: "true"`.
 */
export type Reference = string;
/**
 * What a tool does to the world.
 */
export type Operation = 'read' | 'write' | 'delete' | 'execute' | 'admin';
/**
 * A whole number with its unit: `ms`, `s`, `m` or `h`; at most seven days.
 */
export type Duration = string;
/**
 * `tool:<name>:<operation>` or `capability:<name>`; `*` stands only for a whole part.
 */
export type Permission = string;
/**
 * A JSON Schema (2020-12) without remote references; patterns are RE2.
 */
export type JsonSchema = JsonObject;

/**
 * A restriction. Policies never grant; adding one can only restrict.
 */
export interface AgentPolicy {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'AgentPolicy';
  metadata: Metadata;
  /**
   * What is restricted, and for whom.
   */
  spec: {
    /**
     * Why the policy exists.
     */
    description?: string;
    /**
     * Whom the policy reaches: those that every one of these lists names. Within a list any entry does; an empty list names nobody.
     */
    targets?: {
      /**
       * Agents.
       */
      agents?: Reference[];
      /**
       * AgentSystems: every agent and tool node in them.
       */
      systems?: Reference[];
      /**
       * Every agent and system of these namespaces.
       */
      namespaces?: Name[];
      /**
       * Every agent and system that has all of these labels.
       */
      labels?: {
        [k: string]: string;
      };
    };
    /**
     * Reaches everything in the environment.
     */
    global?: true;
    /**
     * Which models may be called.
     */
    models?: {
      /**
       * Only these ModelEndpoints; absent restricts nothing, empty allows none.
       */
      allow?: Reference[];
    };
    /**
     * Which tools may be called.
     */
    tools?: {
      /**
       * Only these Tools; absent restricts nothing, empty allows none.
       */
      allow?: Reference[];
      /**
       * None of these Tools.
       */
      deny?: Reference[];
    };
    /**
     * Which operations are out of bounds.
     */
    operations?: {
      /**
       * No tool with one of these operations.
       */
      deny?: Operation[];
    };
    /**
     * What a run may spend. Reserved before a call, settled after it.
     *
     * Items: One budget.
     */
    budgets?: {
      /**
       * What shares the budget.
       */
      scope: 'run';
      /**
       * What is counted: tokens of both directions, US dollars (of models and of tools with a cost), or calls of models and tools together.
       */
      unit: 'tokens' | 'usd' | 'calls';
      /**
       * Tokens, calls, or US dollars as a decimal (the compiled budget holds micro-USD).
       */
      limit: number;
    }[];
    /**
     * Ceilings on what one step of a reached agent may use.
     */
    limits?: {
      /**
       * Model calls in one step.
       */
      maxSteps?: number;
      /**
       * Tool calls in one step.
       */
      maxToolCalls?: number;
      /**
       * Tokens in one step.
       */
      maxTokens?: number;
      timeout?: Duration;
    };
  };
}
/**
 * The name of the resource and what is said about it.
 */
export interface Metadata {
  name: Name;
  namespace: Name;
  /**
   * Labels that policies select by.
   */
  labels?: {
    [k: string]: string;
  };
  /**
   * Notes for people and tools. `pawl/share: "true"` lets other namespaces refer to the resource.
   */
  annotations?: {
    [k: string]: string;
  };
}
/**
 * Permissions that a role's owner grants to the agents that have it.
 */
export interface AgentRole {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'AgentRole';
  metadata: Metadata;
  /**
   * What the role permits.
   */
  spec: {
    /**
     * Whom the role is for.
     */
    description?: string;
    /**
     * What the role permits.
     */
    permissions: Permission[];
  };
}
/**
 * A graph of agents and tools: what a run executes.
 */
export interface AgentSystem {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'AgentSystem';
  metadata: Metadata;
  /**
   * What the system is.
   */
  spec: {
    /**
     * What the system is for.
     */
    description?: string;
    /**
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner?: string;
    /**
     * The AgentRoles whose permissions the tool nodes of the graph have.
     */
    roles: Reference[];
    /**
     * What a run is given.
     */
    input: {
      schema?: JsonSchema;
    };
    /**
     * The nodes by name. Nodes without incoming edges start the run; `end` is reserved.
     */
    graph: {
      /**
       * One node: an agent or a tool, what it is given and what follows.
       */
      [k: string]: {
        agentRef?: Reference;
        toolRef?: Reference;
        /**
         * What the node is given: literals, or `${ … }` holding CEL over `input` and `nodes.<name>.output`. Absent: the run's input at an entry, else the output before it.
         */
        input?: Json;
        /**
         * What follows. Every edge that is true is taken; none true and no default is a failure.
         *
         * Items: One edge.
         */
        edges: {
          to: Name;
          /**
           * CEL over `input`, `nodes.<name>.output` and `output`; taken only when exactly true. Absent: always.
           */
          when?: string;
          /**
           * Taken when no other edge of the node is.
           */
          default: boolean;
        }[];
        /**
         * How several incoming edges meet.
         */
        join?: {
          /**
           * `all` waits for every incoming edge that can still be taken.
           */
          mode: 'all';
        };
      };
    };
    /**
     * What the run answers: `${ … }` over `input` and `nodes.<name>.output`. Absent: the outputs of the last nodes by name.
     */
    output?: string | JsonObject;
    /**
     * What one run may use.
     */
    limits: {
      /**
       * Tokens, input and output together; absent: no limit of its own.
       */
      maxTokens?: number;
      timeout: Duration;
    };
  };
}
/**
 * A prompt, a model and the tools it asks for.
 */
export interface Agent {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'Agent';
  metadata: Metadata;
  /**
   * What the agent is.
   */
  spec: {
    /**
     * What the agent is for.
     */
    description?: string;
    /**
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner?: string;
    modelRef: Reference;
    /**
     * The system prompt, in place.
     */
    prompt: string;
    /**
     * The tools the agent asks for. A role must grant each of them too.
     *
     * Items: One tool that the agent asks for.
     */
    tools: {
      toolRef: Reference;
    }[];
    /**
     * The AgentRoles whose permissions the agent has.
     */
    roles: Reference[];
    /**
     * What one step of the agent may use. Reaching a limit is a failure with its own code.
     */
    limits: {
      /**
       * Model calls in one step.
       */
      maxSteps: number;
      /**
       * Tool calls in one step.
       */
      maxToolCalls: number;
      /**
       * Tokens, input and output together; absent: no limit of its own.
       */
      maxTokens?: number;
      timeout: Duration;
    };
    /**
     * Structured output.
     */
    output?: {
      schema: JsonSchema;
    };
    /**
     * How the agent goes on after a denial.
     */
    execution: {
      /**
       * `inform` tells the model that the call was refused; `fail` ends the step.
       */
      onDeny: 'inform' | 'fail';
      /**
       * Denied calls after which the step fails.
       */
      maxDenials: number;
    };
  };
}
/**
 * The key of a Secret. The value is read inside the call that needs it and nowhere else.
 */
export interface SecretRef {
  name: Reference;
  /**
   * A key of the Secret.
   */
  key: string;
}
/**
 * Where a model answers, and at what price.
 */
export interface ModelEndpoint {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'ModelEndpoint';
  metadata: Metadata;
  /**
   * What the endpoint is.
   */
  spec: {
    /**
     * What the endpoint is for.
     */
    description?: string;
    /**
     * `openaiCompatible` speaks the chat completions API; `scripted` answers from a file, offline and the same each time.
     */
    provider: 'scripted' | 'openaiCompatible';
    /**
     * The model's id at the provider.
     */
    model: string;
    /**
     * The root of the API, without `/chat/completions`.
     */
    baseUrl?: string;
    /**
     * How the model is asked.
     */
    parameters: {
      /**
       * Randomness.
       */
      temperature?: number;
      /**
       * Nucleus sampling.
       */
      topP?: number;
      /**
       * Output tokens of one call; the gate may lower it.
       */
      maxOutputTokens: number;
      /**
       * Texts that end the answer.
       */
      stop?: string[];
      /**
       * A seed, where the provider knows one.
       */
      seed?: number;
    };
    /**
     * How pawl authenticates: the key is sent as a bearer token.
     */
    auth?: {
      secretRef: SecretRef;
    };
    /**
     * Prices in US dollars per million tokens, kept as micro-USD. Without them a run costs nothing in the ledger.
     */
    pricing?: {
      /**
       * Price of a million input tokens. In micro-USD.
       */
      inputPerMTok: number;
      /**
       * Price of a million output tokens. In micro-USD.
       */
      outputPerMTok: number;
    };
    /**
     * Whether the base URL may resolve to a loopback or private address.
     */
    allowPrivate: boolean;
    script?: Script;
  };
}
/**
 * What a `scripted` ModelEndpoint answers: deterministic, offline.
 */
export interface Script {
  /**
   * The first reply whose agent and text match is the one that is used.
   *
   * Items: The turns of one agent.
   */
  replies: {
    agent: Name;
    /**
     * A part of the node's input text; absent: any.
     */
    match?: string;
    /**
     * One answer a model call, in order.
     *
     * Items: One answer: a text, a JSON value or tool calls.
     */
    turns: {
      /**
       * A text.
       */
      text?: string;
      /**
       * A JSON value, for an agent with an output schema.
       */
      json?: Json;
      /**
       * Calls that the model asks for.
       *
       * Items: One call.
       */
      toolCalls?: {
        /**
         * The name of the tool, as the model would say it.
         */
        tool: string;
        /**
         * The arguments; a string is sent as it is, so that malformed ones can be scripted.
         */
        arguments: Json;
      }[];
      /**
       * What the provider would report.
       */
      usage?: {
        /**
         * Input tokens.
         */
        inputTokens: number;
        /**
         * Output tokens.
         */
        outputTokens: number;
      };
      /**
       * How long the answer takes.
       */
      latencyMs: number;
    }[];
  }[];
}
/**
 * `pawl.yaml` at the root of the repository: which branch and paths go live as which environment.
 */
export interface PawlSettings {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * What goes live together.
   *
   * Items: One environment.
   */
  environments: {
    name: Name;
    /**
     * The branch that is live here.
     */
    branch: string;
    /**
     * Folders or files whose manifests belong to it; `.` is the whole repository.
     *
     * Items: A folder or file of the repository.
     */
    paths: string[];
    /**
     * The only namespaces it may hold. Absent: any.
     */
    namespaces?: Name[];
    /**
     * `auto` applies what is merged; `manual` waits for `pawl apply`.
     */
    apply: 'auto' | 'manual';
  }[];
}
/**
 * Names of values that live outside Git.
 */
export interface Secret {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'Secret';
  metadata: Metadata;
  /**
   * Where the values are.
   */
  spec: {
    /**
     * What the secret is for.
     */
    description?: string;
    /**
     * `env`: environment variables of the worker.
     */
    source: 'env';
    /**
     * The environment variable that holds the value of each key. A worker reads only names that start with `PAWL_SECRET_` or that its operator listed.
     */
    keys: {
      [k: string]: string;
    };
  };
}
/**
 * What a call of one tool needs, in place of `tool:<name>:<operation>`.
 */
export interface ToolPermission {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'ToolPermission';
  metadata: Metadata;
  /**
   * What a call of the tool needs.
   */
  spec: {
    toolRef: Reference;
    /**
     * The permissions that a call needs. Absent: `tool:<name>:<operation>` for each operation.
     */
    required?: Permission[];
    /**
     * Whether a call needs all of them or any one.
     */
    match: 'all' | 'any';
    /**
     * The Agents for which this holds.
     */
    agents?: Reference[];
    /**
     * Holds for every agent and every tool node.
     */
    global?: true;
    /**
     * Verdicts on single operations; they only restrict.
     *
     * Items: One rule.
     */
    rules: {
      operation: Operation;
      /**
       * `deny` refuses calls with the operation; `allow` leaves them to the grant.
       */
      verdict: 'allow' | 'deny';
    }[];
  };
}
/**
 * Something an agent can do in the world.
 */
export interface Tool {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'Tool';
  metadata: Metadata;
  /**
   * What the tool is.
   */
  spec: {
    /**
     * What the tool does: the model chooses by it.
     */
    description: string;
    /**
     * How the tool is reached.
     */
    type: 'http' | 'builtin';
    inputSchema: JsonSchema;
    outputSchema?: JsonSchema;
    /**
     * What the tool does to the world; sorted, never empty.
     */
    operation: Operation[];
    /**
     * Whether the same call with the same key may be made twice.
     */
    idempotent: boolean;
    timeout: Duration;
    /**
     * The largest result that is read.
     */
    maxResultBytes: number;
    /**
     * One request. `{name}` stands for an argument, encoded for its place.
     */
    http?: {
      /**
       * The HTTP method.
       */
      method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
      /**
       * The URL. Its host must be one of `egress.hosts`.
       */
      url: string;
      /**
       * Headers of the request. Secrets go into `auth`.
       */
      headers: {
        [k: string]: string;
      };
      /**
       * Query parameters of the request.
       */
      query: {
        [k: string]: string;
      };
      /**
       * The JSON body of the request. Absent: none.
       */
      body?: Json;
    };
    /**
     * A tool that is part of pawl.
     */
    builtin?: {
      /**
       * `echo` returns its arguments; `lookup` returns the entry that the argument `key` names.
       */
      name: 'echo' | 'lookup';
      /**
       * What `lookup` knows.
       */
      entries?: JsonObject;
    };
    /**
     * What a call costs besides a model's tokens. It is reserved on every budget in usd before the call, and booked after it.
     */
    cost?: {
      /**
       * USD for one call, with at most six decimals. In micro-USD.
       */
      perCall: number;
    };
    /**
     * Where the tool may connect to.
     */
    egress?: {
      /**
       * Host names: `*.` in front for all names below one, a port where it is not the scheme's, and `http://` in front where the tool may speak without TLS.
       *
       * Items: A host.
       */
      hosts: string[];
      /**
       * Whether a host may resolve to a loopback or private address.
       */
      allowPrivate: boolean;
    };
    /**
     * How pawl authenticates to the other side.
     */
    auth?: {
      /**
       * `bearer` sends `Authorization: Bearer`, `basic` sends `user:password`, `apiKeyHeader` sends the value in `headerName`.
       */
      profile: 'bearer' | 'apiKeyHeader' | 'basic';
      secretRef: SecretRef;
      /**
       * The header of `apiKeyHeader`.
       */
      headerName?: string;
    };
  };
}
