import type { Resource } from '../../src/manifest/resource.ts';
import type { AccessChanges, Cause } from '../../src/plan/access.ts';
import { accessChanges } from '../../src/plan/authority.ts';
import { diff } from '../../src/plan/diff.ts';
import { type Sides, sidesOf } from '../../src/plan/sides.ts';
import { inSync, optionsOf, snapshotOf } from './fixture.ts';

/** The two sides of a plan that goes from some resources to others. */
export function sidesBetween(before: readonly Resource[], after: readonly Resource[]): Sides {
  const [snapshot, live, options] = [snapshotOf(after), inSync(before), optionsOf(before)];
  const { changes } = diff(snapshot, live, options);
  return sidesOf(snapshot, live, { changes, bodies: options.bodies });
}

export function accessBetween(before: readonly Resource[], after: readonly Resource[]): AccessChanges {
  return accessChanges(sidesBetween(before, after));
}

/** What a plan says of power, a line each: `widened Agent/default/writer default/triage default/search read < AgentRole/…`. */
export function linesOf({ cells, limits, restrictions = [], coverage, judged }: AccessChanges): readonly string[] {
  return [
    ...cells.map(
      (cell) =>
        `${cell.direction} ${cell.subject} ${cell.name}${cell.operation === undefined ? '' : `:${cell.operation}`} ${because(cell.causes)}`,
    ),
    ...limits.map(
      (one) => `${one.direction} ${one.subject} ${one.limit} ${one.before} to ${one.after} ${because(one.causes)}`,
    ),
    ...restrictions.map((one) => `${one.direction} ${one.subject} ${one.kind} ${one.rule} ${because(one.causes)}`),
    ...coverage.map((one) => `${one.direction} ${one.subject} reach of ${one.policy} ${because(one.causes)}`),
    ...judged.map(
      (one) =>
        `${one.direction} ${one.aspect} ${one.address} ${one.field} of ${one.covers.map((by) => by.subject).join(', ')}`,
    ),
  ];
}

function because(causes: readonly Cause[]): string {
  return `< ${causes.map(({ address, fields }) => [address, ...fields].join(' ')).join(' + ')}`;
}

/** Everything that widens between two sets of resources. */
export function widened(before: readonly Resource[], after: readonly Resource[]): readonly string[] {
  return linesOf(accessBetween(before, after)).filter((line) => line.startsWith('widened'));
}
