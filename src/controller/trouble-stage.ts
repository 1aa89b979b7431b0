import { digest } from '../manifest/digest.ts';
import type { ConditionFact } from '../store/alert-facts.ts';
import type { ConditionType } from '../store/condition.ts';
import type { AlertTopic, Severity, Trouble, Way } from './alert.ts';
import { content } from './alert-content.ts';
import type { ReasonOf } from './condition-reasons.ts';

const order: readonly ConditionType[] = ['SourceReady', 'Planned', 'Gated', 'Applied'];

/**
 * What keeps commits from going live, and whether what is live works. The first stage that a commit did not pass says
 * why the ones after it did not happen either. Whoever suspends, closes a window or applies by hand has decided so, and
 * does not have to be told.
 */
export function stageTroubles(environment: string, conditions: readonly ConditionFact[]): readonly Trouble[] {
  const wrong = conditions.filter(({ status }) => status === 'False');
  const first = order.flatMap((type) => wrong.filter((one) => one.type === type)).slice(0, 1);
  const health = wrong.filter(({ type }) => type === 'Healthy');
  return [...first, ...health].filter(({ reason }) => !meant.has(reason)).map((one) => troubleOf(environment, one));
}

/** `Blocked`: an earlier stage says it; where none does, a newer commit came. */
const meant: ReadonlySet<string> = new Set<ReasonOf<'Applied'>>([
  'Suspended',
  'OutsideWindow',
  'ManualApply',
  'Blocked',
]);

interface Manner {
  readonly kind: string;
  readonly severity: Severity;
  readonly topic: AlertTopic;
  readonly holdMs: number;
  readonly ways: (environment: string) => readonly Way[];
}

const minuteMs = 60_000;

const see = (environment: string): readonly Way[] => [
  { text: 'See how far the commit came', command: 'pawl status' },
  { text: 'See what it would do', command: `pawl plan --env ${environment}` },
];

const back: Way = { text: 'Or take the commit back: revert it in Git, in a pull request' };

const failed: Manner = {
  kind: 'failed',
  severity: 'warning',
  topic: 'progress',
  holdMs: 0,
  ways: (environment) => [{ text: 'See what is wrong', command: `pawl plan --env ${environment}` }, back],
};

const source: Manner = {
  kind: 'source',
  severity: 'warning',
  topic: 'progress',
  holdMs: 0,
  ways: () => [
    { text: 'See what the repository answers', command: 'pawl doctor' },
    { text: 'What is live stays live until it answers again' },
  ],
};

const waiting: Manner = {
  kind: 'waiting',
  severity: 'info',
  topic: 'progress',
  holdMs: 0,
  ways: (environment) => [
    { text: 'Look at it: the plan says how to agree', command: `pawl plan --env ${environment}` },
    back,
  ],
};

const attacked: Manner = { kind: 'held', severity: 'critical', topic: 'security', holdMs: 0, ways: see };

const ofType: Readonly<Record<string, Manner>> = {
  SourceReady: source,
  Planned: failed,
  Gated: { ...waiting, kind: 'held', severity: 'warning', ways: see },
  Applied: { ...failed, holdMs: minuteMs },
  Healthy: {
    kind: 'health',
    severity: 'critical',
    topic: 'state',
    holdMs: 0,
    ways: (environment) => [
      { text: 'See what runs fail with', command: `pawl get runs --env ${environment}` },
      { text: 'Go back to what worked: pawl rollback, to one of these', command: `pawl history --env ${environment}` },
    ],
  },
};

/** What is said otherwise than for its stage. A source that answers within six polls was never worth a message. */
const ofReason: Readonly<Record<string, Manner>> = {
  Unreachable: { ...source, holdMs: 3 * minuteMs },
  Claimed: { ...attacked, ways: source.ways },
  TimedOut: { ...failed, holdMs: minuteMs },
  Failed: { ...failed, holdMs: minuteMs },
  Unacknowledged: waiting,
  NotAsReviewed: { ...waiting, severity: 'warning' },
  NonFastForward: attacked,
  SignatureMissing: attacked,
  Quarantined: {
    ...waiting,
    kind: 'held',
    severity: 'warning',
    ways: (environment) => [
      { text: 'See what is withdrawn', command: `pawl quarantine list --env ${environment}` },
      back,
      { text: 'Or let it go live again', command: `pawl quarantine release --env ${environment}` },
    ],
  },
};

const titles: Readonly<Record<string, (environment: string, commit: string) => string>> = {
  source: (environment) => `The repository of ${environment} cannot be used`,
  failed: (environment, commit) => `Commit ${commit} did not go live in ${environment}`,
  waiting: (environment, commit) =>
    `Commit ${commit} waits for somebody to agree before it goes live in ${environment}`,
  held: (environment, commit) => `Commit ${commit} is held back from ${environment}`,
  health: (environment) => `${environment} is not healthy since its last apply`,
};

function troubleOf(environment: string, { type, reason, message, commit, since }: ConditionFact): Trouble {
  const { kind, severity, topic, holdMs, ways } = ofReason[reason] ?? ofType[type] ?? failed;
  const title = titles[kind]?.(environment, commit?.slice(0, 7) ?? 'at the head') ?? environment;
  return {
    key: type.toLowerCase(),
    fingerprint: digest([type, reason, commit]),
    severity,
    topic,
    since: new Date(since),
    holdMs,
    content: content(kind, title, {
      text: message,
      reason,
      ...(commit === null ? {} : { commit }),
      ways: ways(environment),
      path: '/v1/status',
    }),
  };
}
