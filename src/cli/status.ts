import type { EnvironmentStatus, RolloutStanding } from '../api/operations-status.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { haltLine } from './halt.ts';
import { conditionLines, isWrong, suspensionLine } from './conditions.ts';
import { json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { renderTable } from './table.ts';
import { hanging } from './wrap.ts';
import { neutral } from '../manifest/neutral.ts';
import { partsLacked } from '../manifest/problem.ts';

export async function statusCommand(context: CliContext, options: { output: string }): Promise<ExitCode> {
  const { terminal } = context;
  const environments = await withDoor(context, ({ operations }) => operations.status());
  if (options.output === 'json') {
    json(terminal, { environments });
    return exitCodes.success;
  }
  const rows = environments.map((status) => [
    status.environment,
    status.sync,
    status.revision === 0 ? '-' : String(status.revision),
    shortId(status.commit),
    `${shortId(status.head)} (${status.branch})`,
    status.drifted === 0 ? 'none' : String(status.drifted),
  ]);
  for (const line of haltLines(environments)) terminal.out(line);
  terminal.out(renderTable(['ENVIRONMENT', 'SYNC', 'REVISION', 'LIVE', 'HEAD', 'DRIFT'], rows, terminal.tableWidth));
  for (const line of environments.flatMap(attention)) terminal.out(hanging(line, terminal.tableWidth));
  return exitCodes.success;
}

/** Before anything else: whoever looks because nothing moves must not look further. */
function haltLines(environments: readonly EnvironmentStatus[]): readonly string[] {
  const halts = environments.flatMap(({ halts: inForce = [] }) => inForce);
  const byId = new Map(halts.map((halt) => [halt.id, halt]));
  return [...byId.values()].map((halt) => {
    const line = haltLine(halt);
    return halt.environment === undefined ? line : `${halt.environment}: ${line}`;
  });
}

function attention(status: EnvironmentStatus): readonly string[] {
  const errors = status.problems.filter((problem) => problem.severity === 'error').length;
  const lacked = partsLacked(status.problems);
  const lines: string[] = [...pinned(status), ...synced(status)];
  // Of two controllers the one that came second was refused a commit that is live all the same.
  const isLive =
    status.sync === 'Synced' && status.commit !== undefined && status.lastAttempt?.commit === status.commit;
  const isSaid =
    (status.pinned !== undefined && status.lastAttempt?.code === 'plan.quarantined') ||
    (status.conditions ?? []).some((one) => isWrong(one) && one.message === status.lastAttempt?.message);
  const attempt = isLive || isSaid ? undefined : status.lastAttempt;
  if (attempt !== undefined && (attempt.outcome === 'failed' || attempt.outcome === 'refused')) {
    const code = attempt.code === undefined ? '' : ` (${attempt.code})`;
    lines.push(
      `${status.environment}: ${attempt.outcome} ${shortId(attempt.commit)} at ${attempt.at}: ${neutral(attempt.message)}${code}`,
    );
  }
  if (errors > 0)
    lines.push(
      `${status.environment}: ${errors} ${errors === 1 ? 'error' : 'errors'} at the head of ${status.branch}; see pawl plan --env ${status.environment}`,
    );
  if (lacked.length > 0)
    lines.push(
      `${status.environment}: the head of ${status.branch} needs what this build lacks: ${lacked.join(', ')}; see pawl plan --env ${status.environment}`,
    );
  const isToldOfDrift = (status.conditions ?? []).some((one) => one.type === 'Drifted' && isWrong(one));
  if (status.drifted > 0 && !isToldOfDrift)
    lines.push(`${status.environment}: drift; see pawl drift --env ${status.environment}`);
  return [...lines, ...(status.rollouts ?? []).map((one) => rolloutLine(status.environment, one)), ...troubles(status)];
}

/** What is live is not yet what every new run sees. */
function rolloutLine(environment: string, rollout: RolloutStanding): string {
  const { system, strategy, state, step, steps, weight, to, stepSince } = rollout;
  const name = strategy === 'canary' ? `canary, step ${step} of ${steps}` : 'blue-green';
  return `${environment}: rollout of ${neutral(system)} (${name}) ${state} since ${stepSince}: ${weight} of 100 new runs see revision ${to}; see pawl rollout status --env ${environment}`;
}

/** Names that are shown of each; the rest are counted. */
const namesMax = 5;

/** What fires and what workers cannot reach: a line each, as their own commands say the rest. */
function troubles({ environment, alerts = [], probes = [], overrun = [] }: EnvironmentStatus): readonly string[] {
  const fires = alerts.map(({ key, severity }) => `${key} (${severity})`);
  const fails = probes.map(({ subject, name, reason }) => `${subject} ${name} (${reason})`);
  return [
    ...(fires.length === 0 ? [] : [`${environment}: firing: ${namesOf(fires)}; see pawl alerts --env ${environment}`]),
    ...(overrun.length === 0
      ? []
      : [`${environment}: over budget: ${namesOf(overrun)}; see pawl get budgets --env ${environment}`]),
    ...(fails.length === 0 ? [] : [`${environment}: failing: ${namesOf(fails)}; see pawl drift --env ${environment}`]),
  ];
}

function namesOf(names: readonly string[]): string {
  const more = names.length > namesMax ? ` and ${names.length - namesMax} more` : '';
  return `${names.slice(0, namesMax).map(neutral).join(', ')}${more}`;
}

/** What keeps live from being what Git says, and how far the head came. */
function synced(status: EnvironmentStatus): readonly string[] {
  const { environment, suspension, window, overrides = [], healingStoppedAt, conditions = [] } = status;
  const isWindowSaid = conditions.some(({ reason }) => reason === 'OutsideWindow');
  const lines = [
    ...(suspension === undefined ? [] : [suspensionLine(suspension)]),
    ...(window === undefined || window.isOpen || isWindowSaid ? [] : [windowLine(window)]),
    ...overrides.map(
      ({ address, by, reason, expiresAt }) =>
        `override of ${address} by ${neutral(by)} until ${expiresAt}: ${neutral(reason)}`,
    ),
    ...(healingStoppedAt === undefined ? [] : [`healing has stopped at ${healingStoppedAt}; see pawl drift`]),
    ...conditionLines(conditions, { environment, live: status.commit }),
  ];
  return lines.map((line) => (line.startsWith(' ') ? line : `${environment}: ${line}`));
}

function windowLine({ opensAt, deniedBy }: NonNullable<EnvironmentStatus['window']>): string {
  const why = deniedBy === undefined ? 'no window is open' : `the window ${neutral(deniedBy)} denies`;
  return opensAt === undefined ? why : `${why}; the next opens at ${opensAt}`;
}

/** Sync is on all the while: the first commit without anything of what was withdrawn goes live by itself. */
function pinned({ environment, branch, head, pinned: pin }: EnvironmentStatus): readonly string[] {
  if (pin === undefined) return [];
  const why = pin.reason === '' ? '' : `: ${neutral(pin.reason)}`;
  const held = pin.held === 0 ? '' : `; ${neutral(branch)} @ ${shortId(head)} is held`;
  return [
    `${environment}: rolled back to revision ${pin.to} (pinned) by ${neutral(pin.by)} at ${pin.at}${why}${held}; see pawl quarantine list --env ${environment}`,
  ];
}

export function shortId(commit: string | undefined): string {
  return commit === undefined ? '-' : commit.slice(0, 7);
}
