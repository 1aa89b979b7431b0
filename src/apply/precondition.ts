import { exitCodes, TerminalError } from '../errors.ts';
import { partsLacked } from '../manifest/problem.ts';
import type { Change, Plan } from '../plan/change.ts';
import type { EnvironmentRow } from '../store/environment.ts';
import type { FoundHead } from '../store/resource.ts';
import { quarantined } from './rollback.ts';

/** Throws when the plan could never be applied, whatever live is. */
export function assertApplicable(plan: Plan): void {
  const conflicts = plan.changes.filter((change) => change.class === 'conflict');
  if (conflicts.length > 0) throw conflict(plan, conflicts);
  const mistake = plan.problems.find((problem) => problem.severity === 'error');
  if (mistake !== undefined) {
    const where = `${mistake.file}:${mistake.line}:${mistake.column}`;
    throw new TerminalError(`Plan ${shortDigest(plan)} has errors; the first is ${where}: ${mistake.message}`, {
      code: 'plan.invalid',
      help: 'Correct what `pawl validate` reports, commit, and plan again.',
      exit: exitCodes.findings,
    });
  }
  const lacked = partsLacked(plan.problems);
  if (lacked.length > 0) throw unsupported(plan, lacked);
  const [held, ...others] = plan.quarantined ?? [];
  if (held !== undefined) throw quarantined(plan, [held, ...others]);
  if (plan.target.commit === 'working-copy') {
    throw new TerminalError(`Plan ${shortDigest(plan)} was made for uncommitted files, and only commits go live.`, {
      code: 'plan.uncommitted',
      help: 'Commit the files and plan the commit.',
      exit: exitCodes.usage,
    });
  }
}

function unsupported(plan: Plan, lacked: readonly string[]): TerminalError {
  const places = plan.problems.filter(({ lacks }) => lacks !== undefined);
  const shown = places.slice(0, placesMax).map(({ file, line, column }) => `${file}:${line}:${column}`);
  const more = places.length > shown.length ? ` and ${places.length - shown.length} more` : '';
  return new TerminalError(
    `Plan ${shortDigest(plan)} needs what this build lacks: ${lacked.join(', ')} (${shown.join(', ')}${more}).`,
    {
      code: 'plan.unsupported',
      help: 'Remove what `pawl validate` marks `manifest.unsupported`, commit, and plan again.',
      exit: exitCodes.findings,
    },
  );
}

const placesMax = 5;

function conflict(plan: Plan, conflicts: readonly Change[]): TerminalError {
  const [first, ...others] = conflicts;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const what = `${first?.address ?? ''}${more}`;
  return new TerminalError(`Plan ${shortDigest(plan)} is not applied: Git and a hand both changed ${what}.`, {
    code: 'plan.conflict',
    help: 'Bring the row and the manifest together, and run `pawl plan` again.',
    exit: exitCodes.conflict,
  });
}

/** Throws `plan.stale` unless the locked environment is the one that the plan was made for. */
export function assertBase(plan: Plan, live: EnvironmentRow | undefined): EnvironmentRow {
  if (live === undefined) throw stale(plan, `there is no environment '${plan.environment}' in this database`);
  if (live.lineage !== plan.lineage) throw stale(plan, `this is another database's '${plan.environment}'`);
  if (live.revision !== plan.base.revision) throw stale(plan, `live is at revision ${live.revision}`);
  if (live.root !== plan.base.root) throw stale(plan, `live at that revision holds something else`);
  return live;
}

/** Throws `plan.stale` unless every row that the plan changes is as the plan saw it. */
export function assertHeads(plan: Plan, heads: ReadonlyMap<string, FoundHead>): void {
  for (const change of plan.changes) {
    const address = change.previousAddress ?? change.address;
    const head = heads.get(address);
    if (change.previousAddress !== undefined && heads.has(change.address)) {
      throw stale(plan, `${change.address} exists by now`);
    }
    if (change.precondition === 'absent') {
      if (head !== undefined) throw stale(plan, `${change.address} exists by now`);
      continue;
    }
    if (head === undefined) throw stale(plan, `${address} is gone`);
    // A converged row holds the target already; what comes before is what the last revision said.
    const seen = change.class === 'converged' ? change.afterDigest : change.beforeDigest;
    const isAsSeen = head.generation === change.precondition && head.digest === seen;
    if (!isAsSeen) throw stale(plan, `${address} was changed${head.touchedBy ? ` by ${head.touchedBy}` : ''}`);
  }
}

export function stale(plan: Plan, instead: string): TerminalError {
  const message = `Plan ${shortDigest(plan)} was made for revision ${plan.base.revision}, but ${instead}.`;
  return new TerminalError(`${message} Run pawl plan again.`, { code: 'plan.stale', exit: exitCodes.conflict });
}

export function shortDigest(plan: Plan): string {
  return plan.digest.slice(0, 8);
}
