import type { Bundle } from '../manifest/bundle.ts';
import type { Authority } from '../policy/authority.ts';
import type { Reservation } from '../policy/decision.ts';
import { sharedBudgets, trialLimit } from '../policy/budget.ts';
import { foldJournal } from '../policy/fold-journal.ts';
import { Allotments } from './allotments.ts';
import { subjectOf } from './caller.ts';
import type { ClaimedRun, Executor } from './executor.ts';
import { callerAt } from './place.ts';
import { type LiveView, revisionsFor, type Scope } from './scope.ts';

export interface SpendingParts {
  readonly executor: Pick<Executor, 'accounts'>;
  readonly live: LiveView;
  readonly report: (cause: unknown) => void;
}

/** What a run has spent, by its journal, and what it has drawn of accounts that it shares. */
export function spendingOf(
  run: ClaimedRun,
  content: Bundle,
  { executor, live, report }: SpendingParts,
): Pick<Scope, 'ledger' | 'allotments' | 'overdueAt'> {
  const ledger = foldJournal(run.steps, (place) => subjectOf(callerAt(content, place)));
  const { accounts: door } = executor;
  const { deadlineInMs } = run;
  const overdueAt = typeof deadlineInMs === 'number' ? performance.now() + deadlineInMs : undefined;
  if (door === undefined) return { ledger, overdueAt };
  const drawer = { environment: run.environment, run: run.id, fence: run.fence };
  return {
    ledger,
    overdueAt,
    allotments: new Allotments({ door, drawer, ledger, report, revision: () => live.current().revision }),
  };
}

/** The shared accounts that a call of `subject` is held on; undefined: none, as of nearly all calls. */
export function accountsHeldOn(scope: Scope, subject: string, reserve: Reservation): readonly string[] | undefined {
  const { allotments } = scope;
  const revisions = allotments && revisionsFor(scope, subject);
  if (revisions === undefined) return undefined;
  const ids: string[] = [];
  for (const { key, budget } of sharedBudgets(revisions)) {
    const amount = budget.unit === 'calls' ? reserve.calls : budget.unit === 'tokens' ? reserve.tokens : reserve.cost;
    const id = amount > 0 ? allotments?.idOf(key) : undefined;
    if (id !== undefined) ids.push(id);
  }
  return ids.length === 0 ? undefined : ids;
}

/** Of accounts that a call is held on, those that no enforced rule has: budgets of policies that are on trial. */
function onTrial(scope: Scope, subject: string, accounts: readonly string[]): readonly string[] {
  const revisions = revisionsFor(scope, subject);
  if (revisions === undefined) return [];
  const tried = sharedBudgets(revisions).filter(({ budget }) => budget.limit === trialLimit);
  return tried.flatMap(({ key }) => scope.allotments?.idOf(key) ?? []).filter((id) => accounts.includes(id));
}

interface Charged {
  readonly path: string;
  readonly target: string;
  readonly subject: string;
  readonly scope: Scope;
}

/** Books what a call took, even where it is more than was held for it. */
export function charge(
  { path, target, subject, scope }: Charged,
  took: { readonly tokens: number; readonly cost: number },
): void {
  const booked = scope.ledger.booked(path);
  scope.ledger.settle(path, took.tokens, took.cost);
  if (booked === undefined || (took.tokens <= booked.tokens && took.cost <= booked.cost)) return;
  const { tokens, cost, accounts = [] } = booked;
  const trial = onTrial(scope, subject, accounts);
  scope.allotments?.overrun({ path, target, held: { tokens, cost }, took, accounts, trial });
}

/** Gives back what a run has drawn and not used, when it ends or is to wait. */
export async function giveBackAll({ run, pinned, live, allotments }: Scope, isOver: boolean): Promise<void> {
  if (allotments === undefined) return;
  // An earlier owner may have drawn and died before it held anything; where no rule lets it draw, it did not.
  if (run.fence === 1 || mayDraw(pinned) || mayDraw(live.current().authority)) await allotments.giveBack(isOver);
}

function mayDraw(authority: Authority | undefined): boolean {
  return Object.values(authority?.subjects ?? {}).some(({ budgets, audit }) =>
    [...budgets, ...(audit?.budgets ?? [])].some(({ scope }) => scope !== 'run'),
  );
}
