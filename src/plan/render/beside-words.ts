import { neutral } from '../../manifest/neutral.ts';
import type {
  Backtest,
  BudgetFigure,
  EvalImpact,
  Impact,
  MemorySearch,
  Notice,
  Pair,
  Preflight,
  RolloutImpact,
  RunsInFlight,
  ScheduleImpact,
  TierLacks,
  WebhookImpact,
  WorkforceImpact,
} from '../beside.ts';
import { amount, counted, dollars, listed, named, withMore } from './words.ts';

/** What varies by the hour, each fact as one neutral sentence: the same words in a terminal and in a comment. */
export function impactText({ systems, schedules, webhooks, evals, workforces, runs, ...more }: Impact): string {
  const inFlight = runs.reduce((sum, one) => sum + one.inFlight, 0);
  const counts = [
    counted(systems.length + (more.moreSystems ?? 0), 'system'),
    counted(schedules.length + (more.moreSchedules ?? 0), 'schedule'),
    counted(webhooks.length + (more.moreWebhooks ?? 0), 'webhook'),
    ...some(evals.length + (more.moreEvals ?? 0), 'eval'),
    ...some(workforces.length + (more.moreWorkforces ?? 0), 'workforce'),
    ...some((more.rollouts?.length ?? 0) + (more.moreRollouts ?? 0), 'rollout'),
    `${counted(inFlight, 'run')} in flight${more.moreRuns ? ` and those of ${counted(more.moreRuns, 'more system')}` : ''}`,
  ];
  return `Impact: ${counts.join(', ')}.`;
}

/** Many repositories have none of them, and need not read so each time. */
function some(count: number, word: string): readonly string[] {
  return count === 0 ? [] : [counted(count, word)];
}

export function reachesNothing({
  systems,
  schedules,
  webhooks,
  evals,
  workforces,
  rollouts = [],
  runs,
}: Impact): boolean {
  return [systems, schedules, webhooks, evals, workforces, rollouts, runs].every((list) => list.length === 0);
}

export function scheduleText({ address, system, nextFire, fate }: ScheduleImpact): string {
  const next = nextFire === undefined ? 'never fires' : `fires next at ${neutral(nextFire)}`;
  return `${named(address)}${fateText(fate)} ${next}${startsText(system)}`;
}

export function webhookText({ address, system, fate }: WebhookImpact): string {
  return `${named(address)}${fateText(fate)} may start at any time${startsText(system)}`;
}

/** How new runs come to the change, where they do not all at once, or no longer do. */
export function rolloutText({ system, fate, strategy, weight, steps, replaces, reason }: RolloutImpact): string {
  const name = strategy === 'blueGreen' ? 'blue-green rollout' : 'canary';
  if (reason !== undefined) return `${named(system)} ends its ${name}: ${endText[reason]}`;
  const seen = `${weight} of 100 new runs see this`;
  if (fate === 'kept') return `${named(system)} goes on with its ${name}: ${seen}`;
  const place = replaces === true ? ', in place of the rollout under way' : '';
  const how =
    strategy === 'blueGreen'
      ? `blue-green${place}: no new run sees this before it is promoted`
      : `a canary of ${counted(steps, 'step')}${place}: ${seen} at first`;
  return `${named(system)} begins ${how}; what this forbids holds for all of them at once`;
}

const endText: Readonly<Record<NonNullable<RolloutImpact['reason']>, string>> = {
  reverted: 'this brings back what it began from, and all new runs see that at once',
  rollback: 'all new runs see a rollback at once',
  undeclared: 'the system declares no rollout any more, and all new runs see the newest revision at once',
  removed: 'the system is removed',
};

export function evalText({ address, system, cases, fate }: EvalImpact): string {
  if (fate === 'removed') return `${named(address)} (removed)`;
  const tries = system === undefined ? '' : ` of ${named(system)}`;
  return `${named(address)}${fateText(fate)} tries ${counted(cases, 'case')}${tries}`;
}

/** Who joins and who leaves; the plan computes it, because nobody writes who belongs to a workforce. */
export function workforceText({ address, fate, joins, leaves, changes, ...more }: WorkforceImpact): string {
  const said = [
    ...(joins.length === 0 ? [] : [`gains ${withMore(joins.map(memberText), more.moreJoins, membersMax)}`]),
    ...(leaves.length === 0 ? [] : [`loses ${withMore(leaves.map(memberText), more.moreLeaves, membersMax)}`]),
    ...(changes.length === 0
      ? []
      : [`${withMore(changes.map(memberText), more.moreChanges, membersMax)} changes in it`]),
  ];
  const text = said.length === 0 ? 'has the same agents and tools' : said.join('; ');
  return `${named(address)}${fateText(fate)} ${text}`;
}

const membersMax = 5;

/** Tools of servers and of memories, and agents elsewhere, are no resources. */
function memberText(name: string): string {
  return /^[A-Z]/.test(name) ? named(name) : neutral(name);
}

function fateText(fate: ScheduleImpact['fate']): string {
  return fate === 'kept' ? '' : ` (${fate})`;
}

function startsText(system: string | undefined): string {
  return system === undefined ? '' : `, starts ${named(system)}`;
}

export function runsText({ system, inFlight, oldest, revisions, drain }: RunsInFlight): string {
  const pinned =
    revisions.oldest === revisions.newest
      ? `revision ${revisions.newest}`
      : `revisions ${revisions.oldest} to ${revisions.newest}`;
  const after = drain === undefined ? '' : `; the system goes, so they ${drainWords[drain]}`;
  return `${neutral(system)}: ${counted(inFlight, 'run')} in flight on ${pinned}, the oldest since ${neutral(oldest)}${after}`;
}

const drainWords = { finish: 'finish', drain: 'stop at their next step', cancel: 'are cancelled' } as const;

/** What a run in flight notices of a change. */
export function noticeText({ address, fields, moreFields, reaches }: Notice): string {
  const which = fields.length === 0 ? '' : ` ${withMore(fields.map(neutral), moreFields, 3)}`;
  return `${named(address)}${which}: ${reachWords[reaches]}`;
}

const reachWords: Readonly<Record<Notice['reaches'], string>> = {
  pinned: 'they keep what they started with',
  nextCall: 'they obey it from their next call',
  newRuns: 'only new runs get it',
  atOnce: 'they get it at once',
};

export function budgetText({ system, ceiling, expected, ...figure }: BudgetFigure): string {
  const most = pairText(ceiling, figure.ceilingLacks);
  const likely = pairText(expected, figure.expectedLacks);
  const history = figure.runs === 0 ? '' : ` (${counted(figure.runs, 'run')} in ${counted(figure.days, 'day')})`;
  return `${neutral(system)}: a run at most ${most}; a day ${likely}${history}`;
}

/** What a system costs that is not there. */
const absent = 'nothing';

/** A side without a figure says why; the other side may still have one. What is new is told by its figure alone. */
export function pairText(pair: Pair<number>, lacks: Readonly<Record<'before' | 'after', readonly string[]>>): string {
  const side = (which: 'before' | 'after'): string => {
    const value = pair[which];
    if (value !== undefined) return dollars(value);
    return lacks[which].length === 0 ? absent : `unknown (${listed(lacks[which], 3)})`;
  };
  const [before, after] = [side('before'), side('after')];
  return before === after || before === absent ? after : `${before} -> ${after}`;
}

export function backtestText(tested: Backtest): string {
  const { runs, calls, undecidedCalls = 0, deniedRuns, deniedCalls, allowedCalls } = tested;
  const { askedRuns = 0, askedCalls = 0, unaskedCalls = 0 } = tested;
  if (runs === 0) return 'Back-test: no recorded runs to decide again.';
  const denied =
    deniedRuns === 0
      ? 'none would have been denied'
      : `${amount(deniedRuns)} would have been denied (${counted(deniedCalls, 'call')})`;
  const asked =
    askedRuns === 0 ? '' : `; ${amount(askedRuns)} would newly wait for people (${counted(askedCalls, 'call')})`;
  const unasked = unaskedCalls === 0 ? '' : `; ${counted(unaskedCalls, 'call')} would no longer wait for people`;
  const allowed = allowedCalls === 0 ? '' : `; ${counted(allowedCalls, 'denied call')} would now pass`;
  const left = undecidedCalls === 0 ? '' : `; ${counted(undecidedCalls, 'call')} cannot be decided again`;
  return `Back-test: of ${counted(runs, 'recorded run')} with ${counted(calls, 'call')}, ${denied}${asked}${unasked}${allowed}${left}.`;
}

export function exampleText(example: Backtest['examples'][number]): string {
  const { run, path, subject, target, reason, rule, count } = example;
  const first = `first in run ${neutral(run)} at ${neutral(path)}`;
  return `${neutral(target)} by ${named(subject)}: ${neutral(reason)} (${neutral(rule)}), ${counted(count, 'time')}, ${first}`;
}

export function tiersText({ pool, workers, offered }: TierLacks): string {
  const whose = workers === 1 ? 'The one live worker' : `None of the ${workers} live workers`;
  const verb = workers === 1 ? 'cannot run' : 'can run';
  const offers = offered.length === 0 ? 'no tier' : listed(offered);
  return `${whose} of the pool ${neutral(pool)} ${verb} these tools (on offer: ${offers}); calls there would be denied.`;
}

export function lackText({ system, tool, tiers }: TierLacks['lacking'][number]): string {
  return `${neutral(tool)} of AgentSystem/${neutral(system)} needs ${listed(tiers)}`;
}

export function memoryText({ memory, pgvector, otherwise }: MemorySearch): string {
  const name = `Memory/${neutral(memory)}`;
  if (pgvector === 'absent') return `${name} searches by words: the database has no pgvector.`;
  if (pgvector === 'available')
    return `${name} searches by words: pgvector is not created in the database; run \`pawl migrate\`.`;
  return `${name} finds ${counted(otherwise, 'part')} of entries by words alone until they are written again: something else embedded them, or nothing.`;
}

export function preflightText(tried: Preflight): string {
  if (tried.ok) return 'Preflight: the apply was tried and rolled back; it holds.';
  return `Preflight: the apply was tried and failed: ${neutral(`${tried.code}: ${tried.message}`)}`;
}
