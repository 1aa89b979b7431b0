import { sha256 } from '../manifest/digest.ts';
import type { Json } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address } from '../manifest/resource.ts';
import type { AccessChanges, CellChange, CoverageChange, Direction, LimitChange, RestrictionChange } from './access.ts';
import { Attribution } from './attribution.ts';
import { cellChanges } from './authority-cells.ts';
import { coverageChanges } from './authority-coverage.ts';
import { restrictionChanges } from './authority-restrictions.ts';
import { limitChanges, runLimitChanges } from './authority-limits.ts';
import { affectedCallers, type Comparison, touchedBy } from './authority-scope.ts';
import { worldsOf } from './authority-world.ts';
import { causeFinder } from './cause.ts';
import { CellLines } from './cell-line.ts';
import { judgedChanges } from './judge.ts';
import type { Sides } from './sides.ts';

/** Diffs what the worker's own decision says before and after, and judges by rule what a cell cannot show. */
export function accessChanges(sides: Sides): AccessChanges {
  const comparison = comparisonOf(sides);
  const causeOf = causeFinder(sides);
  const attribution = new Attribution(comparison, causeOf);
  const cells: CellChange[] = [];
  const limits: LimitChange[] = [...runLimitChanges(comparison, causeOf)];
  const restrictions: RestrictionChange[] = [];
  const coverage: CoverageChange[] = [];
  for (const affected of affectedCallers(comparison)) {
    const change = cellChanges(affected, comparison, attribution);
    for (const cell of change.cells) cells.push(cell);
    limits.push(...limitChanges(affected, change, attribution));
    restrictions.push(...restrictionChanges(affected, change, { comparison, attribution }));
    coverage.push(...coverageChanges(affected, comparison, attribution));
  }
  return {
    // Each caller's are in order already, and a fleet's are too many to sort once more.
    cells: [
      ...cells.filter(({ direction }) => direction === 'widened'),
      ...cells.filter(({ direction }) => direction === 'narrowed'),
    ],
    limits: limits.sort(byLimit),
    ...(restrictions.length === 0 ? {} : { restrictions: restrictions.sort(byRule) }),
    coverage: coverage.sort(byPolicy),
    judged: judgedChanges(comparison, { cells }),
    ...(attribution.unresolved === 0 ? {} : { unresolved: attribution.unresolved }),
  };
}

function comparisonOf(sides: Sides): Comparison {
  const was = new Map<Address, Address>();
  for (const address of sides.changed) {
    const old = sides.changes.get(address)?.previousAddress;
    if (old !== undefined && old !== address) was.set(address, old);
  }
  return { sides, ...worldsOf(sides), was, touched: touchedBy(sides) };
}

/**
 * What a plan's digest covers of them: no places, so that moving a file leaves it as it is. A change of one policy can
 * move every cell of a fleet, so that cells come as a digest of their own.
 */
export function accessKey({ cells, limits, restrictions = [], coverage, judged }: AccessChanges): Json {
  const lines = new CellLines();
  return {
    cells: sha256(cells.map((cell) => lines.of(cell)).join('\n')),
    limits: limits.map((one) => [one.subject, one.system, one.limit, one.before ?? null, one.after ?? null]),
    ...(restrictions.length === 0 ? {} : { restrictions: restrictions.map(restrictionKey) }),
    coverage: coverage.map((one) => [one.policy, one.subject, one.system, one.direction]),
    judged: judged.map((one) => [one.aspect, one.direction, one.address, one.field]),
  };
}

function restrictionKey(one: RestrictionChange): Json {
  const { subject, system, kind, rule, direction, before = null, after = null } = one;
  return [subject, system, kind, rule, direction, before, after];
}

function byDirection(a: Direction, b: Direction): number {
  return a === b ? 0 : a === 'widened' ? -1 : 1;
}

function byLimit(a: LimitChange, b: LimitChange): number {
  return (
    byDirection(a.direction, b.direction) ||
    compareText(a.subject, b.subject) ||
    compareText(a.system, b.system) ||
    compareText(a.limit, b.limit)
  );
}

function byRule(a: RestrictionChange, b: RestrictionChange): number {
  return (
    byDirection(a.direction, b.direction) ||
    compareText(a.subject, b.subject) ||
    compareText(a.system, b.system) ||
    compareText(a.kind, b.kind) ||
    compareText(a.rule, b.rule)
  );
}

function byPolicy(a: CoverageChange, b: CoverageChange): number {
  return (
    byDirection(a.direction, b.direction) ||
    compareText(a.policy, b.policy) ||
    compareText(a.subject, b.subject) ||
    compareText(a.system, b.system)
  );
}
