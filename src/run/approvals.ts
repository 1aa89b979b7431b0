import type { ClaimedRun } from './executor.ts';
import type { Scope } from './scope.ts';

const ending = '/approval';

/** Where the wait for an approval of a call stands. */
export function approvalPath(call: string): string {
  return `${call}${ending}`;
}

/** What a run waits for by path, and what people have said of its calls by the call's path without its attempt. */
export function waitsOf({ waits }: Pick<ClaimedRun, 'waits'>): Pick<Scope, 'waits' | 'approvals'> {
  const approvals = waits.flatMap(({ path, kind, approval }) =>
    kind === 'approval' && approval !== undefined ? [[path.slice(0, -ending.length), approval] as const] : [],
  );
  return { waits: new Map(waits.map((wait) => [wait.path, wait])), approvals: new Map(approvals) };
}
