import { isPawlError, RetryableError } from '../errors.ts';
import type { Log } from '../log.ts';
import { writeConditions } from '../store/condition.ts';
import {
  type Observed,
  readCallersRuns,
  readInTheWay,
  readObserved,
  readPoolWorkers,
  recordVerdict,
  settleOwed,
} from '../store/health.ts';
import { excused, healthOf, notRolledBack, settingsOf } from './health-verdict.ts';
import type { ControlPlane } from './planning.ts';
import { planRollback, rollBack } from './rollback.ts';

export interface HealthOptions {
  readonly plane: ControlPlane;
  readonly actor: string;
  readonly log: Log;
}

/**
 * Watches what was applied, from rows alone. Level-triggered: what is undecided is looked at again, a verdict is given
 * once, and a rollback that is owed is made by whoever comes first. Nothing undecided: one statement and no write.
 */
export class Health {
  readonly #options: HealthOptions;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** One look at every environment of the repository that nobody has decided on; gives their number. */
  async tick(): Promise<number> {
    const { plane } = this.#options;
    const { db } = plane.database;
    const observed = await readObserved(db, plane.source);
    if (observed.length === 0) return 0;
    const watched = observed
      .filter(({ revision, owed }) => revision > 0 && owed === null)
      .map((one) => ({ ...one, windowMs: settingsOf(one).windowMs }));
    const [runs, pools] =
      watched.length === 0
        ? [[], []]
        : await Promise.all([readCallersRuns(db, watched, excused), readPoolWorkers(db, watched)]);
    const ofOne = <Row extends { readonly environment: string }>(rows: readonly Row[], name: string) =>
      rows.filter(({ environment }) => environment === name);
    for (const one of observed) {
      const { environment } = one;
      if (one.owed === null)
        await this.#look(one, { runs: ofOne(runs, environment), pools: ofOne(pools, environment) });
      else await this.#goBack(one, one.owed);
    }
    return observed.length;
  }

  /** The condition before the verdict: whoever dies between the two is followed by one who looks again. */
  async #look(observed: Observed, evidence: Parameters<typeof healthOf>[1]): Promise<void> {
    const { plane, log } = this.#options;
    const { environment, revision } = observed;
    const { condition, verdict } = healthOf(observed, evidence);
    await writeConditions(plane.database.db, environment, [condition]);
    if (verdict === undefined) return;
    await recordVerdict(plane.database.db, verdict);
    if (verdict.verdict === 'unhealthy') log.warn({ environment, revision, reason: verdict.message }, 'unhealthy');
    if (verdict.rollback === 'owed') await this.#goBack(observed, verdict.message);
  }

  async #goBack(observed: Observed, why: string): Promise<void> {
    const { log } = this.#options;
    const { environment, revision } = observed;
    try {
      const to = await this.#rollBack(observed, why);
      if (typeof to === 'string') return await this.#refuse(observed, why, to);
      if (to !== undefined) log.warn({ environment, revision, to }, 'rolled back');
    } catch (error) {
      // Somebody applied at that moment, which ends it, or it may go another time.
      if (!isPawlError(error) || error instanceof RetryableError || error.code === 'plan.stale') {
        log.warn({ environment, revision, err: error }, 'a rollback is still owed');
        return;
      }
      await this.#refuse(observed, why, firstSentence(error.message));
    }
  }

  /** Gives the revision it went back to, why it may not, or undefined where another one is live by now. */
  async #rollBack({ environment, revision, lastHealthy: to, ...observed }: Observed, why: string) {
    const { plane, actor } = this.#options;
    const { db } = plane.database;
    if (to === null) return 'no revision before it was seen to be healthy';
    if (observed.isSuspended) return 'sync is suspended';
    const { windowMs } = settingsOf({ environment, revision, lastHealthy: to, ...observed });
    const { hasOverride, hasRollback, isSoonAfterRollback } = await readInTheWay(db, { environment, to, windowMs });
    if (hasOverride) return `somebody overrode something since revision ${to}`;
    if (hasRollback) return `somebody rolled back since revision ${to}`;
    if (isSoonAfterRollback) return 'another rollback was made a short time ago';
    const { plan } = await planRollback(plane, { environment, revision: to });
    // The plan's digest binds it to what is live; what is live must be what was found unhealthy.
    if (plan.base.revision !== revision) return undefined;
    const reason = `Revision ${revision} is unhealthy: ${why}`;
    await rollBack(plane, {
      environment,
      revision: to,
      planDigest: plan.digest,
      runs: 'finish',
      reason,
      by: actor,
      acknowledge: [],
      automatic: { from: revision },
    });
    await settleOwed(db, { environment, revision, rollback: 'done' });
    return to;
  }

  async #refuse(observed: Observed, why: string, obstacle: string): Promise<void> {
    const { plane, log } = this.#options;
    const { environment, revision, commit } = observed;
    const { db } = plane.database;
    const message = `${why} ${notRolledBack(obstacle)}`;
    await writeConditions(db, environment, [
      { type: 'Healthy', status: 'False', reason: 'ErrorRate', message, commit: commit ?? undefined },
    ]);
    await settleOwed(db, { environment, revision, rollback: 'refused' });
    log.warn({ environment, revision, reason: obstacle }, 'not rolled back');
  }
}

function firstSentence(text: string): string {
  return (text.split('\n', 1)[0] ?? '').replace(/\.$/, '');
}
