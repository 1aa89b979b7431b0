import { parseDuration } from '../manifest/duration.ts';
import { compareText } from '../manifest/problem.ts';
import type { Resource } from '../manifest/resource.ts';
import type { SubjectAuthority } from '../policy/authority.ts';
import { pathOf, specOf } from '../policy/typed.ts';
import type { LimitChange } from './access.ts';
import type { Attribution } from './attribution.ts';
import type { CallerChange } from './authority-cells.ts';
import type { Affected, Comparison } from './authority-scope.ts';
import { budgetName } from './authority-restrictions.ts';
import { authorityIn } from './authority-world.ts';
import type { CauseFinder } from './cause.ts';

type Ceilings = ReadonlyMap<string, number>;

/** Ceilings of a caller that move. One that comes or goes has cells to speak for it. */
export function limitChanges(
  affected: Affected,
  { before, after }: CallerChange,
  attribution: Attribution,
): readonly LimitChange[] {
  if (before === undefined || after === undefined || affected.tools !== undefined) return [];
  const was = ceilingsOf(before);
  const candidates = attribution.candidates(affected);
  return moves(was, ceilingsOf(after)).map((moved) => {
    const { limit } = moved;
    const causes = attribution.causes(candidates, (world) => {
      const now = authorityIn(world, affected.caller, none) ?? authorityIn(world, affected.old, none);
      if (now === undefined) return false;
      const rise = figure(ceilingsOf(now).get(limit)) - figure(was.get(limit));
      return moved.direction === 'widened' ? rise > 0 : rise < 0;
    });
    return { ...affected.caller, ...moved, causes };
  });
}

const none: ReadonlySet<string> = new Set();

/** Of budgets the tightest of each scope and unit: whichever is used up first refuses. */
function ceilingsOf({ limits, budgets, maxOutputTokens }: SubjectAuthority): Ceilings {
  const { maxSteps, maxToolCalls, maxTokens, maxCost, maxDelegationDepth, timeoutMs } = limits;
  const ceilings = new Map<string, number>();
  for (const [name, limit] of [
    ['maxSteps', maxSteps],
    ['maxToolCalls', maxToolCalls],
    ['timeout', timeoutMs],
    ['maxTokens', maxTokens],
    ['maxCost', maxCost],
    ['maxDelegationDepth', maxDelegationDepth],
    ['maxOutputTokens', maxOutputTokens?.tokens],
  ] as const) {
    if (limit !== undefined) ceilings.set(name, limit);
  }
  for (const { scope, unit, window, limit } of budgets) {
    const name = `budget.${budgetName({ scope, unit, window })}`;
    ceilings.set(name, Math.min(limit, figure(ceilings.get(name))));
  }
  return ceilings;
}

/** Ceilings of the runs of systems that are on both sides. */
export function runLimitChanges({ sides, was }: Comparison, causeOf: CauseFinder): readonly LimitChange[] {
  return sides.changed.flatMap((address) => {
    const after = address.startsWith('AgentSystem/') ? sides.after.get(address) : undefined;
    const before = after && sides.before.get(was.get(address) ?? address);
    if (after === undefined || before === undefined) return [];
    const causes = causeOf([address]);
    const caller = { subject: address, system: pathOf(after) };
    return moves(runCeilings(before), runCeilings(after)).map((moved) => ({ ...caller, ...moved, causes }));
  });
}

function runCeilings(system: Resource): Ceilings {
  const { limits } = specOf(system, 'AgentSystem');
  const entries: readonly (readonly [string, number | undefined])[] = [
    ['run.maxTurns', limits.maxTurns],
    ['run.maxTokens', limits.maxTokens],
    ['run.maxCost', limits.maxCost === undefined ? undefined : Number(limits.maxCost)],
    ['run.timeout', parseDuration(limits.timeout)],
  ];
  return new Map(entries.flatMap(([name, limit]) => (limit === undefined ? [] : [[name, limit] as const])));
}

function moves(was: Ceilings, is: Ceilings): readonly Pick<LimitChange, 'limit' | 'direction' | 'before' | 'after'>[] {
  const names = [...new Set([...was.keys(), ...is.keys()])].sort(compareText);
  return names.flatMap((limit) => {
    const [before, after] = [was.get(limit), is.get(limit)];
    if (before === after) return [];
    return [{ limit, direction: figure(after) > figure(before) ? 'widened' : 'narrowed', before, after } as const];
  });
}

/** No ceiling is an infinite one. */
function figure(limit: number | undefined): number {
  return limit ?? Number.POSITIVE_INFINITY;
}
