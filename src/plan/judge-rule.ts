import type { Address, Kind, Resource } from '../manifest/resource.ts';
import type { Direction } from './access.ts';
import type { Narrowing } from './judge-narrowing.ts';

/** What a change of one field, and of everything beneath it, says about power. */
export type JudgeRow =
  /** Judged by rule: it widens unless it provably narrows. */
  | JudgeRule
  /** Something else of the plan shows it. */
  | {
      readonly shown:
        | 'cells'
        | 'limits'
        | 'restrictions'
        | 'coverage'
        | 'prompts'
        | 'models'
        | 'graphs'
        | 'triggers'
        | 'users';
    }
  /** It says nothing about power, and why. */
  | { readonly nothing: string };

export interface JudgeRule {
  /** e.g. `tool.idempotent`. */
  readonly aspect: string;
  readonly narrows: Narrowing;
  /** What it is about, to go on after "changes": `so that …`, `which …`. */
  readonly why: string;
}

/** By path, `*` for a key of a map or an entry of a list. The longest row that fits a field is its row. */
export type JudgeTable = Readonly<Record<string, JudgeRow>>;

export function judge(aspect: string, narrows: Narrowing, why: string): JudgeRule {
  return { aspect, narrows, why };
}

export const prose: JudgeRow = { nothing: 'for readers only' };
export const cells: JudgeRow = { shown: 'cells' };
export const limits: JudgeRow = { shown: 'limits' };
export const restrictions: JudgeRow = { shown: 'restrictions' };

/** Both forms of a resource that changes; one is missing where it comes or goes. */
export interface Forms {
  readonly address: Address;
  readonly kind: Kind;
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
}

/** What one rule says of one changed field. */
export interface JudgedField extends Omit<JudgeRule, 'narrows'> {
  readonly direction: Direction;
  /** As `FieldChange.path` writes it; the first of those that the rule speaks of. */
  readonly field: string;
  readonly segments: readonly string[];
}
