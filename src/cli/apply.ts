import type { Operations } from '../api/operations.ts';
import { assertApplicable } from '../apply/precondition.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Door } from './app-port.ts';
import { askForAcknowledgements } from './acknowledging.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { readSavedPlan, showPlan } from './plan.ts';
import type { SavedPlan } from './plan.ts';
import { refusalOf } from './problems.ts';

export interface ApplyOptions {
  readonly plan: string | undefined;
  readonly env?: string;
  readonly autoApprove?: boolean;
  /** Ids of risks and guards that whoever applies acknowledges. */
  readonly ack?: readonly string[];
  /** Why it goes live although no window is open. */
  readonly outsideWindow?: string;
  readonly output: string;
}

export async function applyCommand(context: CliContext, options: ApplyOptions): Promise<ExitCode> {
  return withDoor(context, async (door) => {
    if (options.plan !== undefined) {
      await applyNow(context, {
        operations: door.operations,
        saved: await savedPlan(context.cwd, options.plan),
        options,
      });
      return exitCodes.success;
    }
    return planAndApply(context, { door, options });
  });
}

interface Planning {
  readonly door: Door;
  readonly options: ApplyOptions;
}

async function planAndApply(context: CliContext, { door, options }: Planning): Promise<ExitCode> {
  const environment = await chooseEnvironment(door, options.env);
  const plan = await door.operations.plan({ environment });
  const isRefused = refusalOf(plan.problems) !== undefined;
  // With JSON, stdout carries one document: the revision, or else the plan that cannot be applied, with its errors.
  if (options.output !== 'json' || isRefused) await showPlan(context, plan, options.output);
  if (isRefused) return exitCodes.findings;
  // A commit that changes no resource may still change the rules that judge the next one.
  if (plan.changes.length === 0 && plan.risks.every(({ gate }) => gate === 'notice')) {
    if (options.output === 'json') json(context.terminal, { environment, changed: false });
    return exitCodes.success;
  }
  // Nobody is asked for what no answer applies. It is refused here: what holds it may be gone before it is sent, and then
  // it would go live unasked, as a plan's digest does not cover the quarantine.
  assertApplicable(plan);
  const ack = await askForAcknowledgements(context, plan, options.ack ?? []);
  // The plan above was made without them and says that it waits for them.
  if (ack.length > 0) context.terminal.note(`\nAcknowledged with this apply: ${neutral(ack.join(', '))}.`);
  if (options.autoApprove !== true) await confirm(context, environment);
  await applyNow(context, {
    operations: door.operations,
    saved: { environment, commit: plan.target.commit, digest: plan.digest },
    options: { ...options, ack },
  });
  return exitCodes.success;
}

async function confirm(context: CliContext, environment: string): Promise<void> {
  await askForYes(context, `Apply this to ${environment}?`);
}

/** Asks whether to change what is live; anything but yes is a no. */
export async function askForYes({ terminal }: CliContext, question: string): Promise<void> {
  const answer = await terminal.ask(`\n${question} Only "yes" is taken: `, '--auto-approve');
  if (answer === 'yes') return;
  throw new TerminalError('Not applied.', {
    code: 'cli.declined',
    help: 'Run it again and answer yes, or pass --auto-approve.',
    exit: exitCodes.unexpected,
  });
}

interface Applying {
  readonly operations: Operations;
  readonly saved: SavedPlan;
  readonly options: ApplyOptions;
}

async function applyNow({ terminal }: CliContext, { operations, saved, options }: Applying): Promise<void> {
  const { environment, commit, digest } = saved;
  const applied = await operations.apply({
    environment,
    commit,
    planDigest: digest,
    ...(options.ack === undefined || options.ack.length === 0 ? {} : { acknowledge: options.ack }),
    ...(options.outsideWindow === undefined ? {} : { outsideWindow: options.outsideWindow }),
  });
  if (options.output === 'json') {
    json(terminal, { ...applied, revertOf: applied.revertOf ?? null });
    return;
  }
  const { add, change, remove } = applied.summary;
  const { bold, green } = terminal.colors;
  if (options.plan === undefined) terminal.out('');
  terminal.out(
    `${green('Applied:')} ${add} added, ${change} changed, ${remove} destroyed. ` +
      `${applied.environment} is now at ${bold(`revision ${applied.revision}`)} (${applied.commit.slice(0, 7)}).`,
  );
  if (applied.revertOf !== undefined) terminal.out(`It returns to what revision ${applied.revertOf} said.`);
}

async function savedPlan(cwd: string, file: string): Promise<SavedPlan> {
  const saved = await readSavedPlan(cwd, file);
  if (saved !== undefined) return saved;
  throw new TerminalError(`${file} is not a plan that pawl saved.`, {
    code: 'cli.usage',
    help: 'Write one with `pawl plan --out <file>`.',
    exit: exitCodes.usage,
  });
}
