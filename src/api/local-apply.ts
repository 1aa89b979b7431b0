import { apply } from '../apply/apply.ts';
import { foreignClaim } from '../controller/claim.ts';
import { readEnvironment } from '../controller/environments.ts';
import { type ControlPlane, liveOf, planCommit } from '../controller/planning.ts';
import { windowsOf } from '../controller/reconcile.ts';
import { assertSigned } from '../controller/signatures.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import type { Plan } from '../plan/change.ts';
import { isErrored } from '../plan/plan.ts';
import { windowState } from '../controller/window.ts';
import type { Person } from '../policy/person.ts';
import { workingCopyCommit } from '../source/working-copy.ts';
import { databaseClock } from '../store/clock.ts';
import { recordEvent } from '../store/event.ts';
import { inTransaction } from '../store/transaction.ts';
import type { AppliedRevision, ApplyRequest } from './operations.ts';

/** What was reviewed is what is applied: the commit is planned again, and only the same plan goes live. */
export async function applyRequest(
  plane: ControlPlane,
  person: Person,
  request: ApplyRequest,
): Promise<AppliedRevision> {
  const { environment, commit, planDigest, acknowledge = [] } = request;
  const foreign = await foreignClaim(plane, environment);
  if (foreign !== undefined) throw foreign;
  const settings = await readEnvironment(plane.repository, environment);
  await assertOnBranch(plane, settings, commit);
  const planned = await planCommit(plane, { settings, commit, deep: true });
  if (planned.digest !== planDigest && !isErrored(planned)) throw stale(planned, planDigest);
  await assertSigned(plane, { settings, live: await liveOf(plane, environment), commit });
  const outside = await assertWindow(plane, settings, request);
  const applied = await apply(plane.database, planned, { by: person.name, membership: person, acknowledge });
  if (outside !== undefined) await recordOutside(plane, { ...outside, environment, by: person.name });
  return {
    environment,
    revision: applied.revision,
    commit: applied.commit,
    root: applied.root,
    summary: planned.summary,
    revertOf: planned.revert?.revision,
  };
}

/** An environment is a branch: a commit beside it can be planned, and goes live by being merged. */
async function assertOnBranch(
  { repository }: ControlPlane,
  settings: EnvironmentSettings,
  commit: string,
): Promise<void> {
  if (commit === workingCopyCommit) {
    throw new TerminalError('The plan was made for uncommitted files, and only commits go live.', {
      code: 'plan.uncommitted',
      help: 'Commit the files and plan the commit.',
      exit: exitCodes.usage,
    });
  }
  const head = await repository.resolve(settings.branch);
  if (await repository.isAncestor(commit, head)) return;
  throw new TerminalError(
    `Commit ${commit.slice(0, 7)} is not on ${settings.branch}, the branch of ${settings.name}.`,
    {
      code: 'plan.not_on_branch',
      help: `Merge it into ${settings.branch}, and plan that.`,
      exit: exitCodes.conflict,
    },
  );
}

function stale(planned: Plan, asked: string): TerminalError {
  const [was, is] = [asked, planned.digest].map((digest) => digest.slice(0, 8));
  return new TerminalError(
    `Plan ${was} is stale: planned again, the commit gives ${is}, as live is at revision ${planned.base.revision} now. Run pawl plan again.`,
    { code: 'plan.stale', help: 'Run `pawl plan` again and look at what changed.', exit: exitCodes.conflict },
  );
}

interface Outside {
  readonly reason: string;
}

/** A window binds people too, as they forget it first; who has a reason says it, and it is kept. */
async function assertWindow(
  plane: ControlPlane,
  settings: EnvironmentSettings,
  { environment, outsideWindow = '' }: ApplyRequest,
): Promise<Outside | undefined> {
  const windows = windowsOf(settings, await liveOf(plane, environment));
  if (windows.length === 0) return undefined;
  const state = windowState(windows, await databaseClock(plane.database.db));
  if (state.isOpen) return undefined;
  if (outsideWindow.trim() !== '') return { reason: outsideWindow };
  const why = state.deniedBy === undefined ? 'No window' : `The window ${state.deniedBy} denies, and no other`;
  const next = state.opensAt === undefined ? '' : ` The next opening is at ${state.opensAt.toISOString()}.`;
  throw new TerminalError(`${why} of ${environment} is open now.${next}`, {
    code: 'window.closed',
    help: 'Wait for it, or pass --outside-window with the reason why this cannot wait.',
    exit: exitCodes.findings,
  });
}

async function recordOutside(
  { database }: ControlPlane,
  { environment, by, reason }: Outside & { readonly environment: string; readonly by: string },
): Promise<void> {
  await inTransaction(database, (trx) =>
    recordEvent(trx, { environment, actor: by, action: 'apply.outside_window', detail: { reason } }),
  );
}
