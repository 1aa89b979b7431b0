import { channels } from '../bus/bus.ts';
import type { Live, Plan } from '../plan/change.ts';
import type { GuardRefusal } from '../plan/guard.ts';
import { isUnchanged } from '../plan/plan.ts';
import { reviewRefusal, tooManyRefusal, unansweredRefusal } from '../plan/review.ts';
import { firstParentLine } from '../source/first-parent-line.ts';
import type { Repository } from '../source/repository.ts';
import type { Database } from '../store/database.ts';
import { broughtBy, type ForgeBranch } from '../store/pull-commit.ts';
import { readShown } from '../store/review.ts';
import type { Forge } from './forge.ts';

interface Place {
  readonly repository: Repository;
  readonly database: Database;
  readonly forge?: Forge | undefined;
}

/** The forge is asked of each commit: of a branch that went further than this between two applies, of none. */
const commitsMax = 100;

/** Where the commits between two of a branch came from. */
interface BroughtBetween {
  /** Of how many nobody has said it yet. */
  readonly unanswered: number;
  /** How many no pull request brought. */
  readonly pushed: number;
  readonly numbers: readonly number[];
}

/** As far as the forge has answered; a refusal where there are more than may be asked about. */
export async function broughtBetween(
  { repository, database }: Place,
  of: ForgeBranch,
  { after, to }: { readonly after: string; readonly to: string },
): Promise<BroughtBetween | GuardRefusal> {
  const line = await firstParentLine(repository, { after, to, max: commitsMax });
  if (line === undefined) return tooManyRefusal(commitsMax);
  const found = await broughtBy(database.db, of, line);
  const brought = line.flatMap((one) => found.get(one) ?? []);
  return {
    unanswered: brought.filter(({ kind }) => kind === 'unanswered').length,
    pushed: brought.filter(({ kind }) => kind === 'pushed').length,
    numbers: [...new Set(brought.flatMap((one) => (one.kind === 'pull' ? [one.number] : [])))],
  };
}

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
  const brought = await broughtBetween(plane, { repository, branch }, { after: live.commit, to: commit });
  if ('id' in brought) return brought;
  const { unanswered, pushed, numbers } = brought;
  if (unanswered > 0) {
    await plane.database.notify(channels.hint, '').catch(() => undefined);
    return unansweredRefusal(unanswered);
  }
  // A pull request that nobody was shown anything of (pawl came later) is as good as a push.
  const shown = await readShown(plane.database.db, { repository, environment: plan.environment }, numbers);
  if (shown.length === 0) return undefined;
  return reviewRefusal(plan, shown, { pushed });
}

/** What a pull request would make is not on the branch, and is what reviewers are about to be shown. */
async function isOnBranch({ repository }: Place, { target }: Plan): Promise<boolean> {
  const head = await repository.resolve(target.branch).catch(() => undefined);
  return head !== undefined && (head === target.commit || (await repository.isAncestor(target.commit, head)));
}
