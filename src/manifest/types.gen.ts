// Generated from schemas/ by tooling/generate-types.ts. Do not edit: change the schema and run it again.
import type { Json, JsonObject } from './json.ts';

/**
 * A DNS label: lower-case letters, digits and hyphens, at most 63.
 */
export type Name = string;
/**
 * The name of a resource in the same namespace, or `namespace/name` of one that is shared with this one by the annotation `pawl/share`.
 */
export type Reference = string;
/**
 * The name of a Tool; what agents do with a Memory, `memory:notes` for all of it and `memory:notes:write` for one operation; or tools of an McpServer, `mcp:tickets` for all of them and `mcp:tickets:get_issue` for one.
 */
export type ToolOrMemory = string;
/**
 * What a tool does to the world.
 */
export type Operation = 'read' | 'write' | 'delete' | 'execute' | 'admin';
/**
 * A whole number with its unit: `ms`, `s`, `m` or `h`; at most seven days.
 */
export type Duration = string;
/**
 * An isolation tier, the weakest first: in pawl's own process, a process, a sandboxed process, a container, a WASM instance.
 */
export type Tier = 'inline' | 'process' | 'sandbox' | 'container' | 'wasm';
/**
 * A GitHub login, or `oidc:` and the subject or e-mail address of an identity provider's token.
 */
export type User = string;
/**
 * `tool:<name>:<operation>` or `capability:<name>`; `*` stands only for a whole part.
 */
export type Permission = string;
/**
 * A JSON Schema (2020-12) without remote references; patterns are RE2.
 */
export type JsonSchema = JsonObject;
/**
 * A whole number with its unit: `s`, `m`, `h` or `d`; at most 9999 days.
 */
export type LongDuration = string;
/**
 * Names of tools.
 *
 * Items: An exact name, or a glob: `*` stands for any characters, `?` for one.
 */
export type Globs = string[];
/**
 * Where the agent runs: `builtin` is pawl's own loop; `external` is an A2A endpoint, `container` an image, of any framework and governed from outside.
 */
export type Runtime = string | JsonObject;
/**
 * Bytes.
 */
export type ByteSize = number;
/**
 * How much harm a call can do.
 */
export type Risk = 'low' | 'medium' | 'high' | 'critical';
/**
 * Host names: `*.` in front for all names below one, a port where it is not the scheme's, and `http://` in front where it may be spoken to without TLS.
 *
 * Items: A host.
 */
export type Hosts = string[];
/**
 * A container image: registry, name, and a tag or a digest.
 */
export type Image = string;

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
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner?: string;
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
        /**
         * The value of the label.
         */
        [k: string]: string;
      };
    };
    /**
     * Reaches everything in the environment.
     */
    global?: true;
    /**
     * `enforce` restricts; `audit` records what it would have said, and restricts nothing.
     */
    mode: 'enforce' | 'audit';
    /**
     * Which models may be called.
     */
    models?: {
      /**
       * Only these ModelEndpoints; absent restricts nothing, empty allows none.
       */
      allow?: Reference[];
      /**
       * None of these ModelEndpoints.
       */
      deny?: Reference[];
      /**
       * The longest output that one call may ask for; a call that asks for more is clamped to it.
       */
      maxOutputTokens?: number;
    };
    /**
     * Which tools may be called.
     */
    tools?: {
      /**
       * Only these Tools and memories; absent restricts nothing, empty allows none. Tools of an McpServer that no Tool of type `mcp` names are none of these. Sessions are left alone.
       */
      allow?: ToolOrMemory[];
      /**
       * None of these Tools and memories.
       */
      deny?: ToolOrMemory[];
    };
    /**
     * Which operations are out of bounds, or need a human.
     */
    operations?: {
      /**
       * No tool with one of these operations.
       */
      deny?: Operation[];
      /**
       * Each call of a tool with one of these operations waits for an approval.
       */
      ask?: Operation[];
    };
    /**
     * What may be spent. Reserved before a call, settled after it.
     *
     * Items: One budget.
     */
    budgets?: {
      /**
       * What shares the budget: the calls of one run, or those of all runs of one agent, system or namespace that the policy reaches.
       */
      scope: 'run' | 'agent' | 'system' | 'namespace';
      /**
       * What is counted: tokens of both directions, US dollars (of models and of tools with a cost), or calls of models and tools together.
       */
      unit: 'tokens' | 'usd' | 'calls';
      /**
       * Tokens, calls, or US dollars as a decimal (the compiled budget holds micro-USD).
       */
      limit: number;
      /**
       * After what the budget starts anew: on the hour, at midnight, on Monday, or on the first of the month, in UTC. A run's budget has none; every other needs one.
       */
      window?: 'hour' | 'day' | 'week' | 'month';
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
      /**
       * US dollars in one step. In micro-USD.
       */
      maxCost?: number;
      /**
       * How deep agents may hand work on.
       */
      maxDelegationDepth?: number;
    };
    /**
     * How often calls may be made. Each is a bucket that holds `limit` and is refilled evenly over `window`; a call that finds it empty waits, or is denied where its deadline is sooner.
     *
     * Items: One rate.
     */
    rates?: {
      /**
       * What has a bucket of its own: each run, agent, system or namespace that the policy reaches, with all of its calls; or each tool or model, with the calls that the policy reaches.
       */
      key: 'run' | 'agent' | 'system' | 'namespace' | 'tool' | 'model';
      /**
       * Calls in each window, and at once.
       */
      limit: number;
      window: Duration;
    }[];
    /**
     * Where tools may connect to.
     */
    egress?: {
      /**
       * Only these hosts, of those that a tool's own `egress.hosts` has; empty allows none. `*.` in front stands for all names below one.
       *
       * Items: A host.
       */
      hosts: string[];
    };
    /**
     * How strongly tools are kept apart.
     */
    isolation?: {
      min: Tier;
    };
    /**
     * What a run may not do any more, once its calls have touched data of certain classes.
     *
     * Items: One rule: after all of `when`, what is denied or asked.
     */
    flow?: {
      name?: Name;
      /**
       * The data classes that calls of the run must have touched, all of them.
       *
       * Items: A data class.
       */
      when: ('privateRead' | 'untrustedRead')[];
      /**
       * Calls of tools of this class are denied.
       */
      deny?: 'privateRead' | 'untrustedRead' | 'externalWrite';
      /**
       * Calls of tools of this class wait for an approval.
       */
      ask?: 'privateRead' | 'untrustedRead' | 'externalWrite';
    }[];
    /**
     * Conditions on single tool calls. They narrow, and never grant.
     *
     * Items: One condition.
     */
    conditions?: {
      name: Name;
      /**
       * `denyUnless` denies a call for which the expression is not exactly true; `askIf` has a human approve a call unless it is exactly false.
       */
      kind: 'askIf' | 'denyUnless';
      /**
       * CEL over `args` (what the tool is called with), `tool` (`name`, `namespace`, `operations`, `risk`, `dataClass`), `agent` and `system` (`name`, `namespace`, `labels`), `run` (`id`, `input`) and `now` (a timestamp). An error counts as a failed condition.
       */
      expr: string;
    }[];
    /**
     * Guards on the calls of every reached agent, beside those of its own.
     */
    guards?: Reference[];
    /**
     * Which ways out there are.
     */
    gateways?: {
      /**
       * Calls of this sort must go through a Gateway; one that does not is denied. `agent`: of agents elsewhere.
       *
       * Items: A sort of call.
       */
      require?: ('model' | 'tool' | 'agent')[];
      /**
       * Only these Gateways; absent restricts nothing, empty allows none.
       */
      allow?: Reference[];
    };
    approval?: Approval;
  };
}
/**
 * The name of the resource and what is said about it.
 */
export interface Metadata {
  name: Name;
  namespace: Name;
  /**
   * The name, or `namespace/name`, that the resource had before: what is kept under that name follows.
   */
  renamedFrom?: string;
  /**
   * Labels that policies select by.
   */
  labels?: {
    /**
     * The value of the label.
     */
    [k: string]: string;
  };
  /**
   * Notes for people and tools. `pawl/share` lets other namespaces refer to the resource: `*`, or the namespaces, separated by commas. `pawl/patch: merge` makes the document a patch of the one with its identity in an earlier path of the environment.
   */
  annotations?: {
    /**
     * The value of the annotation.
     */
    [k: string]: string;
  };
}
/**
 * Who approves what is asked, and until when.
 */
export interface Approval {
  approvers?: Approvers;
  ttl: Duration;
  /**
   * Whether the run's subject and the author of the manifest may not approve.
   */
  fourEyes: boolean;
  /**
   * One approval also releases further calls of the same tool by the same caller at the same place of the run. Absent: each call is approved by itself. Never of a tool with `risk: critical`.
   */
  batch?: {
    /**
     * How many further calls, besides the one that is approved.
     */
    max: number;
    /**
     * Arguments of the tool that have to be the same as in the approved call. Others may differ.
     *
     * Items: The name of an argument.
     */
    same: string[];
  };
}
/**
 * Who may approve. One of a group or of the users is enough for one approval.
 */
export interface Approvers {
  /**
   * Groups of `pawl.yaml`.
   */
  groups?: Name[];
  /**
   * Single users.
   */
  users?: User[];
  /**
   * How many different people must approve.
   */
  min: number;
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
     * The team or person who decides who may have the role.
     */
    owner?: string;
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
       * One node: an agent, a tool, another system, a human, or only an input; what it is given and what follows.
       */
      [k: string]: {
        agentRef?: Reference;
        toolRef?: Reference;
        systemRef?: Reference;
        /**
         * A person answers here.
         */
        human?: {
          assignees: Assignees;
          form?: JsonSchema;
          ttl: LongDuration;
        };
        /**
         * What the node is given: literals, or `${ … }` holding CEL over `input`, `nodes.<name>.output`, `item` and `run`. Absent: the run's input at an entry, else the output before it. A node that has only an input gives it on.
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
         * Nodes that this one follows: the same edges, written from their target.
         */
        dependsOn?: Name[];
        /**
         * How several incoming edges meet.
         */
        join?: {
          /**
           * `all` waits for every incoming edge that can still be taken, `any` for the first, `quorum` for `count` or `percent` of them.
           */
          mode: 'all' | 'any' | 'quorum';
          /**
           * How many a quorum needs.
           */
          count?: number;
          /**
           * What part of the incoming edges a quorum needs, in percent.
           */
          percent?: number;
          /**
           * When an incoming step failed, or a quorum can no longer be met: `fail` fails the run, `skip` leaves failed steps out and skips a node without its quorum, `partial` goes on with what there is.
           */
          onFailure: 'fail' | 'skip' | 'partial';
        };
        /**
         * CEL that gives a list: the node runs once for each entry, `item`, and its results keep the order of the list.
         */
        forEach?: string;
        /**
         * How many entries of `forEach` run at the same time. Absent: as many as the worker lets.
         */
        maxParallel?: number;
        /**
         * The node runs again until a condition holds.
         */
        loop?: {
          /**
           * CEL over `input`, `nodes.<name>.output` and `output`; the loop ends when it is exactly true.
           */
          until: string;
          /**
           * How often the node runs at most.
           */
          maxTurns: number;
        };
        /**
         * Nodes that the node hands work to: they run, report back, and the node runs again with their reports.
         */
        delegates?: Name[];
        /**
         * A human approves, denies or asks for changes to the node's output.
         */
        review?: {
          approvers: Approvers;
          ttl: LongDuration;
          /**
           * How often changes may be asked for.
           */
          maxCycles: number;
        };
        retry?: Retry;
        timeout?: Duration;
        /**
         * A step that failed for good: `fail` fails the run, `continue` goes on with no output, `goto <node>` goes on there.
         */
        onError: string;
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
       * How often a node that stands in a cycle runs in one branch; needed where the graph has a cycle.
       */
      maxTurns?: number;
      /**
       * Tokens, input and output together; absent: no limit of its own.
       */
      maxTokens?: number;
      /**
       * US dollars, with at most six decimals; absent: no limit of its own. In micro-USD.
       */
      maxCost?: number;
      timeout: Duration;
      /**
       * When `maxTurns` is reached: the run fails, or succeeds with what there is.
       */
      onLimit: 'fail' | 'succeed';
    };
    /**
     * How many runs there are at a time.
     */
    concurrency?: {
      /**
       * Runs at the same time for each key.
       */
      limit: number;
      /**
       * CEL over `input` that tells the runs apart that are counted together. Absent: all of them.
       */
      key?: string;
      /**
       * One run too many waits (`queue`), is refused (`reject`), or ends the oldest (`replace`).
       */
      policy: 'queue' | 'reject' | 'replace';
      /**
       * How many may wait; one more is refused. Absent: 1000.
       */
      maxQueued?: number;
    };
    onFailure?: Name;
    /**
     * How runs come to a new revision of the system.
     */
    rollout?: {
      /**
       * `rolling`: every new run at once. `canary`: a part of new runs that grows. `blueGreen`: none, then all.
       */
      strategy: 'rolling' | 'canary' | 'blueGreen';
      /**
       * CEL over `input`: runs of one key see one revision.
       */
      key?: string;
      /**
       * The steps of a canary, in order.
       *
       * Items: One step.
       */
      steps?: {
        /**
         * The part of new runs that see the new revision, in percent.
         */
        weight: number;
        pause?: LongDuration;
        /**
         * What the new revision must keep to in this step; otherwise the rollout is aborted.
         */
        analysis?: {
          /**
           * Runs before anything is judged.
           */
          minRuns: number;
          /**
           * The part of runs that may fail, from 0 to 1.
           */
          maxErrorRate?: number;
          maxLatency?: Duration;
        };
      }[];
    };
    /**
     * What becomes of running runs when the system is removed: they end as usual (`finish`), end their step and stop (`drain`), or stop now (`cancel`).
     */
    drain: 'finish' | 'drain' | 'cancel';
  };
}
/**
 * Whose task it is: anybody of the groups of `pawl.yaml` or of the users.
 */
export interface Assignees {
  /**
   * Groups of `pawl.yaml`.
   *
   * Items: A group.
   */
  groups?: string[];
  /**
   * Users, as the identity provider names them.
   *
   * Items: A user.
   */
  users?: string[];
}
/**
 * When and how often something that failed is tried again.
 */
export interface Retry {
  /**
   * Attempts in all, the first one included.
   */
  maxAttempts: number;
  /**
   * The pause before the next attempt.
   */
  backoff: {
    initial: Duration;
    max: Duration;
    /**
     * What each pause is multiplied by.
     */
    multiplier: number;
    /**
     * `full` waits anything up to the pause, `equal` at least half of it, `none` all of it.
     */
    jitter: 'full' | 'equal' | 'none';
  };
  /**
   * The failures that are tried again. Absent: every one that may pass by itself.
   *
   * Items: A failure: no answer in time, a limit of rate, a side that is down, or an error of its own.
   */
  on?: ('timeout' | 'rateLimited' | 'unavailable' | 'error')[];
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
     * How the agent is shown to people.
     */
    displayName?: string;
    /**
     * What the agent is for.
     */
    description?: string;
    /**
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner?: string;
    modelRef?: Reference;
    /**
     * Several ModelEndpoints: each answers where those before it cannot. Naming them is the grant to call them.
     */
    modelRefs?: Reference[];
    /**
     * The system prompt, in place.
     */
    prompt: string;
    /**
     * The placeholders of the prompt, `{{ name }}`, by name. A step takes their values from the fields of its node's input.
     */
    inputs?: {
      /**
       * One placeholder.
       */
      [k: string]: {
        /**
         * What stands there.
         */
        description?: string;
        /**
         * The type of the value. What is no text is written as JSON.
         */
        type: 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object';
        /**
         * The only values that are allowed.
         *
         * Items: A value.
         */
        enum?: (string | number | boolean)[];
        /**
         * The value where none is given.
         */
        default?: string | number | boolean;
        /**
         * Whether a value must be given where there is no default. `false`: nothing stands there without one.
         */
        required: boolean;
      };
    };
    /**
     * The tools the agent asks for. A role must grant each of them too.
     *
     * Items: One tool that the agent asks for, or tools of one MCP server.
     */
    tools: {
      toolRef?: Reference;
      mcpServerRef?: Reference;
      tools?: Globs;
      /**
       * Whether a human approves each call; of an MCP server's tools, a list of those.
       */
      requireApproval: boolean | string[];
      timeout?: Duration;
    }[];
    /**
     * Other agents that the agent may hand work to.
     *
     * Items: One agent.
     */
    agents?: {
      agentRef?: Reference;
      /**
       * The A2A endpoint of an agent elsewhere.
       */
      url?: string;
      name?: Name;
      /**
       * What the model is told of it. Absent: the description of the Agent.
       */
      description?: string;
      auth?: Auth;
      /**
       * Whether the host of `url` may resolve to a loopback or private address. Absent: it may not.
       */
      allowPrivate?: boolean;
      /**
       * `toolCall` asks it and goes on with its answer; `transfer` leaves the rest to it.
       */
      interaction: 'toolCall' | 'transfer';
      /**
       * `shared` lets it remember its earlier calls of the same step; `perCall` starts each anew.
       */
      isolation: 'shared' | 'perCall';
    }[];
    /**
     * The AgentRoles whose permissions the agent has.
     */
    roles: Reference[];
    /**
     * What the agent remembers.
     */
    memory?: {
      memoryRef: Reference;
      /**
       * What the agent may do with the long-term memory. Absent: read and search.
       *
       * Items: An operation of the memory.
       */
      allow: ('read' | 'write' | 'search' | 'list' | 'ingest')[];
      sessionTtl?: LongDuration;
      /**
       * How many messages of the session the model is given.
       */
      maxHistory: number;
    };
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
      /**
       * US dollars, with at most six decimals; absent: no limit of its own. In micro-USD.
       */
      maxCost?: number;
      timeout: Duration;
      /**
       * How deep the agents that it hands work to may hand on; absent: as deep as the environment allows.
       */
      maxDelegationDepth?: number;
    };
    /**
     * Structured output.
     */
    output?: {
      schema: JsonSchema;
    };
    /**
     * How the agent uses tools, and goes on after a denial.
     */
    execution: {
      /**
       * `runAgain` gives results back to the model; `stopOnFirst` makes the first result the output.
       */
      toolUse: 'runAgain' | 'stopOnFirst';
      /**
       * Tools that must have been called before the agent may answer.
       *
       * Items: A tool, by the name that the model knows.
       */
      requiredTools?: string[];
      /**
       * A call that was made before with the same arguments: `reuse` answers with the earlier result, `deny` refuses it. Absent: it is made.
       */
      duplicateCalls?: 'reuse' | 'deny';
      /**
       * `inform` tells the model that the call was refused; `fail` ends the step.
       */
      onDeny: 'inform' | 'fail';
      /**
       * Denied calls after which the step fails.
       */
      maxDenials: number;
    };
    /**
     * What of a long conversation the model is given.
     */
    context?: {
      /**
       * Older messages are summed up.
       */
      compaction?: {
        /**
         * Tokens of the conversation beyond which it is compacted.
         */
        triggerTokens: number;
        /**
         * The newest messages, which stay as they are.
         */
        retainRecent: number;
        summarizerRef?: Reference;
      };
    };
    /**
     * The Guards that every call of the agent passes.
     */
    guards?: Reference[];
    /**
     * How others reach the agent, through an agent Gateway. Absent: not at all.
     */
    expose?: {
      /**
       * Whether it is served over A2A.
       */
      a2a: boolean;
      /**
       * Whether it is served as a model of the chat completions API.
       */
      openai: boolean;
      /**
       * What its A2A card says it can do.
       *
       * Items: One skill.
       */
      skills?: {
        id: Name;
        /**
         * How the skill is shown.
         */
        name: string;
        /**
         * What the skill is for.
         */
        description?: string;
        /**
         * Words to find it by.
         *
         * Items: A tag.
         */
        tags?: string[];
        /**
         * What one might ask.
         *
         * Items: A question.
         */
        examples?: string[];
      }[];
    };
    runtime: Runtime;
    /**
     * What is recorded of the agent's calls.
     */
    observability?: {
      /**
       * What traces hold of prompts, answers and arguments: nothing, the text with secrets and personal data removed, or all of it.
       */
      contentCapture: 'none' | 'redacted' | 'full';
      /**
       * The part of runs that is traced, from 0 to 1.
       */
      sampling: number;
    };
  };
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
   * Where, and how.
   */
  spec: {
    /**
     * Who reads what is sent.
     */
    description?: string;
    /**
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner?: string;
    /**
     * `slack` posts to an incoming webhook, `webhook` sends signed JSON, `githubIssue` keeps one issue for each alert, edited in place and closed when it is over, `email` sends mail.
     */
    type: 'slack' | 'webhook' | 'githubIssue' | 'email';
    secretRef?: SecretRef;
    /**
     * Only alerts of at least this severity are sent.
     */
    minSeverity: 'info' | 'warning' | 'critical';
    /**
     * For `slack`.
     */
    slack?: {
      /**
       * The channel, where the webhook lets it be chosen.
       */
      channel?: string;
    };
    /**
     * For `webhook`.
     */
    webhook?: {
      /**
       * Where to send a POST with the alert, signed as Standard Webhooks says and by an `X-Pawl-Signature-256` header; `https`, or `http` where private addresses are allowed.
       */
      url: string;
      /**
       * Whether the host may resolve to a loopback or private address.
       */
      allowPrivate: boolean;
    };
    /**
     * For `githubIssue`.
     */
    githubIssue?: {
      /**
       * The repository.
       */
      repository: string;
      /**
       * Labels of the issues.
       *
       * Items: A label.
       */
      labels: string[];
    };
    /**
     * For `email`.
     */
    email?: {
      /**
       * Who gets the mail.
       *
       * Items: An address.
       */
      to: string[];
      /**
       * Who sends it.
       */
      from: string;
      /**
       * The mail server.
       */
      host: string;
      /**
       * Its port: 465 speaks TLS from the start, any other must offer STARTTLS.
       */
      port: number;
      /**
       * The name to log in with; absent: `from`.
       */
      user?: string;
    };
  };
}
/**
 * A metric that should not cross a line, and who is told when it does.
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
     * What it means when the alert comes, and what to do.
     */
    description?: string;
    /**
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner?: string;
    /**
     * What is watched; units are in the names, rates and ratios are from 0 to 1. `reconcileP99Seconds`: 99th percentile of one pass over an environment; `planP99Seconds`: … of making a plan; `applyP99Seconds`: … of applying one; `commitToWorkerP99Seconds`: … from the commit until workers have the revision; `driftedResources`: resources whose live state is not the revision's; `sourceAgeSeconds`: since Git was last read; `runsPerMinute`: runs that ended; `runErrorRate`: share of runs that did not succeed; `runP50Seconds`: median time of runs; `runP99Seconds`: 99th percentile of it; `deadLetterRuns`: runs that were given up; `stepErrorRate`: share of steps that failed; `agentErrorRate`: share of agent steps that failed; `agentP99Seconds`: 99th percentile of the time of agent steps; `callsPerMinute`: calls of models and tools; `callErrorRate`: share of them that failed; `callDenyRate`: share of them that the gate denied; `tokens`: tokens used in the window; `costUsd`: US dollars spent in the window; `queueDepth`: queued runs; `oldestQueuedAgeSeconds`: how long the oldest of them has waited; `activeRuns`: runs that are executed now; `leaseTakeovers`: leases lost to another worker in the window; `pendingApprovals`: approvals that wait; `oldestApprovalAgeSeconds`: how long the oldest of them has waited; `liveWorkers`: workers that are live; `liveWorkersRatio`: live workers by desired workers.
     */
    metric:
      | 'reconcileP99Seconds'
      | 'planP99Seconds'
      | 'applyP99Seconds'
      | 'commitToWorkerP99Seconds'
      | 'driftedResources'
      | 'sourceAgeSeconds'
      | 'runsPerMinute'
      | 'runErrorRate'
      | 'runP50Seconds'
      | 'runP99Seconds'
      | 'deadLetterRuns'
      | 'stepErrorRate'
      | 'agentErrorRate'
      | 'agentP99Seconds'
      | 'callsPerMinute'
      | 'callErrorRate'
      | 'callDenyRate'
      | 'tokens'
      | 'costUsd'
      | 'queueDepth'
      | 'oldestQueuedAgeSeconds'
      | 'activeRuns'
      | 'leaseTakeovers'
      | 'pendingApprovals'
      | 'oldestApprovalAgeSeconds'
      | 'liveWorkers'
      | 'liveWorkersRatio';
    /**
     * When it alerts: above, at or above, below, at or below the threshold.
     */
    op: 'gt' | 'gte' | 'lt' | 'lte';
    /**
     * The line, in the metric's unit.
     */
    threshold: number;
    window?: Duration;
    for?: Duration;
    /**
     * How bad it is.
     */
    severity: 'info' | 'warning' | 'critical';
    /**
     * Of what the metric is taken; a metric that does not know a list has no use for it. Absent: of everything in the environment.
     */
    where?: {
      /**
       * These Agents.
       */
      agents?: Reference[];
      /**
       * These AgentSystems.
       */
      systems?: Reference[];
      /**
       * These WorkerPools.
       */
      pools?: Reference[];
      /**
       * These namespaces.
       */
      namespaces?: Name[];
    };
    /**
     * Who is told. Absent: the `alerts` of the environment in pawl.yaml.
     */
    receivers?: Reference[];
    /**
     * Whether it is quiet for now.
     */
    suspend: boolean;
  };
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
 * What is run, with what and how urgently.
 */
export interface TaskTemplate {
  /**
   * What the task is for.
   */
  description?: string;
  systemRef: Reference;
  /**
   * What the run is given, if nothing else is. It must fit the system's `input.schema`.
   */
  input?: Json;
  /**
   * From 0 to 9: among queued runs those of a higher number start first.
   */
  priority: number;
  deadline?: LongDuration;
  retry?: Retry;
  /**
   * What a worker must have to execute the run. Absent: any worker will do.
   */
  requires?: {
    /**
     * The region that the worker is in.
     */
    region?: string;
    /**
     * Whether the worker must have a GPU.
     */
    gpu?: boolean;
    /**
     * A model that the worker must serve itself, as its pool names it in `requires.models`.
     */
    model?: string;
    /**
     * Labels that the worker's pool must have, with these values.
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Isolation tiers that the worker must offer, as its pool demands them in `isolation`; `process` is offered by none.
     */
    isolation?: Tier[];
  };
}
/**
 * What manifests of an environment, or of one namespace, need not say themselves.
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
     * Why these.
     */
    description?: string;
    /**
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner?: string;
    /**
     * `environment` reaches every namespace, `namespace` its own; where both say something, the namespace's holds. There may be one of the first in an environment and one of the second in a namespace.
     */
    scope: 'environment' | 'namespace';
    modelRef?: Reference;
    /**
     * Limits of agents and systems that set none.
     */
    limits?: {
      /**
       * `limits.maxSteps` of agents.
       */
      maxSteps?: number;
      /**
       * `limits.maxToolCalls` of agents.
       */
      maxToolCalls?: number;
      /**
       * `limits.maxTokens` of agents.
       */
      maxTokens?: number;
      /**
       * US dollars, `limits.maxCost` of agents. In micro-USD.
       */
      maxCost?: number;
      /**
       * `limits.maxDelegationDepth` of agents.
       */
      maxDelegationDepth?: number;
      /**
       * `limits.maxTurns` of systems.
       */
      maxTurns?: number;
    };
    /**
     * Timeouts of what sets none.
     */
    timeouts?: {
      agent?: Duration;
      system?: Duration;
      tool?: Duration;
    };
    runtime?: Runtime;
    /**
     * Whether other namespaces may refer to every resource that it reaches, as if each had the annotation `pawl/share: "true"`.
     */
    share?: boolean;
  };
}
/**
 * Cases that a system must pass, run with every change that reaches it.
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
   * The cases, and how many must pass.
   */
  spec: {
    /**
     * What the cases show.
     */
    description?: string;
    /**
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner?: string;
    systemRef: Reference;
    /**
     * The cases.
     *
     * Items: One case.
     */
    cases: {
      name: Name;
      /**
       * What it shows.
       */
      description?: string;
      /**
       * What the run is given. It must fit the system's `input.schema`.
       */
      input: Json;
      /**
       * What must hold of the run, all of it.
       */
      expect: {
        /**
         * How the run ends.
         */
        phase: 'Succeeded' | 'Failed';
        /**
         * The output is exactly this JSON value.
         */
        equals?: Json;
        /**
         * The output holds this: each field of a map, with more beside them; each entry of a list, wherever it stands; any other value is equal.
         */
        includes?: Json;
        schema?: JsonSchema;
        /**
         * The output, as text, has each of these in it.
         *
         * Items: A text.
         */
        contains?: string[];
        /**
         * The output, as text, has none of these in it.
         *
         * Items: A text.
         */
        notContains?: string[];
        /**
         * The output, as text, has a match of this RE2 pattern.
         */
        matches?: string;
        /**
         * CEL over `input` and `output` that must be exactly true.
         */
        expr?: string;
        /**
         * Tools that the run calls, each at least once.
         */
        calls?: Reference[];
        /**
         * Tools that the run does not call.
         */
        notCalls?: Reference[];
        /**
         * Tokens that the run may use.
         */
        maxTokens?: number;
        /**
         * US dollars that the run may cost, with at most six decimals. In micro-USD.
         */
        maxCost?: number;
        maxDuration?: Duration;
      };
    }[];
    /**
     * The share of the cases that must pass, from 0 to 1.
     */
    threshold: number;
    /**
     * How often each case is run; it passes when all of its runs do.
     */
    repeat: number;
    timeout?: Duration;
  };
}
/**
 * An approved way in or out: calls to models or tools go through it, or agents are served at it.
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
   * What the gateway is.
   */
  spec: {
    /**
     * What the gateway is for.
     */
    description?: string;
    /**
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner?: string;
    /**
     * What passes: calls of models, calls of tools, or calls of agents from outside.
     */
    type: 'model' | 'tool' | 'agent';
    /**
     * Which implementation serves it: `builtin` is pawl's own server (agents only), `external` is one that somebody else runs at `url`.
     */
    class: 'builtin' | 'external';
    /**
     * Where it is reached: the base URL of model and tool gateways, and of agent gateways what their callers use.
     */
    url?: string;
    /**
     * Whose protocol a model gateway speaks. A ModelEndpoint behind it must have the same provider.
     */
    provider?: 'openai' | 'anthropic' | 'azureOpenai' | 'google' | 'bedrock' | 'ollama' | 'openaiCompatible';
    auth?: Auth;
    /**
     * Whether its host may resolve to a loopback or private address.
     */
    allowPrivate: boolean;
    /**
     * The agents that an agent gateway serves; an Agent's own `expose` says over which protocols.
     *
     * Items: One agent.
     */
    exposes?: {
      agentRef: Reference;
      /**
       * The path at which it is served; absent: `/<namespace>/<name>`.
       */
      path?: string;
    }[];
  };
}
/**
 * A check on what goes into calls and on what comes out of them.
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
   * What is checked, by what, and what follows.
   */
  spec: {
    /**
     * What the guard is for.
     */
    description?: string;
    /**
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner?: string;
    /**
     * When it checks: `preCall` prompts and arguments before they are sent, `postCall` answers and results before they are used.
     *
     * Items: A moment.
     */
    mode: ('preCall' | 'postCall')[];
    /**
     * Which calls it checks.
     *
     * Items: A sort of call.
     */
    calls: ('model' | 'tool')[];
    /**
     * What does the checking. The block of the type says how.
     */
    provider: {
      /**
       * `regex` looks for patterns itself; `http` asks a service of yours; `presidio` asks a Presidio analyzer; `openaiModeration` asks OpenAI's moderation endpoint.
       */
      type: 'regex' | 'http' | 'presidio' | 'openaiModeration';
      /**
       * Patterns, looked for in every text of the call.
       */
      regex?: {
        /**
         * A text that any of them matches is a finding.
         *
         * Items: A pattern.
         */
        patterns: {
          name: Name;
          /**
           * The pattern, in RE2 syntax.
           */
          pattern: string;
          /**
           * What `mask` writes in place of a match.
           */
          replacement: string;
        }[];
      };
      /**
       * A service that answers `{"verdict": "allow" | "block" | "mask", "text"}` to a POST of `{"mode", "call", "text"}`.
       */
      http?: {
        /**
         * Where to ask.
         */
        url: string;
        auth?: Auth;
        /**
         * Whether the host may resolve to a loopback or private address.
         */
        allowPrivate: boolean;
      };
      /**
       * A Presidio analyzer.
       */
      presidio?: {
        /**
         * Its base URL.
         */
        url: string;
        /**
         * The language of the texts, as ISO 639-1.
         */
        language: string;
        /**
         * The entities that are findings; absent: all that the analyzer knows.
         *
         * Items: An entity.
         */
        entities?: string[];
        /**
         * The score from which a finding counts.
         */
        minScore: number;
        auth?: Auth;
        /**
         * Whether the host may resolve to a loopback or private address.
         */
        allowPrivate: boolean;
      };
      /**
       * OpenAI's moderation endpoint.
       */
      openaiModeration?: {
        /**
         * The moderation model.
         */
        model: string;
        /**
         * Where it is, if not at OpenAI's.
         */
        baseUrl: string;
        secretRef: SecretRef;
        /**
         * Whether the host of `baseUrl` may resolve to a loopback or private address.
         */
        allowPrivate: boolean;
        /**
         * The categories that are findings; absent: all.
         *
         * Items: A category.
         */
        categories?: string[];
        /**
         * The score from which a category is a finding; absent: where the endpoint flags it.
         */
        minScore?: number;
      };
    };
    /**
     * `block` denies a call with a finding, `mask` removes what was found and goes on, `audit` only records it.
     */
    action: 'mask' | 'block' | 'audit';
    timeout: Duration;
    /**
     * A check that fails or times out denies the call; there is no other choice.
     */
    failure: 'closed';
  };
}
/**
 * `pawl.lock.yaml` at the root of the repository: the tool definitions of MCP servers that people have looked at.
 */
export interface Lock {
  /**
   * The version of the manifest language.
   */
  apiVersion: 'pawl/v1';
  /**
   * By `namespace/name` of the McpServer.
   */
  servers: {
    /**
     * What one server was when its tools were pinned.
     */
    [k: string]: {
      /**
       * What the McpServer declared, so that a change of it is seen: another program may offer other tools.
       */
      identity: {
        /**
         * How the server is reached.
         */
        transport: 'stdio' | 'http' | 'container';
        /**
         * The program.
         */
        command?: string;
        /**
         * Its arguments.
         *
         * Items: An argument.
         */
        args?: string[];
        /**
         * The names of its variables, sorted. Their values are no part of the pin.
         *
         * Items: A name.
         */
        env?: string[];
        /**
         * The endpoint.
         */
        url?: string;
        /**
         * The names of the headers that are sent, in lower case and sorted.
         *
         * Items: A name.
         */
        headers?: string[];
        /**
         * The image as it was declared.
         */
        image?: string;
        /**
         * What the image's tag stood for: what runs is this, wherever the tag moves.
         */
        imageDigest?: string;
      };
      /**
       * SHA-256 of the canonical JSON (RFC 8785) of the tools' digests by name.
       */
      toolsDigest: string;
      /**
       * When the server was asked for its tools. No part of any digest.
       */
      pinnedAt?: string;
      /**
       * The version of pawl that asked. No part of any digest.
       */
      pinnedWith?: string;
      /**
       * The tools by name, as the server defines them: what a model is told is this text.
       */
      tools: {
        /**
         * One tool.
         */
        [k: string]: {
          /**
           * SHA-256 of the canonical JSON (RFC 8785) of the definition with the tool's `name`.
           */
          digest: string;
          /**
           * What the server says of the tool.
           */
          definition: {
            /**
             * A name for people.
             */
            title?: string;
            /**
             * What a model chooses the tool by.
             */
            description?: string;
            inputSchema: JsonSchema;
            outputSchema?: JsonSchema;
            /**
             * What the server claims about the tool's effects. Claims grant nothing.
             */
            annotations?: JsonObject;
          };
        };
      };
    };
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
    image?: Image;
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
      allow?: Globs;
      deny?: Globs;
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
     * `required`: a server without a pin in `pawl.lock.yaml` is an error. `onDeclare`: it is a warning, and its tools are neither offered nor called until they are pinned.
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
     * What is remembered beyond a session, found again by meaning where `embeddingRef` is set and the database has pgvector, else by words. Absent: nothing.
     */
    longTerm?: {
      embeddingRef?: Reference;
      /**
       * How many numbers an embedding has; needed with `embeddingRef`. Another length or model makes what was embedded before be found by words, until it is written again.
       */
      dimensions?: number;
      /**
       * How many memories a search returns.
       */
      topK: number;
      /**
       * How similar a memory must be to be found by meaning, as the cosine of both embeddings, from 0 to 1; of `http` the score of the service.
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
     * Who answers. `openaiCompatible` speaks the chat completions API; `scripted` answers from a file, offline and the same each time.
     */
    provider:
      'openai' | 'anthropic' | 'azureOpenai' | 'google' | 'bedrock' | 'ollama' | 'openaiCompatible' | 'scripted';
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
       * How much the model thinks before it answers, where it can.
       */
      reasoningEffort?: 'none' | 'minimal' | 'low' | 'medium' | 'high';
      /**
       * Texts that end the answer.
       *
       * Items: A text.
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
      /**
       * Price of a million cached input tokens. In micro-USD.
       */
      cachedInputPerMTok?: number;
    };
    /**
     * How fast the endpoint is asked, over all workers.
     */
    rateLimit?: {
      /**
       * Requests in a minute.
       */
      requestsPerMinute?: number;
      /**
       * Tokens in a minute, input and output together.
       */
      tokensPerMinute?: number;
    };
    /**
     * Headers of every request. Credentials go into `auth`.
     */
    headers?: {
      /**
       * The value of the header.
       */
      [k: string]: string;
    };
    /**
     * Whom the endpoint's certificate is trusted from.
     */
    tls?: {
      caSecretRef: SecretRef;
    };
    /**
     * The region of a `bedrock` or `google` endpoint.
     */
    region?: string;
    /**
     * The cloud project of a `google` endpoint.
     */
    project?: string;
    /**
     * The version of an `azureOpenai` API.
     */
    apiVersion?: string;
    gatewayRef?: Reference;
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
   * Who is meant by the names that approvals and approvers use.
   */
  groups?: {
    /**
     * One group: everybody whom any of these names.
     */
    [k: string]: {
      /**
       * Who they are.
       */
      description?: string;
      /**
       * Members by GitHub.
       */
      github?: {
        /**
         * Teams.
         *
         * Items: A team, as `organisation/team`.
         */
        teams?: string[];
        /**
         * Users.
         *
         * Items: A login.
         */
        users?: string[];
      };
      /**
       * Members by what their identity provider's token says.
       *
       * Items: A claim.
       */
      oidc?: {
        /**
         * The issuer of the token; absent: the one that the server is set up with.
         */
        issuer?: string;
        /**
         * The name of the claim; dots lead into claims that are maps.
         */
        claim: string;
        /**
         * The text that the claim is, or that a claim that is a list has in it.
         */
        value: string;
      }[];
    };
  };
  /**
   * Who may ask what of pawl's API, beside those whose token says so. The entries of the commit that is live hold.
   *
   * Items: A role for everybody whom the entry names.
   */
  access?: {
    /**
     * `reader` looks; `author` plans and starts runs too; `operator` cancels, retries, heals, halts too; `approver` looks and decides where rules ask; `admin` does everything.
     */
    role: 'reader' | 'author' | 'operator' | 'approver' | 'admin';
    /**
     * The only namespaces that it holds in. Absent: all, and the environment as a whole.
     */
    namespaces?: Name[];
    /**
     * Groups whose members have it.
     */
    groups?: Name[];
    /**
     * People who have it, by the name that the door proves: a token's, `oidc:…`, a verified address.
     *
     * Items: A name.
     */
    users?: string[];
  }[];
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
    /**
     * What is done about live state that is not the revision's: `alert` reports it, `heal` writes the revision's state back too.
     */
    drift: 'alert' | 'heal';
    /**
     * When merged commits are applied. Where any window allows, nothing is applied outside those; a window that denies wins. Absent: at any time.
     *
     * Items: One window.
     */
    windows?: {
      name?: Name;
      /**
       * Whether it allows or denies.
       */
      verdict: 'allow' | 'deny';
      /**
       * When it opens: minute, hour, day of month, month and day of week.
       */
      cron: string;
      duration: Duration;
      /**
       * The IANA time zone that the hours are meant in.
       */
      timeZone: string;
    }[];
    /**
     * From when on a plan is refused unless somebody acknowledges it.
     */
    guards?: {
      /**
       * More deletes than this are refused, if they are more than `maxDeletePercent` too.
       */
      maxDeletes: number;
      /**
       * The share of the environment's resources, in percent.
       */
      maxDeletePercent: number;
      /**
       * More updates than this are refused, if they are more than `maxUpdatePercent` too.
       */
      maxUpdates: number;
      /**
       * The share of the environment's resources, in percent.
       */
      maxUpdatePercent: number;
      /**
       * Kinds whose resources are not deleted. To delete one, its kind is taken off the list first, in a commit of its own.
       *
       * Items: A kind.
       */
      protectedKinds: (
        | 'Defaults'
        | 'Secret'
        | 'Guard'
        | 'Gateway'
        | 'ModelEndpoint'
        | 'Memory'
        | 'PromptLibrary'
        | 'McpServer'
        | 'Tool'
        | 'AgentRole'
        | 'ToolPermission'
        | 'AgentPolicy'
        | 'Agent'
        | 'AgentSystem'
        | 'Workforce'
        | 'Task'
        | 'TaskSchedule'
        | 'TaskWebhook'
        | 'WorkerPool'
        | 'AlertReceiver'
        | 'AlertRule'
        | 'Eval'
      )[];
    };
    /**
     * Who acknowledges a risk of each class, in place of the class's own default. Names are what counts: who wrote the change is not looked at.
     */
    approvals?: {
      [k: string]: Approvers;
    };
    /**
     * Whether commits must be signed.
     */
    signatures?: {
      /**
       * `require` holds back a commit that no allowed signer signed; `off` does not look.
       */
      mode: 'off' | 'require';
      /**
       * The file with the keys, in the form of OpenSSH's `allowed_signers`, from the repository's root. It is read from the commit before the one it judges.
       */
      allowedSigners?: string;
      /**
       * The file with revoked SSH keys: public keys, or a revocation list of OpenSSH. What the commit that is to go live revokes is revoked for the commits before it too.
       */
      revokedSigners?: string;
      /**
       * The file with OpenPGP public keys that may sign, in ASCII armour, with their revocations. It is read like `allowedSigners`, and either of the two will do.
       */
      keyring?: string;
      /**
       * The file with the forge's own OpenPGP keys, by which it signs what people do on its pages. They count only while the forge's API says that the branch requires signatures and reviews.
       */
      forgeKeys?: string;
    };
    /**
     * How a revision is watched after it was applied, and what is done when its runs fail. The settings of the commit that is live hold.
     */
    health?: {
      window: Duration;
      /**
       * So many runs must have ended before anything is said of how they end.
       */
      minRuns: number;
      /**
       * The share of runs, in percent, that may fail beyond the share that failed before the revision.
       */
      maxErrorRate: number;
      /**
       * `alert` says so; `rollback` returns to the last revision that was healthy too, once, where runs of several callers failed.
       */
      onFailure: 'alert' | 'rollback';
    };
    /**
     * AlertReceivers of the environment that hear of drift, of failed applies and of alert rules that name none.
     */
    alerts?: Reference[];
  }[];
  /**
   * How values of secrets are written into Git.
   */
  secrets?: {
    /**
     * The age recipients that `pawl secret encrypt` encrypts for: the workers', and those of people who may look.
     *
     * Items: The public half of an X25519 key.
     */
    recipients?: string[];
  };
  /**
   * Which folders may declare what. Of several paths that hold a file the innermost counts; a file that none holds may declare anything.
   *
   * Items: What the manifests below one path may declare.
   */
  ownership?: {
    /**
     * A folder or file of the repository; `.` is the whole of it.
     */
    path: string;
    /**
     * The only namespaces of the resources that are declared or patched there. Absent: any.
     */
    namespaces?: Name[];
    /**
     * The only kinds that are declared or patched there. Absent: any.
     *
     * Items: A kind.
     */
    kinds?: string[];
    /**
     * Groups of `groups` whose members approve changes there.
     *
     * Items: The name of a group.
     */
    owners?: string[];
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
     * `env`: environment variables of the worker. `file`: files of the worker. `age`: ciphertext here, which only a worker with the key can read. `stored`: values that `pawl secret set` has put into pawl's database.
     */
    source: 'env' | 'file' | 'age' | 'stored';
    /**
     * Where the value of each key is: an environment variable, a path, age's armoured ciphertext, or, where it is stored, an empty text. A worker reads only variables that start with `PAWL_SECRET_` or that its operator listed.
     */
    keys: {
      /**
       * Where the value of the key is.
       */
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
   * What is run, and when.
   */
  spec: {
    /**
     * What the schedule is for.
     */
    description?: string;
    taskRef?: Reference;
    task?: TaskTemplate;
    /**
     * When: minute, hour, day of month, month and day of week, with `*`, lists, ranges, steps and English names. Where both days are restricted, either is enough.
     */
    cron: string;
    /**
     * The IANA time zone that the hours are meant in.
     */
    timeZone: string;
    /**
     * Whether no runs are started for now.
     */
    suspend: boolean;
    startingDeadline: Duration;
    /**
     * What happens when the run before is not over: `forbid` leaves this time out, `allow` starts beside it, `replace` cancels it first.
     */
    concurrency: 'forbid' | 'allow' | 'replace';
    jitter?: Duration;
    /**
     * How many finished runs are listed with the schedule. No run is deleted for it.
     */
    historyLimits: {
      /**
       * Runs that succeeded.
       */
      succeeded: number;
      /**
       * Runs that ended otherwise.
       */
      failed: number;
    };
  };
}
/**
 * Runs a task when a signed request comes in.
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
   * What is run, for which requests.
   */
  spec: {
    /**
     * What the webhook is for.
     */
    description?: string;
    taskRef?: Reference;
    task?: TaskTemplate;
    /**
     * Whether requests are refused for now.
     */
    suspend: boolean;
    /**
     * How a request proves where it comes from. It is checked before anything else of the request is read.
     */
    auth: {
      /**
       * `github`: the HMAC-SHA-256 in `X-Hub-Signature-256`; `gitlab`: the token in `X-Gitlab-Token`; `generic`: an HMAC in `signatureHeader`; `sharedToken`: the token in `tokenHeader`.
       */
      profile: 'github' | 'gitlab' | 'generic' | 'sharedToken';
      secretRef: SecretRef;
      /**
       * The header with the signature of a `generic` request.
       */
      signatureHeader?: string;
      /**
       * What stands in front of the signature.
       */
      signaturePrefix?: string;
      /**
       * The hash of a `generic` signature. Absent: sha256.
       */
      algorithm?: 'sha256' | 'sha512';
      /**
       * How a `generic` signature is written. Absent: hex.
       */
      encoding?: 'hex' | 'base64';
      /**
       * The header with the time of a `generic` request, in seconds since 1970. It is signed in front of the body, with a dot between them.
       */
      timestampHeader?: string;
      tolerance?: Duration;
      /**
       * The header with the token of a `sharedToken` request.
       */
      tokenHeader?: string;
    };
    /**
     * Which requests are the same one, sent again: they are answered, and start no second run.
     */
    dedupe: {
      /**
       * The header that names the delivery. Absent: `X-GitHub-Delivery` and `X-Gitlab-Event-UUID` for their profiles, else the digest of the body.
       */
      header?: string;
      window: LongDuration;
    };
    /**
     * What the run is given, in place of the task's own input: literals, or `${ … }` holding CEL over `payload` (the JSON body) and `headers` (by lower-case name).
     */
    input?: Json;
    /**
     * CEL over `payload` and `headers`: a request starts a run only when it is exactly true. Absent: every request does.
     */
    filter?: string;
  };
}
/**
 * A template of a run: a system with its input, urgency and needs.
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
  spec: TaskTemplate;
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
    /**
     * Why calls need it.
     */
    description?: string;
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
       * `deny` refuses calls with the operation, `ask` has a human approve each, `allow` leaves them to the grant.
       */
      verdict: 'allow' | 'ask' | 'deny';
    }[];
    approval?: Approval;
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
     * How the tool is reached; the block of this name says the rest.
     */
    type: 'http' | 'cli' | 'mcp' | 'code' | 'wasm' | 'container' | 'human' | 'retrieval' | 'builtin';
    inputSchema?: JsonSchema;
    outputSchema?: JsonSchema;
    /**
     * What the tool does to the world; sorted, never empty.
     */
    operation: Operation[];
    risk: Risk;
    /**
     * What a call does with data: reads what everybody may know, what is private, or what a stranger wrote; or takes data out. A tool of the network that does not say counts as reading both and taking out; a memory as reading both.
     */
    dataClass?: 'public' | 'privateRead' | 'untrustedRead' | 'externalWrite';
    /**
     * Whether the same call with the same key may be made twice.
     */
    idempotent: boolean;
    timeout: Duration;
    maxResultBytes: ByteSize;
    retry?: Retry;
    /**
     * What a tool that runs on the worker is kept from.
     */
    isolation?: {
      min?: Tier;
      memory?: ByteSize;
      cpuTime?: Duration;
      /**
       * `declared` lets it reach `egress.hosts`.
       */
      network: 'none' | 'declared';
      /**
       * What it may see of files: nothing, what its image or program brings, or an empty folder besides that it may write to.
       */
      filesystem: 'none' | 'readOnly' | 'scratch';
    };
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
        /**
         * The value of the header.
         */
        [k: string]: string;
      };
      /**
       * Query parameters of the request.
       */
      query: {
        /**
         * The value of the parameter.
         */
        [k: string]: string;
      };
      /**
       * The JSON body of the request. Absent: none.
       */
      body?: Json;
    };
    /**
     * One program. `{name}` in an argument stands for an argument of the call; nothing is given to a shell.
     */
    cli?: {
      /**
       * The program: a name on the worker's path, or an absolute path.
       */
      command: string;
      /**
       * Its arguments.
       *
       * Items: An argument.
       */
      args: string[];
      /**
       * Its environment: it gets nothing of the worker's.
       */
      env: EnvironmentVariable[];
      /**
       * What it reads from standard input, `{name}` for an argument. Absent: nothing.
       */
      stdin?: string;
    };
    /**
     * One tool of an MCP server.
     */
    mcp?: {
      serverRef: Reference;
      /**
       * The tool's name at the server.
       */
      tool: string;
    };
    /**
     * A function that runs without any access to the worker.
     */
    code?: {
      /**
       * The language.
       */
      language: 'javascript';
      /**
       * A module whose default export is the function: arguments in, result out.
       */
      source?: string;
      /**
       * The file that holds it: relative to the manifest, or to the repository with a leading `/`.
       */
      file?: string;
    };
    /**
     * A WebAssembly module.
     */
    wasm?: {
      /**
       * The module in the repository: relative to the manifest, or to the repository with a leading `/`.
       */
      module: string;
      /**
       * The function that is called.
       */
      export: string;
      memory: ByteSize;
      /**
       * Instructions that one call may use.
       */
      fuel: number;
    };
    /**
     * A container that is started for each call: arguments as JSON on standard input, the result on standard output.
     */
    container?: {
      image: Image;
      /**
       * What it starts instead of its own entry point.
       *
       * Items: A word.
       */
      command?: string[];
      /**
       * Arguments of what it starts.
       *
       * Items: An argument.
       */
      args: string[];
      /**
       * Its environment.
       */
      env: EnvironmentVariable[];
    };
    /**
     * A person does it.
     */
    human?: {
      assignees: Assignees;
      form?: JsonSchema;
      ttl: LongDuration;
    };
    /**
     * A search in a memory.
     */
    retrieval?: {
      memoryRef: Reference;
      /**
       * How many entries a search returns.
       */
      topK: number;
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
      hosts: Hosts;
      /**
       * Whether a host may resolve to a loopback or private address.
       */
      allowPrivate: boolean;
    };
    auth?: Auth;
  };
}
/**
 * Workers of one sort: what they have, how many there should be, and how much each takes on.
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
   * What the pool is.
   */
  spec: {
    /**
     * What the pool is for.
     */
    description?: string;
    /**
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner?: string;
    /**
     * What a worker must say of itself to belong to the pool, and what a Task can ask for.
     */
    requires: {
      /**
       * The region of its workers.
       */
      region?: string;
      /**
       * Whether its workers have a GPU.
       */
      gpu?: boolean;
      /**
       * Models that its workers serve themselves.
       *
       * Items: A model.
       */
      models?: string[];
      /**
       * Labels of its workers.
       */
      labels?: {
        [k: string]: string;
      };
    };
    /**
     * The isolation tiers that each of its workers must have proved before it takes a run; `process` is offered by none. Absent: it demands none.
     */
    isolation?: Tier[];
    /**
     * Workers that there are always.
     */
    minWorkers: number;
    /**
     * Workers that there are at most.
     */
    maxWorkers: number;
    /**
     * Runs that one worker executes at a time.
     */
    concurrency: number;
    /**
     * Runs that may wait for the pool; one more is refused with `queue.full`. Absent: no bound of its own.
     */
    maxQueued?: number;
    /**
     * From what the number of workers follows. The largest of the numbers that the metrics ask for is wanted, within the bounds.
     */
    scaling?: {
      /**
       * What is measured.
       *
       * Items: One metric: as many workers are wanted as keep it at its target.
       */
      metrics: {
        /**
         * `queueDepth`: queued runs per worker; `oldestQueuedAge`: seconds that the oldest has waited; `activeRuns`: runs per worker; `runsPerSecond`: runs that end per second and worker; `cpu`, `memory`: the share of it that workers use, from 0 to 1.
         */
        metric: 'queueDepth' | 'oldestQueuedAge' | 'activeRuns' | 'runsPerSecond' | 'cpu' | 'memory';
        /**
         * The value to keep.
         */
        target: number;
      }[];
      scaleDownAfter: Duration;
    };
  };
}
/**
 * Agents that work together, under one owner. The agents and tools that they reach are computed and shown.
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
     * What the workforce does.
     */
    description?: string;
    /**
     * Its name for people.
     */
    displayName?: string;
    /**
     * The team or person who answers for it, e.g. a GitHub team.
     */
    owner: string;
    /**
     * The agents that work comes to; whatever they reach belongs to the workforce too.
     */
    entryAgents: Reference[];
    /**
     * Words to find it by.
     *
     * Items: A tag.
     */
    tags: string[];
  };
}
