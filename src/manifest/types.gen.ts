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
 * Bytes.
 */
export type ByteSize = number;
/**
 * How much harm a call can do.
 */
export type Risk = 'low' | 'medium' | 'high' | 'critical';
/**
 * An isolation tier, the weakest first: in pawl's own process, a process, a sandboxed process, a container, a WASM instance.
 */
export type Tier = 'inline' | 'process' | 'sandbox' | 'container' | 'wasm';
/**
 * Host names: `*.` in front for all names below one, a port where it is not the scheme's, and `http://` in front where it may be spoken to without TLS.
 *
 * Items: A host.
 */
export type Hosts = string[];
/**
 * A whole number with its unit: `s`, `m`, `h` or `d`; at most 9999 days.
 */
export type LongDuration = string;

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
 * Where alerts are sent.
 */
export interface AlertReceiver {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'AlertReceiver';
  metadata: Metadata;
  /**
   * Where they go.
   */
  spec: {
    /**
     * What it is for.
     */
    description?: string;
    /**
     * How it is told.
     */
    type: 'slack' | 'webhook' | 'githubIssue' | 'email';
  };
}
/**
 * A metric that must not cross a line.
 */
export interface AlertRule {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'AlertRule';
  metadata: Metadata;
  /**
   * What is watched.
   */
  spec: {
    /**
     * What it is for.
     */
    description?: string;
    /**
     * The metric.
     */
    metric: string;
    /**
     * The line.
     */
    threshold: number;
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
 * How pawl authenticates to the other side.
 */
export interface Auth {
  /**
   * `bearer` sends `Authorization: Bearer`, `basic` sends `user:password`, `apiKeyHeader` sends the value in `headerName`, `oauth2ClientCredentials` gets a token from `tokenUrl` first: the secret is `client_id:client_secret`.
   */
  profile: 'bearer' | 'apiKeyHeader' | 'basic' | 'oauth2ClientCredentials';
  secretRef: SecretRef;
  /**
   * The header of `apiKeyHeader`.
   */
  headerName?: string;
  /**
   * Where `oauth2ClientCredentials` gets its token.
   */
  tokenUrl?: string;
  /**
   * The scopes that `oauth2ClientCredentials` asks for.
   *
   * Items: A scope.
   */
  scopes?: string[];
}
/**
 * A variable of a process, or a file in it: a literal value, or a Secret's. A Secret with `mountPath` becomes a file and the variable its path.
 */
export interface EnvironmentVariable {
  /**
   * The name of the variable.
   */
  name: string;
  /**
   * The value, in place. Secrets go into `secretRef`.
   */
  value?: string;
  secretRef?: SecretRef;
  /**
   * An absolute path: the Secret's value is written to a file there, for as long as the process lives, and the variable holds the path.
   */
  mountPath?: string;
}
/**
 * What manifests of an environment or a namespace need not say.
 */
export interface Defaults {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'Defaults';
  metadata: Metadata;
  /**
   * What holds where a manifest says nothing.
   */
  spec: {
    /**
     * What it is for.
     */
    description?: string;
    modelRef?: Reference;
  };
}
/**
 * Cases that a system must pass.
 */
export interface Eval {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'Eval';
  metadata: Metadata;
  /**
   * The cases.
   */
  spec: {
    /**
     * What it is for.
     */
    description?: string;
    systemRef: Reference;
  };
}
/**
 * An approved way to models, tools or agents.
 */
export interface Gateway {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'Gateway';
  metadata: Metadata;
  /**
   * Which calls go through it.
   */
  spec: {
    /**
     * What it is for.
     */
    description?: string;
    /**
     * What it serves.
     */
    type: 'model' | 'tool' | 'agent';
    /**
     * Which implementation serves it.
     */
    class: string;
  };
}
/**
 * A check of what goes into and comes out of calls.
 */
export interface Guard {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'Guard';
  metadata: Metadata;
  /**
   * What is checked.
   */
  spec: {
    /**
     * What it is for.
     */
    description?: string;
    /**
     * When it checks.
     *
     * Items: A moment.
     */
    mode: ('preCall' | 'postCall')[];
    /**
     * What happens on a finding.
     */
    action: 'mask' | 'block' | 'audit';
  };
}
/**
 * A server that offers tools over the Model Context Protocol.
 */
export interface McpServer {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'McpServer';
  metadata: Metadata;
  /**
   * What the server is.
   */
  spec: {
    /**
     * What the server is for.
     */
    description?: string;
    /**
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner?: string;
    /**
     * `stdio` starts `command` on the worker, `http` speaks to `url`, `container` starts `image`.
     */
    transport: 'stdio' | 'http' | 'container';
    /**
     * The program of a `stdio` server, or what a container starts instead of its own. It is never given to a shell.
     */
    command?: string;
    /**
     * The arguments of the command.
     *
     * Items: An argument.
     */
    args: string[];
    /**
     * The environment of the process, which gets nothing else of the worker's.
     */
    env: EnvironmentVariable[];
    /**
     * The endpoint of an `http` server.
     */
    url?: string;
    /**
     * Headers of every request to an `http` server, from Secrets or in place.
     *
     * Items: One header.
     */
    headersFrom: {
      /**
       * The name of the header.
       */
      name: string;
      /**
       * The value, in place. Secrets go into `secretRef`.
       */
      value?: string;
      secretRef?: SecretRef;
    }[];
    /**
     * The image of a `container` server. A tag is allowed: the lock file holds the digest that runs.
     */
    image?: string;
    auth?: Auth;
    /**
     * Where a `stdio` or `container` server may connect to. Absent: nowhere.
     */
    egress?: {
      hosts: Hosts;
      /**
       * Whether a host may resolve to a loopback or private address.
       */
      allowPrivate: boolean;
    };
    /**
     * Whether the URL may resolve to a loopback or private address.
     */
    allowPrivate: boolean;
    gatewayRef?: Reference;
    idleTimeout: Duration;
    startTimeout: Duration;
    callTimeout: Duration;
    /**
     * How often a server that died is started again within an hour before it counts as broken.
     */
    maxRestarts: number;
    maxResultBytes: ByteSize;
    /**
     * Which of the server's tools can be used at all; deny wins.
     */
    tools?: {
      /**
       * The tools that may be used. Absent: all; empty: none.
       *
       * Items: An exact name, or a glob: `*` stands for any characters.
       */
      allow?: string[];
      /**
       * The tools that may not.
       *
       * Items: An exact name, or a glob: `*` stands for any characters.
       */
      deny?: string[];
    };
    /**
     * What holds for tools that declare nothing themselves.
     */
    defaults: {
      operation: Operation;
      risk: Risk;
      isolation?: Tier;
    };
    /**
     * `required`: a tool without a pin in `pawl.lock.yaml` cannot be called. `onDeclare`: what the server declares first is what is pinned.
     */
    pin: 'required' | 'onDeclare';
  };
}
/**
 * What agents remember: within a session, and beyond it.
 */
export interface Memory {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'Memory';
  metadata: Metadata;
  /**
   * What the memory is.
   */
  spec: {
    /**
     * What the memory is for.
     */
    description?: string;
    /**
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner?: string;
    /**
     * `postgres` keeps it in pawl's database, `inMemory` in the worker until it stops, `http` in a service of your own.
     */
    type: 'postgres' | 'inMemory' | 'http';
    /**
     * What is remembered within one session.
     */
    session: {
      ttl: LongDuration;
      /**
       * How many messages of a session are kept; the oldest go first.
       */
      maxMessages: number;
    };
    /**
     * What is remembered beyond a session, found again by meaning where there is an embedding and by words where there is none. Absent: nothing.
     */
    longTerm?: {
      embeddingRef?: Reference;
      /**
       * The length of an embedding; needed with `embeddingRef`.
       */
      dimensions?: number;
      /**
       * How many memories a search returns.
       */
      topK: number;
      /**
       * How similar a memory must be to be returned, from 0 to 1.
       */
      minScore: number;
      ttl?: LongDuration;
    };
    /**
     * The service of an `http` memory.
     */
    http?: {
      /**
       * The root of the service's API.
       */
      url: string;
      auth?: Auth;
      timeout: Duration;
      /**
       * Whether the URL may resolve to a loopback or private address.
       */
      allowPrivate: boolean;
    };
  };
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
 * Prompts and fragments that several agents share.
 */
export interface PromptLibrary {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'PromptLibrary';
  metadata: Metadata;
  /**
   * What the library holds.
   */
  spec: {
    /**
     * What the library is for.
     */
    description?: string;
    /**
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner?: string;
    /**
     * The prompts by key: a text in place, `text`, or a Markdown `file` of the repository. An agent names one with `promptRef`, a prompt takes one in with `{{> library/key }}`.
     */
    prompts: {
      /**
       * The text of the prompt.
       */
      [k: string]: string;
    };
  };
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
 * Runs a task at times.
 */
export interface TaskSchedule {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'TaskSchedule';
  metadata: Metadata;
  /**
   * When what is run.
   */
  spec: {
    /**
     * What it is for.
     */
    description?: string;
    taskRef: Reference;
    /**
     * Five fields: minute, hour, day of month, month, day of week.
     */
    cron: string;
  };
}
/**
 * Runs a task when something calls.
 */
export interface TaskWebhook {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'TaskWebhook';
  metadata: Metadata;
  /**
   * What is run for which calls.
   */
  spec: {
    /**
     * What it is for.
     */
    description?: string;
    taskRef: Reference;
  };
}
/**
 * A template of a run.
 */
export interface Task {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'Task';
  metadata: Metadata;
  /**
   * What is run.
   */
  spec: {
    /**
     * What it is for.
     */
    description?: string;
    systemRef: Reference;
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
/**
 * Workers of one sort.
 */
export interface WorkerPool {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'WorkerPool';
  metadata: Metadata;
  /**
   * How many, and for what.
   */
  spec: {
    /**
     * What it is for.
     */
    description?: string;
    /**
     * At least this many.
     */
    minWorkers: number;
  };
}
/**
 * Agents that belong together, with an owner.
 */
export interface Workforce {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * The kind of the resource.
   */
  kind: 'Workforce';
  metadata: Metadata;
  /**
   * Who belongs to it.
   */
  spec: {
    /**
     * What it is for.
     */
    description?: string;
    /**
     * The agents that are spoken to.
     */
    entryAgents: Reference[];
  };
}
