import { channels } from '../bus/bus.ts';
import type { Live, Plan } from '../plan/change.ts';
import type { GuardRefusal } from '../plan/guard.ts';
import { isUnchanged } from '../plan/plan.ts';
import { reviewRefusal, tooManyRefusal, unansweredRefusal } from '../plan/review.ts';
import { firstParentLine } from '../source/first-parent-line.ts';
import type { Repository } from '../source/repository.ts';
import type { Database } from '../store/database.ts';
import { broughtBy } from '../store/pull-commit.ts';
import { readShown } from '../store/review.ts';
import type { Forge } from './forge.ts';

interface Place {
  readonly repository: Repository;
  readonly database: Database;
  readonly forge?: Forge | undefined;
}

/** The forge is asked of each commit: of a branch that went further than this between two applies, of none. */
const commitsMax = 100;

/**
 * Holds a plan of the branch against what the pull requests showed that brought its commits. What somebody pushed among
 * them was shown to nobody, so that it is beyond what they showed. Where nothing came by pull requests there is nothing
 * to compare, and the plan's own risks hold it back. The forge is not asked here: rows say what it answered.
 */
export async function reviewGuard(plane: Place, plan: Plan, live: Live): Promise<GuardRefusal | undefined> {
  const repository = plane.forge?.name?.();
  const { commit, branch } = plan.target;
  if (repository === undefined || live.commit === undefined || live.commit === commit) return undefined;
  if ((isUnchanged(plan) && plan.risks.length === 0) || !(await isOnBranch(plane, plan))) return undefined;
  const line = await firstParentLine(plane.repository, { after: live.commit, to: commit, max: commitsMax });
  if (line === undefined) return tooManyRefusal(commitsMax);
  const { db } = plane.database;
  const found = await broughtBy(db, { repository, branch }, line);
  const brought = line.flatMap((one) => found.get(one) ?? []);
  const open = brought.filter(({ kind }) => kind === 'unanswered').length;
  if (open > 0) {
    await plane.database.notify(channels.hint, '').catch(() => undefined);
    return unansweredRefusal(open);
  }
  const numbers = [...new Set(brought.flatMap((one) => (one.kind === 'pull' ? [one.number] : [])))];
  // A pull request that nobody was shown anything of (pawl came later) is as good as a push.
  const shown = await readShown(db, { repository, environment: plan.environment }, numbers);
  if (shown.length === 0) return undefined;
  return reviewRefusal(plan, shown, { pushed: brought.filter(({ kind }) => kind === 'pushed').length });
}

/** What a pull request would make is not on the branch, and is what reviewers are about to be shown. */
async function isOnBranch({ repository }: Place, { target }: Plan): Promise<boolean> {
  const head = await repository.resolve(target.branch).catch(() => undefined);
  return head !== undefined && (head === target.commit || (await repository.isAncestor(target.commit, head)));
}
