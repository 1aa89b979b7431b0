import type { Log } from '../log.ts';
import type { Change } from '../plan/change.ts';
import type { Memory } from './memory.ts';
import { fingerprint, type Outcome } from './reconcile.ts';

export interface Telling {
  readonly log: Log;
  readonly environment: string;
  readonly memory: Memory;
}

/** Says what a pass came to; what stays as it is, is said once. */
export function tell({ log, environment, memory }: Telling, outcome: Outcome): void {
  const said = troubleOf(outcome);
  const isNews = said !== undefined && memory.failure !== said;
  memory.failure = said;
  if (outcome.kind === 'applied')
    log.info({ environment, revision: outcome.revision, commit: outcome.commit }, 'revision applied');
  if (outcome.kind === 'waiting')
    log.info({ environment, commit: outcome.commit, changes: outcome.changes }, 'changes wait for a person');
  if (outcome.kind === 'superseded')
    log.info({ environment, commit: outcome.commit, by: outcome.by }, 'commit superseded');
  if (outcome.kind === 'suspended' && isNews)
    log.info({ environment, commit: outcome.commit, changes: outcome.changes }, 'sync is suspended');
  if (outcome.kind === 'closed' && isNews)
    log.info({ environment, commit: outcome.commit, opensAt: outcome.opensAt }, 'commit waits for a window');
  if (outcome.kind === 'failed' && isNews)
    log.warn({ environment, code: outcome.code, reason: outcome.message }, 'commit not applied');
  if (outcome.kind === 'unacknowledged' && isNews)
    log.warn({ environment, commit: outcome.commit, reason: outcome.message }, 'commit waits for acknowledgements');
  if (outcome.kind === 'held' && isNews)
    log.warn({ environment, code: outcome.code, reason: outcome.message }, 'branch held');
}

/** What is said once; undefined: nothing is wrong. */
export function troubleOf(outcome: Outcome): string | undefined {
  if (outcome.kind === 'suspended' || outcome.kind === 'closed') return `${outcome.kind} ${outcome.commit}`;
  if (outcome.kind === 'failed' && outcome.code === 'plan.stale') return undefined;
  if (outcome.kind === 'failed' || outcome.kind === 'held' || outcome.kind === 'unacknowledged') {
    return `${outcome.code} ${outcome.message}`;
  }
  return undefined;
}

export function tellDrift({ log, environment, memory }: Telling, drift: readonly Change[], outcome: Outcome): void {
  const found = outcome.kind === 'applied' ? undefined : fingerprint(drift);
  if (found === memory.drift) return;
  memory.drift = found;
  if (found === undefined) log.info({ environment }, 'drift is gone');
  else {
    const resources = drift.map((change) => change.address);
    log.warn({ environment, fingerprint: found.slice(0, 12), resources }, 'drift found');
  }
}
