import { type Kysely, sql } from 'kysely';
import type { RecordedUse, UsedCall, UsedStep } from '../plan/tighten.ts';
import { readNodeAgents } from './recorded-calls.ts';
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
  const [calls, steps, ages, counted] = await Promise.all([
    sql<CallRow>`with ${ended}
      select ended.bundle, step.node, step.kind, step.target, count(*)::int as calls, max(step.at) as last
      from ended join step on step.run = ended.id
      where step.phase = 'intent' and step.kind in ('model', 'tool') group by 1, 2, 3, 4`.execute(db),
    sql<StepRow>`with ${ended}
      select ended.bundle, step.node,
        (count(*) filter (where phase = 'intent' and kind = 'model' and path not like '%~%'))::int as models,
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
  ]);
  const bundles = [...new Set(calls.rows.map(({ bundle }) => bundle))];
  const agents = await readNodeAgents(db, bundles);
  const by = ({ bundle, node }: { readonly bundle: string; readonly node: string }): string | undefined =>
    agents.get(bundle)?.get(nodeNamed(node));
  const [first] = counted.rows;
  return {
    days: of.days,
    runs: first?.runs ?? 0,
    runsMax,
    ages: ages.rows,
    calls: calls.rows.map((row): UsedCall => {
      const { kind, target, calls: count, last } = row;
      return {
        agent: by(row),
        isKnown: isPlain(row.node),
        kind,
        target,
        calls: count,
        last: new Date(last).toISOString(),
      };
    }),
    steps: steps.rows.flatMap((row): readonly UsedStep[] => {
      const { models, tools, tokens, cost } = row;
      const agent = by(row);
      return agent === undefined ? [] : [{ agent, models, tools, tokens, cost }];
    }),
  };
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
  readonly bundle: string;
  readonly node: string;
  readonly models: number;
  readonly tools: number;
  readonly tokens: number;
  readonly cost: number;
}

/** Turns, items and attempts of a node are of the node itself. */
function nodeNamed(place: string): string {
  return place.replace(/[#[@!].*$/s, '');
}

/** Within a nested system, a delegate's or a handed-on place the caller is another one than the node's. */
function isPlain(place: string): boolean {
  return !/[>:^]/.test(place);
}
