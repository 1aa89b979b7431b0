import { parseDuration } from '../manifest/duration.ts';
import { type HealthSettings, ordinaryHealth } from '../manifest/rules.ts';
import type { Condition } from '../store/condition.ts';
import type { CallersRuns, Excused, Observed, PoolWorkers, Verdict } from '../store/health.ts';
import type { ReasonOf } from './condition-reasons.ts';

/**
 * Failures that say nothing of the revision: what the caller sent, what a person or a rule decided, what was used up. A
 * revision that asks for what policies deny is told by the gate; what loops until its limit of steps counts.
 */
export const excused: Excused = {
  areas: ['policy', 'approval', 'review', 'human', 'answer', 'budget', 'rate', 'halt', 'flow', 'egress', 'queue'],
  codes: [
    'system.input_invalid',
    'agent.input_missing',
    'agent.input_invalid',
    'agent.denied',
    'guard.blocked',
    'limit.tokens',
    'limit.cost',
    'limit.denials',
    'call.halted',
    'concurrency.rejected',
    'run.cancelled',
    'run.drained',
    'run.replaced',
  ],
};

export interface Evidence {
  readonly runs: readonly CallersRuns[];
  readonly pools: readonly PoolWorkers[];
}

/** What there is to say of a revision at this moment; a verdict is the last word. */
export interface Finding {
  readonly condition: Condition;
  readonly verdict?: Verdict;
}

export function settingsOf({ settings }: Observed): HealthSettings & { readonly windowMs: number } {
  const health = { ...ordinaryHealth, ...settings };
  return { ...health, windowMs: parseDuration(health.window) ?? 600_000 };
}

/** Workers take up to this long to be started, or to be heard again. */
const graceMs = 60_000;

/** Healthy is said at the end of the time, unhealthy as soon as enough runs show it. Pure. */
export function healthOf(observed: Observed, evidence: Evidence): Finding {
  const { revision, appliedAt, now } = observed;
  if (revision === 0 || appliedAt === null)
    return { condition: said(observed, { status: 'Unknown', reason: 'NothingApplied', message: '' }) };
  const { windowMs, minRuns } = settingsOf(observed);
  const ageMs = now.getTime() - appliedAt.getTime();
  const since = total(evidence.runs, 'since');
  const settings = { ...settingsOf(observed), before: total(evidence.runs, 'before') };
  if (since.runs >= minRuns && isTooMuch(since, settings)) return unhealthy(observed, evidence, since);
  const empty = evidence.pools.filter(({ isNeeded, live }) => isNeeded && live === 0).map(({ pool }) => pool);
  if (empty.length > 0 && ageMs > graceMs) {
    return {
      condition: said(observed, {
        status: 'False',
        reason: 'NoWorkers',
        message: `No worker takes runs of ${empty.join(', ')}.`,
      }),
    };
  }
  if (ageMs < windowMs) return { condition: watching(observed, new Date(appliedAt.getTime() + windowMs)) };
  return decided(observed, evidence, since);
}

interface Counts {
  readonly runs: number;
  readonly failed: number;
}

function total(rows: readonly CallersRuns[], side: CallersRuns['side']): Counts {
  const counted = rows.filter((row) => row.side === side);
  return {
    runs: counted.reduce((sum, { runs }) => sum + runs, 0),
    failed: counted.reduce((sum, { failed }) => sum + failed, 0),
  };
}

type Line = HealthSettings & { readonly before: Counts };

/** More failed than did before, by more than may. What too few runs said of the time before counts as no failure. */
function isTooMuch({ runs, failed }: Counts, { before, minRuns, maxErrorRate }: Line): boolean {
  const usual = before.runs >= minRuns ? before.failed / before.runs : 0;
  return runs > 0 && failed / runs > usual + maxErrorRate / 100;
}

function unhealthy(observed: Observed, { runs }: Evidence, since: Counts): Finding {
  const settings = settingsOf(observed);
  const line = { ...settings, before: total(runs, 'before') };
  const seen = `${share(since)} failed since; ${share(line.before)} did in the same time before. At most ${settings.maxErrorRate} % more may.`;
  const obstacle = settings.onFailure === 'alert' ? undefined : obstacleOf(observed, runs, line);
  const isOwed = settings.onFailure === 'rollback' && obstacle === undefined;
  const message = obstacle === undefined ? seen : `${seen} ${notRolledBack(obstacle)}`;
  return {
    condition: said(observed, { status: 'False', reason: 'ErrorRate', message }),
    verdict: verdictOf(observed, { verdict: 'unhealthy', message, rollback: isOwed ? 'owed' : 'none' }),
  };
}

export function notRolledBack(why: string): string {
  return `It was not rolled back: ${why}.`;
}

function obstacleOf(observed: Observed, runs: readonly CallersRuns[], line: Line): string | undefined {
  if (observed.isSuspended) return 'sync is suspended';
  if (observed.rollback !== null) return 'it is what a rollback brought back';
  return isOfSeveral(runs, line) ? undefined : 'without the runs of one caller there is too little to say so';
}

/** Whoever is left out, the others' runs say the same: nobody alone makes an environment go back. */
function isOfSeveral(rows: readonly CallersRuns[], line: Line): boolean {
  const runs = rows.filter(({ side }) => side === 'since');
  return runs.every(({ caller }) => {
    const others = total(
      runs.filter((row) => row.caller !== caller),
      'since',
    );
    return others.runs >= line.minRuns / 2 && others.failed >= 2 && isTooMuch(others, line);
  });
}

function watching(observed: Observed, until: Date): Condition {
  const { rollback } = observed;
  const end = `It is watched until ${until.toISOString()}.`;
  if (rollback === null) return said(observed, { status: 'Unknown', reason: 'Observing', message: end });
  return said(observed, {
    status: 'Unknown',
    reason: 'RolledBack',
    message: `Revision ${rollback.from} was taken back. ${end}`,
  });
}

function decided(observed: Observed, { runs, pools }: Evidence, since: Counts): Finding {
  const live = pools.reduce((sum, pool) => sum + pool.live, 0);
  const heard = pools.reduce((sum, pool) => sum + pool.heard, 0);
  const workers = `${heard} of ${live} live workers were heard since the apply.`;
  const done = (reason: 'Healthy' | 'NoWorkers' | 'NoRuns', message: string): Finding => ({
    condition: said(observed, { status: reason === 'Healthy' ? 'True' : 'Unknown', reason, message }),
    verdict: verdictOf(observed, { verdict: reason === 'Healthy' ? 'healthy' : 'unknown', message, rollback: 'none' }),
  });
  if (since.runs >= settingsOf(observed).minRuns) {
    return done('Healthy', `${share(since)} failed; ${workers}`);
  }
  const isSame = runs.length === 0 && observed.lastHealthy !== null;
  if (isSame && observed.lastHealthy === observed.revision - 1) {
    return done('Healthy', `Every system is as in revision ${observed.lastHealthy}, which was healthy.`);
  }
  if (pools.length > 0 && live === 0) return done('NoWorkers', 'There is no live worker.');
  return done('NoRuns', `${share(since)} failed, which is too few to say more; ${workers}`);
}

function share({ runs, failed }: Counts): string {
  return `${failed} of ${runs} runs`;
}

function verdictOf({ environment, revision }: Observed, found: Omit<Verdict, 'environment' | 'revision'>): Verdict {
  return { environment, revision, ...found };
}

interface Words {
  readonly status: Condition['status'];
  readonly reason: ReasonOf<'Healthy'>;
  readonly message: string;
}

function said({ commit }: Observed, words: Words): Condition {
  return { type: 'Healthy', ...words, commit: commit ?? undefined };
}
