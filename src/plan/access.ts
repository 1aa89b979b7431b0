import type { Address, Place } from '../manifest/resource.ts';
import type { ReasonCode } from '../policy/reason.ts';

/** What agents may do after the plan and could not before, and the other way round. */
export interface AccessChanges {
  /** Cells of (subject, system, target) whose verdict moves; widened ones first, then by address. */
  readonly cells: readonly CellChange[];
  /** Ceilings of subjects and budgets that move. */
  readonly limits: readonly LimitChange[];
  /** What calls must satisfy besides, where it moves; absent: nothing of it does. */
  readonly restrictions?: readonly RestrictionChange[];
  /** Subjects that a policy reached and no longer reaches, or reaches now. */
  readonly coverage: readonly CoverageChange[];
  /** Changes that no cell shows, judged by rule: whatever is not provably a narrowing widens. */
  readonly judged: readonly JudgedChange[];
  /** How often the search for the smallest set reached its bound: so many causes name more changes than are needed. */
  readonly unresolved?: number;
}

export type Direction = 'widened' | 'narrowed';

/** A change that brings an access change about: the smallest set without which it would not be. */
export interface Cause {
  readonly address: Address;
  readonly place: Place;
  /** Paths of the fields that change, as `FieldChange.path` writes them. */
  readonly fields: readonly string[];
}

export interface CellVerdict {
  readonly kind: 'allow' | 'ask' | 'deny';
  /** The role, policy or permission that says so. */
  readonly rule: string;
  readonly reason?: ReasonCode;
  /** `ask`: the rules that have people look first, sorted. */
  readonly asks?: readonly string[];
}

export interface CellChange {
  /** `Agent/ns/name`, or `AgentSystem/ns/name` for a system's own tool nodes. */
  readonly subject: Address;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly target: 'tool' | 'model';
  /** `namespace/name` of the Tool or ModelEndpoint. */
  readonly name: string;
  /** Of the tool; absent for models. */
  readonly operation?: string;
  readonly direction: Direction;
  /** A cell that is not there denies. */
  readonly before: CellVerdict;
  readonly after: CellVerdict;
  readonly causes: readonly Cause[];
}

export interface LimitChange {
  readonly subject: Address;
  readonly system: string;
  /** `maxSteps`, `maxToolCalls`, `maxTokens`, `timeout` (ms), `maxCost` and `budget.namespace.usd.day` (micro-USD), … */
  readonly limit: string;
  readonly direction: Direction;
  /** Undefined: no ceiling. */
  readonly before: number | undefined;
  readonly after: number | undefined;
  readonly causes: readonly Cause[];
}

export type RestrictionKind =
  | 'approval'
  | 'budget'
  | 'condition'
  | 'egress'
  | 'flow'
  | 'gateway'
  | 'guard'
  | 'isolation'
  | 'rate';

/** A compiled rule of a subject that comes, goes or changes, and whose effect depends on more than the cell. */
export interface RestrictionChange {
  readonly subject: Address;
  readonly system: string;
  readonly kind: RestrictionKind;
  /** `AgentPolicy/ns/name#condition`, `ToolPermission/ns/name`, `Guard/ns/name`, … */
  readonly rule: string;
  /** A rule that says another thing than before, and not provably more, widens. */
  readonly direction: Direction;
  /** What it says, for people; undefined: there is no such rule. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly causes: readonly Cause[];
}

export interface CoverageChange {
  readonly policy: Address;
  readonly subject: Address;
  readonly system: string;
  readonly direction: Direction;
  readonly causes: readonly Cause[];
}

export interface JudgedChange {
  /** What moved: `tool.idempotent`, `policy.condition`, `secret.key`, `agent.guard`, … */
  readonly aspect: string;
  readonly direction: Direction;
  readonly address: Address;
  readonly place: Place;
  /** As `FieldChange.path` writes it. */
  readonly field: string;
  /** One sentence for people, with no value that a schema marks sensitive. */
  readonly message: string;
  /** Subjects in systems whose cells it covers, sorted. */
  readonly covers: readonly { readonly subject: Address; readonly system: string }[];
}

export const noAccessChanges: AccessChanges = { cells: [], limits: [], coverage: [], judged: [] };
