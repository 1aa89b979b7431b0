import type { Bundle } from '../manifest/bundle.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { Address } from '../manifest/resource.ts';
import type { Action, ApprovalState } from './approval.ts';
import type { ArgumentSchemas } from './arguments.ts';
import type { Tier } from '../manifest/bundle-world.ts';
import type { SubjectAuthority } from './authority.ts';
import type { DataClass } from './data-class.ts';
import type { Halt } from './halt-scope.ts';
import type { HandedOn } from './hand-off.ts';

/** What is asked of the gate. */
export type GateCall = ToolGateCall | ModelGateCall;

/** A question of pawl itself to the memory of an agent's session: nobody's call, and stopped like one. */
export interface SessionQuestion {
  readonly kind: 'session';
  /** `Agent/ns/name`. */
  readonly subject: Address;
  /** `namespace/name` of the Memory. */
  readonly memory: string;
}

export interface ToolGateCall {
  readonly kind: 'tool';
  /** Who calls: `Agent/ns/name`, or `AgentSystem/ns/name` for a system's own tool node. */
  readonly subject: Address;
  /** An agent's call: the name as the model wrote it. A system's tool node: the Tool's `namespace/name`. */
  readonly name: string;
  /** Raw JSON text; a tool node gives the JSON text of its evaluated input. */
  readonly arguments: string;
  /** Another attempt at a call that was counted already. */
  readonly again?: boolean;
  /** Where guards masked some of the arguments: the digest of what was written, by which repetitions are counted. */
  readonly written?: string;
}

export interface ModelGateCall {
  readonly kind: 'model';
  /** `Agent/ns/name`. */
  readonly subject: Address;
  /** `namespace/name` of the ModelEndpoint, one of those that the agent names. */
  readonly model: string;
  /** `estimateInputTokens` of the request that would be sent. */
  readonly inputTokens: number;
  /** Asked to embed texts for a tool call of the step: it answers in no tokens and is no turn. Absent: asked for an answer. */
  readonly embeds?: true;
}

/** Everything a decision may look at: plain values and tables made ready before, so that deciding is looking up. */
export interface GateContext {
  /** The run's facts by the database's clock. */
  readonly clock: { readonly lost: boolean; readonly cancelled: boolean; readonly overdue: boolean };
  /** The content that the run is pinned to. */
  readonly bundle: Bundle;
  /** `argumentSchemas(bundle)`: compiled once per bundle. */
  readonly schemas: ArgumentSchemas;
  /** The subject's row in the authority of the run's revision. */
  readonly pinned: SubjectAuthority | undefined;
  /** The subject's row in the live authority; undefined: live no longer has that agent or system, pinned verdicts stand. */
  readonly live: SubjectAuthority | undefined;
  readonly usage: Usage;
  /** The agents that handed on the work that the caller does; absent: it does its own. */
  readonly handedOn?: readonly HandedOn[];
  /** Switches in force; undefined: they cannot be read, and count as active. Absent of a plan's questions: none. */
  readonly halts?: { readonly known: readonly Halt[] | undefined };
  /** What the call runs in, for conditions and for what an approval binds to; absent: nothing can be approved. */
  readonly where?: CallPlace;
  /** The tiers that the worker's self-test proved; absent: none, so that nothing runs on it but pawl's own. */
  readonly tiers?: readonly Tier[];
  /** By the call's path without its attempt. */
  readonly approvals?: ReadonlyMap<string, ApprovalState>;
}

/** Where a call comes from. */
export interface CallPlace extends Pick<Action, 'environment' | 'run' | 'step' | 'call'> {
  readonly input: JsonObject;
  /** RFC 3339, by the database's clock. */
  readonly now: string;
}

/** Folded from the journal. Amounts are settled plus still reserved: a call without a result counts its reservation. */
export interface Usage {
  /** Of this execution of the node. */
  readonly step: {
    /** Model turns so far; a retry of a turn is not another one. */
    readonly modelCalls: number;
    /** Tool calls that the gate allowed. */
    readonly toolCalls: number;
    /** Calls that the gate refused, of either kind. */
    readonly denials: number;
    readonly tokens: number;
    /** Micro-USD. */
    readonly cost: number;
    /** How often each call was asked for, allowed or not, by `repetitionKey(tool, argsDigest)`. */
    readonly repeated: ReadonlyMap<string, number>;
  };
  /** Of the whole run, against the system's own limits. */
  readonly run: { readonly tokens: number; readonly cost: number };
  /** Of each execution of a nested system that the call is inside of, against that system's own limits. */
  readonly nested?: readonly NestedUsage[];
  /** Of the whole run by budget id: the sum over the subjects that the budget reaches. Absent: nothing used. */
  readonly budgets: ReadonlyMap<string, Spent>;
  /** Classes of data that calls of the run have touched; absent: no rule asks. */
  readonly touched?: ReadonlySet<DataClass>;
  /** By `accountKey`: what the run has drawn and not used. Absent as a whole: shared accounts are not asked (a plan's question). */
  readonly drawn?: ReadonlyMap<string, Drawn>;
}

export interface Drawn {
  /** Drawn less used and held; tokens, micro-USD or calls. */
  readonly left: number;
  /** The account could not give what was last asked of it. */
  readonly dry: boolean;
  /** The limit under which that was so: under a lower one nothing of it may be used before the account was asked. */
  readonly limit: number;
  /** What all runs have used of the account, as far as this run was told, and its own calls hold of it. */
  readonly spent?: number;
}

export interface NestedUsage {
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly limits: { readonly maxTokens?: number; readonly maxCost?: number };
  readonly tokens: number;
  readonly cost: number;
}

/** Model and tool calls, tokens of both directions, micro-USD. */
export interface Spent {
  readonly calls: number;
  readonly tokens: number;
  readonly cost: number;
}

/** The tool of a repetition account. */
export function repeatedTool(key: string): string {
  return key.slice(0, key.lastIndexOf(' '));
}

/** The repetition account of one call: the tool's `namespace/name` and the digest of its canonical arguments. */
export function repetitionKey(tool: string, argsDigest: string): string {
  return `${tool} ${argsDigest}`;
}
