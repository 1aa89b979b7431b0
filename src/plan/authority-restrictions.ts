import { compareText } from '../manifest/problem.ts';
import type { Address } from '../manifest/resource.ts';
import type { SubjectAuthority } from '../policy/authority.ts';
import type { Direction, RestrictionChange } from './access.ts';
import type { Attribution } from './attribution.ts';
import type { CallerChange } from './authority-cells.ts';
import { type Affected, type Comparison, renamedTool } from './authority-scope.ts';
import { reachedIn } from './authority-reach.ts';
import { authorityIn, type World } from './authority-world.ts';
import { asksOf, type Restriction, restrictionsOf, type Together, uncovered } from './restriction.ts';

/** Both sides of one caller, with what a move calls by another name. */
interface Compared {
  readonly before: SubjectAuthority;
  readonly after: SubjectAuthority;
  /** Tools before by their names after. */
  readonly was: ReadonlyMap<Address, Address>;
  /** Only of approvals is anything known where single tools were compiled. */
  readonly isWhole: boolean;
  /** Of a budget whose ceiling moves the figure speaks, but not of why the account is another. */
  readonly withCeilings?: true;
  readonly together: { readonly forth: Together; readonly back: Together };
}

/**
 * What a caller's calls must satisfy besides its cells, compiled before and after: whatever nothing after covers is
 * lost, whichever change of whichever file lost it, and a rule that moved between two policies is not.
 */
export function restrictionChanges(
  affected: Affected,
  { before, after }: CallerChange,
  { comparison, attribution }: { readonly comparison: Comparison; readonly attribution: Attribution },
): readonly RestrictionChange[] {
  if (before === undefined || after === undefined) return [];
  const sides = { was: comparison.was, isWhole: affected.tools === undefined, together: togetherIn(comparison) };
  const compared: Compared = { before, after, ...sides };
  return movesOf(compared).map(({ tools, ...moved }) => {
    const candidates = attribution.candidates(affected, ...tools, ...tools.map((name) => renamedTool(name, sides.was)));
    const causes = attribution.causes(candidates, (world) => {
      const wanted = new Set(tools);
      const now = authorityIn(world, affected.caller, wanted) ?? authorityIn(world, affected.old, wanted);
      if (now === undefined) return false;
      const then = movesOf({ ...compared, after: { ...now, tools: pick(now.tools, wanted) }, withCeilings: true });
      return then.some((one) => isSame(one, moved));
    });
    return { ...affected.caller, ...moved, causes };
  });
}

function pick<T>(table: Readonly<Record<string, T>>, names: ReadonlySet<string>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(table).filter(([name]) => names.has(name)));
}

interface Move extends Pick<RestrictionChange, 'kind' | 'rule' | 'direction' | 'before' | 'after'> {
  /** Of an approval: the cells that it is asked for, after the plan. */
  readonly tools: readonly string[];
}

function isSame(one: Pick<Move, 'kind' | 'rule' | 'direction'>, other: Pick<Move, 'kind' | 'rule' | 'direction'>) {
  return one.kind === other.kind && one.rule === other.rule && one.direction === other.direction;
}

/** By kind and rule; a rule that is lost and comes back as another is one change, and widens. */
function movesOf(compared: Compared): readonly Move[] {
  const moves = new Map<string, Move>();
  const note = (direction: Direction, one: Restriction, { others, tool }: Beside): void => {
    const key = `${one.kind} ${one.rule}`;
    const known = moves.get(key);
    const tools = [...(known?.tools ?? []), ...(tool === undefined ? [] : [tool])];
    if (known !== undefined && (known.direction === 'widened' || direction === 'narrowed')) {
      moves.set(key, { ...known, tools });
      return;
    }
    const other = others.find(({ kind, rule }) => kind === one.kind && rule === one.rule)?.text;
    const [before, after] = direction === 'widened' ? [one.text, other] : [other, one.text];
    moves.set(key, { kind: one.kind, rule: one.rule, direction, before, after, tools });
  };
  for (const { was, is, tool } of pairs(compared)) {
    for (const one of uncovered(was, is)) note('widened', one, { others: is, tool });
  }
  for (const { was, is, tool } of pairs(compared, 'back')) {
    for (const one of uncovered(is, was)) note('narrowed', one, { others: was, tool });
  }
  return [...moves.values()].sort((a, b) => compareText(a.kind, b.kind) || compareText(a.rule, b.rule));
}

interface Beside {
  readonly others: readonly Restriction[];
  readonly tool: string | undefined;
}

interface Pair {
  readonly was: readonly Restriction[];
  readonly is: readonly Restriction[];
  readonly tool: string | undefined;
}

/** The subject's rules as a whole, then those who are asked of each cell that asks on both sides: else the cell moves. */
function* pairs(compared: Compared, way: 'forth' | 'back' = 'forth'): Generator<Pair> {
  const { before, after, was, isWhole, together } = compared;
  if (isWhole) {
    const ceilings = compared.withCeilings === true ? new Set() : movedBudgets(before, after);
    const of = (authority: SubjectAuthority): readonly Restriction[] =>
      restrictionsOf(authority, together[way]).filter(
        ({ kind, text }) => kind !== 'budget' || !ceilings.has(text.slice(0, text.indexOf(' '))),
      );
    yield { was: of(before), is: of(after), tool: undefined };
  }
  if (before.approvals === undefined || after.approvals === undefined) return;
  for (const [tool, verdict] of Object.entries(after.tools)) {
    if (verdict.kind !== 'ask') continue;
    const old = renamedTool(tool, was);
    if (before.tools[old]?.kind === 'ask') yield { was: asksOf(before, old), is: asksOf(after, tool), tool };
  }
}

/** `scope.unit.window` of the budgets whose ceiling moves: the figure speaks for itself. */
function movedBudgets(before: SubjectAuthority, after: SubjectAuthority): ReadonlySet<string> {
  const [was, is] = [tightest(before), tightest(after)];
  return new Set([...was.keys(), ...is.keys()].filter((name) => was.get(name) !== is.get(name)));
}

function tightest({ budgets }: SubjectAuthority): ReadonlyMap<string, number> {
  const ceilings = new Map<string, number>();
  for (const { scope, unit, window, limit } of budgets) {
    const name = budgetName({ scope, unit, window });
    ceilings.set(name, Math.min(limit, ceilings.get(name) ?? Number.POSITIVE_INFINITY));
  }
  return ceilings;
}

/** `run.tokens`, `namespace.usd.day`. */
export function budgetName(budget: {
  readonly scope: string;
  readonly unit: string;
  readonly window: string | undefined;
}): string {
  const { scope, unit, window } = budget;
  return [scope, unit, ...(window === undefined ? [] : [window])].join('.');
}

const known = new WeakMap<Comparison, Compared['together']>();

/** Who draws on the account of a policy, before and after; worked out for the policies that are asked about. */
function togetherIn(comparison: Comparison): Compared['together'] {
  const found = known.get(comparison);
  if (found !== undefined) return found;
  const isNow = new Map([...comparison.was].map(([now, old]) => [old, now] as const));
  const old = reachIn(comparison.before);
  const now = reachIn(comparison.after);
  const within = (few: ReadonlySet<string>, many: ReadonlySet<string>): boolean =>
    [...few].every((one) => many.has(one));
  const together = {
    // Whoever leaves a policy has lost its rules, and is told so; those who stay share with fewer.
    forth: (before: Address, after: Address) =>
      (isNow.get(before) ?? before) === after || within(old(before), now(after)),
    back: (after: Address, before: Address) =>
      (isNow.get(before) ?? before) === after || within(now(after), old(before)),
  };
  known.set(comparison, together);
  return together;
}

function reachIn(world: World): (policy: Address) => ReadonlySet<string> {
  return (policy) => reachedIn(world).get(policy) ?? nobody;
}

const nobody: ReadonlySet<string> = new Set();
