import type { TierLacks } from '../beside.ts';
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
import type { Part } from './fit.ts';
import { cell } from './markdown-tables.ts';
import { counted, named, withMore } from './words.ts';

const entriesMax = 10;

/** What the changes reach, cost and would have denied: a list of sentences. */
export function besidePart({ beside = {} }: Plan): readonly Part[] {
  const { impact, budget = [], moreBudget = 0, backtest, preflight, tiers, memories = [] } = beside;
  const units = [
    ...(impact === undefined || reachesNothing(impact) ? [] : impactUnits(impact)),
    ...budget.slice(0, entriesMax).map((figure) => `- Budget of ${cell(budgetText(figure))}`),
    ...more(Math.max(0, budget.length - entriesMax) + moreBudget, 'system with a budget'),
    ...(backtest === undefined ? [] : [`- ${cell(backtestText(backtest))}`]),
    ...(backtest?.examples ?? []).slice(0, entriesMax).map((example) => `  - ${cell(exampleText(example))}`),
    ...(tiers === undefined ? [] : tierUnits(tiers)),
    ...memories.slice(0, entriesMax).map((memory) => `- ${cell(memoryText(memory))}`),
    ...more(Math.max(0, memories.length - entriesMax), 'memory'),
    ...(preflight === undefined ? [] : [`- ${cell(preflightText(preflight))}`]),
  ];
  if (units.length === 0) return [];
  return [
    {
      title: 'impact',
      rank: 5,
      share: 0.1,
      open: '#### Impact\n\n',
      units: () => units,
      count: units.length,
      between: '\n',
      close: '',
      more: (hidden) => `- and ${counted(hidden, 'more line')}.`,
    },
  ];
}

function impactUnits(impact: NonNullable<NonNullable<Plan['beside']>['impact']>): readonly string[] {
  const { systems, moreSystems, schedules, webhooks, evals, workforces, rollouts = [], runs } = impact;
  return [
    `- ${cell(impactText(impact))}`,
    ...(systems.length === 0 ? [] : [`  - ${cell(withMore(systems.map(named), moreSystems, entriesMax))}`]),
    ...schedules.slice(0, entriesMax).map((schedule) => `  - ${cell(scheduleText(schedule))}`),
    ...webhooks.slice(0, entriesMax).map((webhook) => `  - ${cell(webhookText(webhook))}`),
    ...evals.slice(0, entriesMax).map((one) => `  - ${cell(evalText(one))}`),
    ...workforces.slice(0, entriesMax).map((one) => `  - ${cell(workforceText(one))}`),
    ...rollouts.slice(0, entriesMax).map((one) => `  - ${cell(rolloutText(one))}`),
    ...runs
      .slice(0, entriesMax)
      .flatMap((run) => [
        `  - ${cell(runsText(run))}`,
        ...run.notices.slice(0, entriesMax).map((notice) => `    - ${cell(noticeText(notice))}`),
      ]),
  ];
}

function tierUnits(tiers: TierLacks): readonly string[] {
  const { lacking, moreLacking = 0 } = tiers;
  return [
    `- ${cell(tiersText(tiers))}`,
    ...lacking.slice(0, entriesMax).map((lack) => `  - ${cell(lackText(lack))}`),
    ...more(Math.max(0, lacking.length - entriesMax) + moreLacking, 'tool'),
  ];
}

function more(hidden: number, word: string): readonly string[] {
  return hidden === 0 ? [] : [`- and ${counted(hidden, `more ${word}`)}.`];
}
