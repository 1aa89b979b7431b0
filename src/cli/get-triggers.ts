import type { BudgetRecord } from '../api/operations-budget.ts';
import type { ScheduleRecord, WebhookRecord } from '../api/operations-task.ts';
import { usd } from '../trace/layout.ts';
import type { Door } from './app-port.ts';

interface TriggerListing {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly names: readonly string[];
  readonly records: readonly object[];
}

/** `pawl get schedules`, `webhooks`, `budgets`, `workforces` and `evals` have columns of their own; undefined: another list is meant. */
export function triggersNamed(kind: string): TriggerQuery['of'] | undefined {
  const word = kind.toLowerCase();
  if (word === 'eval' || word === 'evals') return 'evals';
  if (word === 'workforce' || word === 'workforces') return 'workforces';
  if (word === 'budget' || word === 'budgets') return 'budgets';
  if (['schedule', 'schedules', 'taskschedule', 'taskschedules'].includes(word)) return 'schedules';
  return ['webhook', 'webhooks', 'taskwebhook', 'taskwebhooks'].includes(word) ? 'webhooks' : undefined;
}

export interface TriggerQuery {
  readonly of: 'schedules' | 'webhooks' | 'budgets' | 'workforces' | 'evals';
  readonly environment: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

export async function triggerListing(
  door: Door,
  { of, environment, namespace, name }: TriggerQuery,
): Promise<TriggerListing> {
  const isAsked = (path: string): boolean => {
    const [itsNamespace, itsName] = path.split('/');
    return (namespace === undefined || namespace === itsNamespace) && (name === undefined || name === itsName);
  };
  if (of === 'evals') return (await import('./get-evals.ts')).evalListing(door, { environment, namespace, name });
  if (of === 'workforces') {
    return (await import('./get-workforces.ts')).workforceListing(door, { environment, namespace, name });
  }
  if (of === 'budgets') {
    const budgets = await door.operations.budgets(environment);
    return budgetListing(budgets.filter(({ budget }) => isAsked(budget.replace(/^AgentPolicy\/|#.*$/g, ''))));
  }
  if (of === 'schedules') {
    const schedules = await door.operations.schedules(environment);
    return scheduleListing(schedules.filter(({ schedule }) => isAsked(schedule)));
  }
  const webhooks = await door.operations.webhooks(environment);
  return webhookListing(webhooks.filter(({ webhook }) => isAsked(webhook)));
}

function budgetListing(budgets: readonly BudgetRecord[]): TriggerListing {
  const amount = ({ unit }: BudgetRecord, value: number) => (unit === 'usd' ? usd(value) : String(value));
  return {
    head: ['BUDGET', 'SHARED BY', 'UNIT', 'USED', 'DRAWN', 'LIMIT', 'UNTIL', 'STATE'],
    rows: budgets.map((one) => [
      one.budget,
      one.sharedBy,
      one.unit,
      amount(one, one.used),
      amount(one, one.drawn),
      amount(one, one.limit),
      minute(one.endsAt),
      budgetState(one),
    ]),
    names: budgets.map(({ budget, sharedBy }) => `${budget} ${sharedBy}`),
    records: budgets,
  };
}

function budgetState({ used, limit, onTrial }: BudgetRecord): string {
  const state = used > limit ? 'over' : used === limit ? 'used up' : '-';
  return onTrial === true ? `on trial${state === '-' ? '' : `, ${state}`}` : state;
}

function scheduleListing(schedules: readonly ScheduleRecord[]): TriggerListing {
  return {
    head: ['SCHEDULE', 'CRON', 'ZONE', 'NEXT', 'LAST', 'OUTCOME', 'RUN', 'MISSED'],
    rows: schedules.map((one) => [
      one.schedule,
      one.cron,
      one.timeZone,
      one.suspended ? 'suspended' : minute(one.nextAt),
      minute(one.last?.tick),
      one.last === undefined ? '-' : (one.last.code ?? one.last.outcome),
      one.last?.run ?? '-',
      String(one.missed),
    ]),
    names: schedules.map(({ schedule }) => `TaskSchedule/${schedule}`),
    records: schedules,
  };
}

function webhookListing(webhooks: readonly WebhookRecord[]): TriggerListing {
  return {
    head: ['WEBHOOK', 'PATH', 'PROFILE', 'SUSPENDED', 'LAST', 'OUTCOME', 'RUN'],
    rows: webhooks.map((one) => [
      one.webhook,
      one.path,
      one.profile,
      one.suspended ? 'yes' : 'no',
      minute(one.last?.at),
      one.last === undefined ? '-' : (one.last.code ?? one.last.outcome),
      one.last?.run ?? '-',
    ]),
    names: webhooks.map(({ webhook }) => `TaskWebhook/${webhook}`),
    records: webhooks,
  };
}

function minute(instant: string | undefined): string {
  return instant === undefined ? '-' : `${instant.slice(0, 16).replace('T', ' ')}Z`;
}
