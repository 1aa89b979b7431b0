import type { AuditOperations, AuditReport, WhyOperations, WhyRecord } from '../../src/api/operations-audit.ts';
import type { DriftOperations } from '../../src/api/operations-drift.ts';
import type { OverrideOperations } from '../../src/api/operations-override.ts';
import type { ReplayOperations } from '../../src/api/operations-replay.ts';
import type { RevisionOperations } from '../../src/api/operations-revision.ts';
import type { RolloutRecord } from '../../src/api/operations-rollout.ts';
import type { Operations, RunRecord } from '../../src/api/operations.ts';
import { TerminalError } from '../../src/errors.ts';
import { controlAnswers, type Recorded, runId, tokenAnswers } from './control-answers.ts';
import { alertAnswers, proposalAnswers, syncAnswers } from './controller-answers.ts';

const rollout: RolloutRecord = {
  environment: 'production',
  system: 'support/triage',
  strategy: 'canary',
  state: 'paused',
  step: 1,
  steps: 2,
  weight: 10,
  reason: '',
  startedAt: '2026-01-01T00:00:00.000Z',
  stepSince: '2026-01-01T00:00:00.000Z',
  endedAt: undefined,
  from: { revision: 1, runs: 9, failed: 0, latencyMs: 20 },
  to: { revision: 2, runs: 0, failed: 0 },
};

export const run: RunRecord = {
  id: runId,
  environment: 'production',
  system: 'support/triage',
  revision: 1,
  state: 'Succeeded',
  input: { ticket: 'broken' },
  output: { answer: 'sorry' },
  error: undefined,
  waits: [],
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:00.010Z',
  endedAt: '2026-01-01T00:00:01.000Z',
};

const override = {
  id: '3f2a1b2c',
  address: 'Agent/support/draft',
  spec: { limits: { maxSteps: 2 } },
  reason: 'it loops',
  by: 'ada',
  setAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-01T02:00:00.000Z',
};

const to = {
  revision: 2,
  commit: 'c'.repeat(40),
  subject: 'Two',
  summary: { add: 0, change: 1, remove: 0, move: 0, adopt: 0, orphan: 0 },
  revertOf: undefined,
  appliedBy: 'ada',
  appliedAt: '2026-01-01T00:00:00.000Z',
} as const;
const left = { inFlight: [], effects: { total: 0, calls: [] } };

const access = { target: { kind: 'tool', name: 'a/look' }, rows: [] } as const;

const standing = {
  run: runId,
  submittedBy: 'ada',
  cause: undefined,
  retriedFrom: undefined,
  pool: 'default',
  priority: 5,
  idempotencyKey: undefined,
  deadlineAt: undefined,
  cancelRequestedAt: undefined,
  drainRequestedAt: undefined,
  crashes: 0,
  fence: 1,
  worker: undefined,
  pin: { bundle: 'b'.repeat(64), state: 'live', liveRevision: 1 },
  waits: [],
} as const;

const question = {
  run: runId,
  environment: 'production',
  system: 'a/b',
  place: 'ask',
  kind: 'human',
  since: '2026-01-01T00:00:00.000Z',
  dueAt: undefined,
  shown: 'which?',
  form: { type: 'string' },
  assignees: { groups: ['support'], users: [] },
  min: 1,
  changesLeft: undefined,
  votes: [],
  answered: undefined,
} as const;

type Planned = Awaited<ReturnType<Operations['plan']>>;

function revisionAnswers(answer: Recorded, plan: Planned): RevisionOperations {
  return {
    planRollback: answer('planRollback', { plan, to, ...left }),
    rollback: answer('rollback', {
      outcome: 'applied',
      environment: 'production',
      revision: 4,
      to: 2,
      summary: { add: 0, change: 1, remove: 0, move: 0, adopt: 0, orphan: 0 },
      quarantine: [],
      ...left,
    }),
    quarantine: answer('quarantine', []),
    releaseQuarantine: answer('releaseQuarantine', []),
    show: answer('show', { record: to, changes: [], acknowledgements: [] }),
    compare: answer('compare', { environment: 'production', from: 'revision 1', to: 'live', changes: [] }),
    blame: answer('blame', {
      environment: 'production',
      address: 'Agent/a/b',
      removedBy: undefined,
      formerly: [],
      fields: [],
    }),
  };
}

type OnCall =
  | 'workers'
  | 'resolve'
  | 'trace'
  | 'standing'
  | 'retry'
  | 'redrive'
  | 'rollouts'
  | 'orderRollout'
  | 'pools'
  | 'questions'
  | 'questionsOf'
  | 'answer'
  | 'top'
  | 'runEvents';

function onCallAnswers(answer: Recorded): Pick<Operations, OnCall> {
  return {
    workers: answer('workers', []),
    resolve: answer('resolve', run),
    trace: answer('trace', { run, nodes: [], totals: { tokensIn: 0, tokensOut: 0, cost: 0, calls: 0, denied: 0 } }),
    standing: answer('standing', standing),
    retry: answer('retry', run),
    redrive: answer('redrive', { runs: [runId], refused: [] }),
    rollouts: answer('rollouts', []),
    orderRollout: answer('orderRollout', rollout),
    pools: answer('pools', []),
    questions: answer('questions', [question]),
    questionsOf: answer('questionsOf', [question]),
    answer: answer('answer', { run: runId, place: 'ask', outcome: 'decided' }),
    runEvents: answer('runEvents', { events: [], after: 0 }),
    top: answer('top', {
      environment: 'production',
      windowMs: 300_000,
      pools: [],
      workers: { live: 0, slots: 0, running: 0 },
      systems: [],
    }),
  };
}

const auditReport: AuditReport = {
  environments: [{ environment: 'production', links: 1, head: 'a'.repeat(64), anchored: true }],
  runs: 1,
  rows: 2,
  pending: { rows: 0, runs: 0, ended: [] },
  break: undefined,
};

const whyRecord: WhyRecord = {
  run: run.id,
  call: 'a/1',
  environment: 'production',
  system: 'default/work',
  kind: 'tool',
  subject: 'AgentSystem/default/work',
  target: 'default/echo',
  at: '2026-01-01T00:00:00.000Z',
  pinned: 1,
  live: 1,
  recorded: { kind: 'allow', rule: 'AgentRole/default/worker' },
  again: { kind: 'allow', rule: 'AgentRole/default/worker' },
  same: true,
  without: [],
  steps: [],
  rules: [],
  would: undefined,
  outcome: 'done',
};

const noCalls = { ages: [], calls: [], steps: [], most: { calls: 0, tokens: 0, usd: 0 }, budgets: [] };
const recordedUse = { days: 7, runs: 0, runsMax: 1_000, ...noCalls };

/** Operations that answer from memory: what is tested here is the wire between two implementations of one contract. */
export function recordingOperations(calls: unknown[]): Operations {
  const answer: Recorded =
    (name, result) =>
    (...words) => {
      calls.push([name, ...words]);
      return Promise.resolve(result);
    };
  const plan = { digest: 'd'.repeat(64), environment: 'production' } as unknown as Planned;
  return {
    environments: answer('environments', [{ name: 'production', branch: 'main' }]),
    plan: answer('plan', plan),
    apply: () =>
      Promise.reject(new TerminalError('The plan is stale.', { code: 'plan.stale', help: 'Plan again.', exit: 6 })),
    acknowledge: answer('acknowledge', {
      environment: 'production',
      planDigest: 'd'.repeat(64),
      acknowledged: ['bootstrap'],
      by: 'me',
      outstanding: [],
      alone: true,
    }),
    access: answer('access', access),
    recordedUse: answer('recordedUse', recordedUse),
    startTask: answer('startTask', run),
    schedules: answer('schedules', []),
    webhooks: answer('webhooks', []),
    drift: answer('drift', []),
    ...driftAnswers(answer),
    ...proposalAnswers(answer),
    ...syncAnswers(answer),
    ...alertAnswers(answer),
    status: answer('status', []),
    history: answer('history', []),
    get: answer('get', []),
    submit: answer('submit', run),
    run: (id) =>
      id === runId
        ? Promise.resolve(run)
        : Promise.reject(
            new TerminalError('No run has that id.', { code: 'run.unknown', help: 'Look at `pawl get runs`.' }),
          ),
    runs: answer('runs', [run]),
    runChanges: answer('runChanges', { seen: 'e'.repeat(64), runs: [run] }),
    ...auditAnswers(answer),
    ...onCallAnswers(answer),
    cancel: () => Promise.reject(new Error('a secret detail of the machine')),
    ...tokenAnswers(answer),
    ...controlAnswers(answer),
    ...revisionAnswers(answer, plan),
    close: () => Promise.resolve(),
  };
}

function driftAnswers(answer: Recorded): DriftOperations & OverrideOperations {
  return {
    overrides: answer('overrides', [override]),
    setOverride: answer('setOverride', { environment: 'production', revision: 4, override, systems: [] }),
    endOverride: answer('endOverride', { environment: 'production', revision: 5, override, systems: ['a/b'] }),
    heal: answer('heal', {
      environment: 'production',
      revision: 3,
      undone: [{ address: 'AgentRole/default/clerk', class: 'outOfBand', by: 'psql', at: '2026-01-01T00:00:00.000Z' }],
    }),
    healing: answer('healing', { environment: 'production', stoppedAt: undefined }),
    resumeHealing: answer('resumeHealing', { environment: 'production', stoppedAt: undefined }),
  };
}

function auditAnswers(answer: Recorded): AuditOperations & WhyOperations & ReplayOperations {
  return {
    verifyAudit: answer('verifyAudit', auditReport),
    exportAudit: answer('exportAudit', {
      lines: [{ cursor: 1, environment: 'production', at: '2026-01-01T00:00:00.000Z', event: 'person', by: 'ada' }],
      next: null,
    }) as unknown as Operations['exportAudit'],
    anchorAudit: answer('anchorAudit', {
      environment: 'production',
      lineage: '00000000-0000-4000-8000-000000000001',
      seq: 1,
      hash: 'a'.repeat(64),
      at: '2026-01-01T00:00:00.000Z',
    }),
    why: answer('why', whyRecord),
    replaySource: answer('replaySource', {
      input: {},
      rows: [],
      content: {},
      comparesVectors: false,
      target: {},
    }) as unknown as Operations['replaySource'],
  };
}
