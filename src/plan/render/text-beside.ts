import type { Backtest, Impact } from '../beside.ts';
import type { Plan } from '../change.ts';
import {
  backtestText,
  budgetText,
  evalText,
  exampleText,
  impactText,
  lackText,
  memoryText,
  noticeText,
  preflightText,
  reachesNothing,
  rolloutText,
  runsText,
  scheduleText,
  tiersText,
  webhookText,
  workforceText,
} from './beside-words.ts';
import type { Page } from './page.ts';
import { moreOf } from './text-decisions.ts';
import { named, withMore } from './words.ts';

const entriesMax = 10;
const noticesMax = 5;

/** What varies by the hour: what the changes reach, what they cost, what recorded runs say of them. */
export function beside(out: Page, { beside: looked = {} }: Plan): void {
  const { impact: reached, budget, moreBudget = 0, backtest: tested, preflight, tiers, memories = [] } = looked;
  if (reached !== undefined && !reachesNothing(reached)) impact(out, reached);
  if (budget !== undefined && budget.length > 0) {
    out.line(0, 'Budget:', { paint: out.colors.bold });
    list(out, { entries: budget, more: moreBudget, word: 'system', text: budgetText });
    out.blank();
  }
  if (tested !== undefined) backtest(out, tested);
  if (tiers !== undefined) {
    out.line(0, tiersText(tiers), { hang: 2, paint: out.colors.yellow });
    list(out, { entries: tiers.lacking, more: tiers.moreLacking, word: 'tool', text: lackText });
    out.blank();
  }
  if (memories.length > 0) {
    out.line(0, 'Memories:', { paint: out.colors.bold });
    list(out, { entries: memories, more: 0, word: 'memory', text: memoryText });
    out.blank();
  }
  if (preflight !== undefined) {
    out.line(0, preflightText(preflight), { hang: 2, ...(preflight.ok ? {} : { paint: out.colors.red }) });
    out.blank();
  }
}

/** Systems, schedules, webhooks and runs that the changes reach. */
export function impact(out: Page, reached: Impact): void {
  const { systems, moreSystems, schedules, moreSchedules, webhooks, moreWebhooks, runs, moreRuns } = reached;
  const { evals, moreEvals, workforces, moreWorkforces, rollouts = [], moreRollouts } = reached;
  out.line(0, impactText(reached), { paint: out.colors.bold });
  if (systems.length > 0) out.line(2, withMore(systems.map(named), moreSystems, entriesMax), { mark: '*' });
  list(out, { entries: schedules, more: moreSchedules, word: 'schedule', text: scheduleText });
  list(out, { entries: webhooks, more: moreWebhooks, word: 'webhook', text: webhookText });
  list(out, { entries: evals, more: moreEvals, word: 'eval', text: evalText });
  list(out, { entries: workforces, more: moreWorkforces, word: 'workforce', text: workforceText });
  list(out, { entries: rollouts, more: moreRollouts, word: 'rollout', text: rolloutText });
  for (const run of runs.slice(0, entriesMax)) {
    out.line(2, runsText(run), { mark: '*' });
    for (const notice of run.notices.slice(0, noticesMax)) out.line(6, noticeText(notice), { mark: '-' });
    moreOf(out, { indent: 6, hidden: leftOut(run.notices, noticesMax) + (run.moreNotices ?? 0), word: 'line' });
  }
  moreOf(out, { indent: 2, hidden: leftOut(runs, entriesMax) + (moreRuns ?? 0), word: 'system' });
  out.blank();
}

function backtest(out: Page, tested: Backtest): void {
  out.line(0, backtestText(tested), { paint: out.colors.bold });
  const examples = tested.examples.slice(0, entriesMax);
  for (const example of examples) out.line(2, exampleText(example), { mark: '!', paint: out.colors.yellow });
  moreOf(out, { indent: 2, hidden: leftOut(tested.examples, entriesMax), word: 'example' });
  out.blank();
}

interface ListOptions<T> {
  readonly entries: readonly T[];
  readonly more: number | undefined;
  readonly word: string;
  readonly text: (entry: T) => string;
}

function list<T>(out: Page, { entries, more = 0, word, text }: ListOptions<T>): void {
  for (const entry of entries.slice(0, entriesMax)) out.line(2, text(entry), { mark: '*' });
  moreOf(out, { indent: 2, hidden: leftOut(entries, entriesMax) + more, word });
}

function leftOut(entries: readonly unknown[], max: number): number {
  return Math.max(0, entries.length - max);
}
