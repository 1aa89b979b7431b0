import { classMeaning } from '../plan/class-meaning.ts';
import { digest } from '../manifest/digest.ts';
import type { Change } from '../plan/change.ts';
import type { AlertFacts, ProbeFact, RollbackFact } from '../store/alert-facts.ts';
import { probeStreakMin } from '../store/probe.ts';
import { findingsMax, type Finding, type Trouble } from './alert.ts';
import { content } from './alert-content.ts';
import { fingerprint } from './reconcile.ts';
import { pinTrouble } from './trouble-pin.ts';
import { stageTroubles } from './trouble-stage.ts';

/** Everything that is wrong with an environment as rows say, without its drift. */
export function troublesOf(facts: AlertFacts): readonly Trouble[] {
  const { environment, conditions, healStoppedAt, rollback, probes, pins } = facts;
  return [
    ...stageTroubles(environment, conditions ?? []),
    ...(healStoppedAt === null ? [] : [fightTrouble(environment, healStoppedAt)]),
    ...(rollback === null ? [] : [rollbackTrouble(environment, rollback)]),
    ...(probes ?? []).filter(({ streak }) => streak >= probeStreakMin).map((probe) => probeTrouble(environment, probe)),
    ...(pins ?? []).map((pin) => pinTrouble(environment, pin)),
  ];
}

function fightTrouble(environment: string, at: string): Trouble {
  return {
    key: 'healing',
    fingerprint: digest(['healing', at]),
    severity: 'critical',
    topic: 'security',
    since: new Date(at),
    holdMs: 0,
    content: content('fight', `Healing of ${environment} has stopped: something keeps undoing it`, {
      text: 'Rows were put back five times within a minute, and each time they were changed again. Until a person resumes it, drift stays where it is.',
      reason: 'drift.fight',
      ways: [
        { text: 'See who writes there, and stop that', command: `pawl drift --env ${environment}` },
        { text: 'Then let controllers heal again', command: `pawl drift heal --resume --env ${environment}` },
      ],
      path: `/v1/environments/${environment}/drift`,
    }),
  };
}

function rollbackTrouble(environment: string, { revision, by, at, summary }: RollbackFact): Trouble {
  const why = summary.reason === '' ? '' : `: ${summary.reason}`;
  return {
    key: 'rollback',
    fingerprint: digest(['rollback', revision]),
    severity: 'warning',
    topic: 'state',
    since: new Date(at),
    holdMs: 0,
    content: content('rollback', `${environment} was rolled back to revision ${summary.to}`, {
      text: `${by} took revision ${summary.from} back${why}. Commits that hold what was withdrawn do not go live until it is reverted in Git or released.`,
      reason: 'rollback',
      found: [{ what: `revision ${revision}`, how: `holds what revision ${summary.to} held`, by, at }],
      ways: [
        {
          text: 'Make it last: revert in Git what was withdrawn',
          command: `pawl quarantine list --env ${environment}`,
        },
        { text: 'Or let it go live again', command: `pawl quarantine release --env ${environment}` },
      ],
      path: `/v1/environments/${environment}/quarantine`,
    }),
  };
}

const probed: Readonly<Record<ProbeFact['subject'], string>> = {
  endpoint: 'Model endpoint',
  model: 'The model of endpoint',
  secret: 'Secret',
  server: 'MCP server',
};

function probeTrouble(environment: string, { subject, name, reason, detail, since }: ProbeFact): Trouble {
  const what = subject === 'secret' ? 'cannot be read' : subject === 'model' ? 'is not known' : 'is not reachable';
  return {
    key: `probe/${subject}/${name}`,
    fingerprint: digest(['probe', subject, name, reason]),
    severity: 'warning',
    topic: 'state',
    since: new Date(since),
    holdMs: 0,
    content: content('probe', `${probed[subject]} ${name} ${what} from workers of ${environment}`, {
      text: 'Calls that need it fail. Workers look again every few minutes.',
      reason,
      found: [{ what: name, how: detail, at: since }],
      ways: [
        { text: 'Put it right where it is', command: `pawl drift --env ${environment}` },
        { text: 'Or change what Git says of it, in a pull request' },
      ],
      path: `/v1/environments/${environment}/probes`,
    }),
  };
}

/** Live is not what the revision says. Names of fields are told, values are not. */
export function driftTrouble(environment: string, drift: readonly Change[]): Trouble | undefined {
  const print = fingerprint(drift);
  if (print === undefined) return undefined;
  const noun = drift.length === 1 ? '1 resource' : `${drift.length} resources`;
  return {
    key: 'drift',
    fingerprint: print,
    severity: 'warning',
    topic: 'state',
    holdMs: 0,
    content: {
      ...content('drift', `${environment} has drifted: ${noun} moved behind pawl's back`, {
        text: 'What runs is what revision and bundle say: a row edited by hand takes no effect, and is not what Git says.',
        reason: 'drift',
        found: drift.slice(0, findingsMax).map(driftFinding),
        ways: [
          { text: 'Revert to what Git says', command: `pawl drift heal --env ${environment}` },
          { text: 'Or accept it, in a pull request', command: `pawl drift accept --env ${environment}` },
        ],
        path: `/v1/environments/${environment}/drift`,
      }),
      more: Math.max(0, drift.length - findingsMax),
      ...(drift.some(({ touched }) => touched === undefined) ? { deep: true as const } : {}),
    },
  };
}

const fieldsMax = 3;

function driftFinding(change: Change): Finding {
  const paths = [...new Set(change.fields.map(({ path }) => path))];
  const shown = paths.slice(0, fieldsMax).join(', ');
  const more = paths.length > fieldsMax ? ` and ${paths.length - fieldsMax} more` : '';
  const { touched } = change;
  return {
    what: change.address,
    how: shown === '' ? classMeaning[change.class] : `${classMeaning[change.class]}: ${shown}${more}`,
    ...(touched === undefined ? {} : { by: touched.by, at: touched.at }),
  };
}
