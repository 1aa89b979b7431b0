import type { AlertRule } from '../manifest/types.gen.ts';
import type { AlertFacts } from '../store/alert-facts.ts';
import type { Database } from '../store/database-port.ts';
import {
  type MetricScope,
  readEndedCalls,
  readEndedRuns,
  readOpenRunCounts,
  readPassSeconds,
  readPendingApprovals,
} from '../store/metric.ts';
import { readWorkerCounts } from '../store/worker-counts.ts';

export interface Asked extends Omit<MetricScope, 'environment'> {
  readonly metric: AlertRule['spec']['metric'];
  /** The namespace of each resource that has. */
  readonly drifted: readonly string[];
  readonly now: Date;
}

const minuteMs = 60_000;

/** What a metric is at this moment; undefined: nothing happened that it could be taken of, or no row answers it. */
export async function measure(database: Database, facts: AlertFacts, asked: Asked): Promise<number | undefined> {
  const { metric, drifted, now, ...narrowed } = asked;
  const scope = { ...narrowed, environment: facts.environment };
  switch (metric) {
    case 'driftedResources':
      return drifted.filter((namespace) => scope.namespaces?.includes(namespace) ?? true).length;
    case 'sourceAgeSeconds':
      return sourceAgeSeconds(facts, now);
    case 'runsPerMinute':
    case 'runErrorRate':
    case 'runP50Seconds':
    case 'runP99Seconds':
    case 'deadLetterRuns':
      return ofRuns(database, metric, scope);
    case 'callsPerMinute':
    case 'callErrorRate':
    case 'callDenyRate':
    case 'tokens':
    case 'costUsd':
      return ofCalls(database, metric, scope);
    case 'queueDepth':
      return (await readOpenRunCounts(database.db, scope)).queued;
    case 'oldestQueuedAgeSeconds':
      return (await readOpenRunCounts(database.db, scope)).oldestQueuedSeconds;
    case 'activeRuns':
      return (await readOpenRunCounts(database.db, scope)).active;
    case 'pendingApprovals':
      return (await readPendingApprovals(database.db, scope)).pending;
    case 'oldestApprovalAgeSeconds':
      return (await readPendingApprovals(database.db, scope)).oldestSeconds;
    case 'liveWorkers':
      return (await readWorkerCounts(database, facts.environment, scope.pools)).live;
    case 'liveWorkersRatio': {
      const { live, desired } = await readWorkerCounts(database, facts.environment, scope.pools);
      return desired === 0 ? undefined : live / desired;
    }
    case 'reconcileP99Seconds':
      return (await readPassSeconds(database.db, scope)).pass ?? undefined;
    case 'planP99Seconds':
      return (await readPassSeconds(database.db, scope)).plan ?? undefined;
    case 'applyP99Seconds':
      return (await readPassSeconds(database.db, scope)).apply ?? undefined;
    // A plan refuses rules of these: `manifest/missing-parts.ts` says what they wait for.
    case 'commitToWorkerP99Seconds':
    case 'stepErrorRate':
    case 'agentErrorRate':
    case 'agentP99Seconds':
    case 'leaseTakeovers':
      return undefined;
  }
}

/** For as long as it can be read it is no older than a poll. */
function sourceAgeSeconds({ conditions }: AlertFacts, now: Date): number {
  const away = conditions?.find(({ type }) => type === 'SourceReady');
  return away === undefined ? 0 : Math.max(0, (now.getTime() - Date.parse(away.since)) / 1_000);
}

type RunMetric = 'runsPerMinute' | 'runErrorRate' | 'runP50Seconds' | 'runP99Seconds' | 'deadLetterRuns';

async function ofRuns(database: Database, metric: RunMetric, scope: MetricScope): Promise<number | undefined> {
  const { runs, failed, deadLetters, p50, p99 } = await readEndedRuns(database.db, scope);
  switch (metric) {
    case 'runsPerMinute':
      return (runs * minuteMs) / scope.windowMs;
    case 'runErrorRate':
      return runs === 0 ? undefined : failed / runs;
    case 'runP50Seconds':
      return p50 ?? undefined;
    case 'runP99Seconds':
      return p99 ?? undefined;
    case 'deadLetterRuns':
      return deadLetters;
  }
}

type CallMetric = 'callsPerMinute' | 'callErrorRate' | 'callDenyRate' | 'tokens' | 'costUsd';

async function ofCalls(database: Database, metric: CallMetric, scope: MetricScope): Promise<number | undefined> {
  const { calls, failed, denied, tokens, costUsd } = await readEndedCalls(database.db, scope);
  switch (metric) {
    case 'callsPerMinute':
      return (calls * minuteMs) / scope.windowMs;
    case 'callErrorRate':
      return calls === 0 ? undefined : failed / calls;
    case 'callDenyRate':
      return calls === 0 ? undefined : denied / calls;
    case 'tokens':
      return tokens;
    case 'costUsd':
      return costUsd;
  }
}
