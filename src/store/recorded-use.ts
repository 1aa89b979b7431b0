import { type Kysely, sql } from 'kysely';
import type { Bundle } from '../manifest/bundle.ts';
import type { RecordedUse, UsedBudget, UsedCall, UsedStep } from '../plan/recorded-use.ts';
import { parseAccount } from '../policy/account.ts';
import { callerAt, nodeAt } from '../run/place.ts';
import { readBundle } from './bundle.ts';
import { isNoEval } from './eval-run.ts';
import type { Tables } from './tables.gen.ts';

/** Beyond this many runs no further one is looked at, the newest first. */
const runsMax = 5_000;

interface Of {
  readonly environment: string;
  readonly days: number;
}

/** What the ended runs of the last days used, and since when each agent is there. */
export async function readRecordedUse(db: Kysely<Tables>, of: Of): Promise<RecordedUse> {
  const ended = sql`ended as (
    select id, system, bundle from run
    where environment = ${of.environment} and ended_at >= now() - make_interval(days => ${of.days}) and ${sql.raw(isNoEval())}
    order by ended_at desc, id desc limit ${runsMax})`;
  const [calls, steps, ages, counted, accounts] = await Promise.all([
    sql<CallRow>`with ${ended}
      select ended.bundle, step.node, step.kind, step.target, count(*)::int as calls, max(step.at) as last
      from ended join step on step.run = ended.id
      where step.phase = 'intent' and step.kind in ('model', 'tool') group by 1, 2, 3, 4`.execute(db),
    sql<StepRow>`with ${ended}
      select ended.id, ended.bundle, step.node,
        (count(*) filter (where phase = 'intent' and kind = 'model' and path not like '%~%'
          and path !~ '[.]embed[0-9]+$'))::int as models,
        (count(*) filter (where phase = 'intent' and kind = 'tool' and path not like '%~%'))::int as tools,
        coalesce(sum(coalesce(tokens_in, 0) + coalesce(tokens_out, 0)) filter (where phase = 'result'), 0)::float8 as tokens,
        coalesce(sum(step.cost) filter (where phase = 'result'), 0)::float8 as cost
      from ended join step on step.run = ended.id
      where step.kind in ('model', 'tool') group by ended.id, ended.bundle, step.node`.execute(db),
    sql<{ readonly address: string; readonly days: number }>`
      select address, floor(extract(epoch from now() - min(applied_at)) / 86400)::int as days from resource_history
      join revision on revision.environment = resource_history.environment and revision.revision = from_revision
      where resource_history.environment = ${of.environment} and address like 'Agent/%' group by address`.execute(db),
    sql<{ readonly runs: number }>`with ${ended}
      select count(*)::int as runs from ended`.execute(db),
    sql<{ readonly id: string; readonly used: number }>`
      select id, used::float8 as used from account where environment = ${of.environment}
        and ends_at <= now() and ends_at >= now() - make_interval(days => ${of.days})`.execute(db),
  ]);
  const callers = await callersOf(db, [...calls.rows, ...steps.rows]);
  const by = ({ bundle, node }: Place): Caller => callers.get(bundle)?.get(node) ?? { isKnown: false };
  const [first] = counted.rows;
  return {
    days: of.days,
    runs: first?.runs ?? 0,
    runsMax,
    ages: ages.rows,
    calls: calls.rows.map((row): UsedCall => {
      const { kind, target, calls: count, last } = row;
      const { agent, isKnown } = by(row);
      return { agent, isKnown, kind, target, calls: count, last: new Date(last).toISOString() };
    }),
    steps: steps.rows.flatMap((row): readonly UsedStep[] => {
      const { models, tools, tokens, cost } = row;
      const { agent } = by(row);
      return agent === undefined ? [] : [{ agent, models, tools, tokens, cost }];
    }),
    most: mostOfRuns(steps.rows),
    budgets: usedBudgets(accounts.rows),
  };
}

interface Place {
  readonly bundle: string;
  readonly node: string;
}

interface Caller {
  readonly agent?: string;
  readonly isKnown: boolean;
}

/** Who works at each place, by its bundle. One bundle is held at a time: there may be as many as revisions. */
async function callersOf(
  db: Kysely<Tables>,
  places: readonly Place[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, Caller>>> {
  const nodes = new Map<string, Set<string>>();
  for (const { bundle, node } of places) nodes.set(bundle, (nodes.get(bundle) ?? new Set<string>()).add(node));
  const found = new Map<string, ReadonlyMap<string, Caller>>();
  for (const [digest, named] of nodes) {
    const bundle = await readBundle(db, digest);
    if (bundle === undefined) continue;
    found.set(digest, new Map(Array.from(named, (node) => [node, callerOf(bundle.content, node)])));
  }
  return found;
}

function callerOf(content: Bundle, place: string): Caller {
  if (nodeAt(content, place) === undefined) return { isKnown: false };
  const caller = callerAt(content, place);
  return caller.kind === 'agent' ? { agent: caller.agent, isKnown: true } : { isKnown: true };
}

function mostOfRuns(rows: readonly StepRow[]): RecordedUse['most'] {
  const runs = new Map<string, { calls: number; tokens: number; usd: number }>();
  for (const { id, models, tools, tokens, cost } of rows) {
    const run = runs.get(id) ?? { calls: 0, tokens: 0, usd: 0 };
    runs.set(id, { calls: run.calls + models + tools, tokens: run.tokens + tokens, usd: run.usd + cost });
  }
  const most = { calls: 0, tokens: 0, usd: 0 };
  for (const { calls, tokens, usd } of runs.values()) {
    most.calls = Math.max(most.calls, calls);
    most.tokens = Math.max(most.tokens, tokens);
    most.usd = Math.max(most.usd, usd);
  }
  return most;
}

function usedBudgets(rows: readonly { readonly id: string; readonly used: number }[]): readonly UsedBudget[] {
  const budgets = new Map<string, UsedBudget>();
  for (const { id, used } of rows) {
    const budget = parseAccount(id)?.budget;
    if (budget === undefined) continue;
    const known = budgets.get(budget) ?? { budget, windows: 0, most: 0 };
    budgets.set(budget, { budget, windows: known.windows + 1, most: Math.max(known.most, used) });
  }
  return [...budgets.values()].sort((a, b) => (a.budget < b.budget ? -1 : 1));
}

interface CallRow {
  readonly bundle: string;
  readonly node: string;
  readonly kind: 'model' | 'tool';
  readonly target: string;
  readonly calls: number;
  readonly last: Date | string;
}

interface StepRow {
  readonly id: string;
  readonly bundle: string;
  readonly node: string;
  readonly models: number;
  readonly tools: number;
  readonly tokens: number;
  readonly cost: number;
}
