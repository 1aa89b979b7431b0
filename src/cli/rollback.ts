import type { LeftBehind, RolledBack, RollbackPlan, RunsOrder } from '../api/operations-revision.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { isErrored, isUnchanged } from '../plan/plan.ts';
import { renderJson } from '../plan/render/json.ts';
import { askForYes } from './apply.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { showPlan } from './plan.ts';
import { plural } from './plural.ts';
import { releaseCommand } from './quarantine.ts';
import { inFlightText, undoneText } from './render-left-behind.ts';

export interface RollbackOptions {
  readonly revision: string | undefined;
  readonly env?: string;
  readonly runs: RunsOrder;
  readonly reason?: string;
  readonly ack?: readonly string[];
  readonly autoApprove?: boolean;
  readonly release?: boolean;
  readonly pullRequest?: boolean;
  readonly output: string;
}

/** Shows what returning to a revision does and what it cannot undo, asks, and does it. */
export async function rollbackCommand(context: CliContext, options: RollbackOptions): Promise<ExitCode> {
  if (options.release === true) return releaseAll(context, options);
  const revision = revisionNumber(options.revision);
  return withDoor(context, async (door) => {
    const environment = await chooseEnvironment(door, options.env);
    const planned = await door.operations.planRollback({ environment, revision });
    if (isUnchanged(planned.plan)) return nothingToDo(context, planned, options);
    if (options.output !== 'json' || isErrored(planned.plan)) await showPlan(context, planned.plan, options.output);
    if (isErrored(planned.plan)) return exitCodes.findings;
    if (options.output !== 'json') showLeftBehind(context, planned, options.runs);
    if (options.autoApprove !== true) await askForYes(context, `Roll ${environment} back to revision ${revision}?`);
    const done = await door.operations.rollback({
      environment,
      revision,
      planDigest: planned.plan.digest,
      runs: options.runs,
      reason: options.reason ?? '',
      acknowledge: options.ack ?? [],
      ...(options.pullRequest === false ? { pullRequest: false } : {}),
    });
    if (options.output === 'json') json(context.terminal, { ...done, plan: renderJson(planned.plan) });
    else showDone(context, done, planned);
    return exitCodes.success;
  });
}

async function releaseAll(context: CliContext, options: RollbackOptions): Promise<ExitCode> {
  if (options.revision !== undefined) {
    throw usage('--release lifts a quarantine and rolls nothing back.', 'Leave the revision out.');
  }
  const { env, reason, output } = options;
  return releaseCommand(context, {
    addresses: [],
    all: true,
    output,
    ...(env === undefined ? {} : { env }),
    ...(reason === undefined ? {} : { reason }),
  });
}

/** `41`, and `r41` as other commands take it. */
export function revisionNumber(word: string | undefined): number {
  const digits = /^r?(\d{1,9})$/.exec(word ?? '')?.[1];
  if (digits !== undefined) return Number(digits);
  throw usage(
    word === undefined ? 'Which revision?' : `"${word.slice(0, 80)}" is no revision's number.`,
    'Take the number from `pawl history`.',
  );
}

function usage(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'cli.usage', help, exit: exitCodes.usage });
}

function nothingToDo(context: CliContext, { plan, to }: RollbackPlan, { output }: RollbackOptions): ExitCode {
  const { environment, base } = plan;
  if (output === 'json') {
    json(context.terminal, { outcome: 'unchanged', environment, revision: base.revision, to: to.revision });
    return exitCodes.success;
  }
  const same = base.revision === to.revision ? '' : ` (revision ${base.revision} says the same)`;
  context.terminal.out(`Nothing to do: ${environment} already is what revision ${to.revision} says${same}.`);
  return exitCodes.success;
}

function showLeftBehind({ terminal }: CliContext, left: LeftBehind, runs: RunsOrder): void {
  for (const text of [inFlightText(left, runs), undoneText(left, terminal)]) {
    if (text !== undefined) terminal.out(`\n${text}`);
  }
}

function showDone({ terminal }: CliContext, done: RolledBack, { plan, to }: RollbackPlan): void {
  const { bold, green } = terminal.colors;
  const { add, change, remove } = done.summary;
  terminal.out(
    `\n${green('Rolled back:')} ${add} added, ${change} changed, ${remove} destroyed. ` +
      `${done.environment} is now at ${bold(`revision ${done.revision}`)}, with the content of revision ${done.to}.`,
  );
  const held = done.quarantine.filter(({ since }) => since === done.revision).length;
  if (held > 0) {
    terminal.out(
      `${plural(held, 'withdrawn content')} quarantined: commits that still hold any of them wait. ` +
        `See them with: pawl quarantine list --env ${done.environment}`,
    );
  }
  terminal.out(
    `Next: revert in Git what came after ${to.commit.slice(0, 7)}; the first commit without any of it goes live as usual.`,
  );
  if (plan.drift.length > 0) terminal.out('What was changed in live by hand was overwritten.');
}
