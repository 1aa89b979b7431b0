import type { Change, Summary } from './change.ts';

/** Counts what becomes of the resources that a plan changes. */
export function summaryOf(changes: readonly Change[]): Summary {
  const summary = { add: 0, change: 0, remove: 0, move: 0, adopt: 0, orphan: 0 };
  for (const change of changes) {
    // No author's change: it has a place of its own in the plan.
    if (change.class === 'recompiled') continue;
    summary[countedAs(change)] += 1;
    if (change.class === 'orphan') summary.orphan += 1;
  }
  return summary;
}

function countedAs({ action, class: kind }: Change): Exclude<keyof Summary, 'orphan'> {
  switch (action) {
    case 'create':
      return kind === 'converged' ? 'adopt' : 'add';
    case 'update':
      return 'change';
    case 'delete':
      return 'remove';
    case 'move':
      return 'move';
  }
}
