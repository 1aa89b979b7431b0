import { type Kysely, sql } from 'kysely';
import type { RunRate, SpendRow } from '../plan/spend-record.ts';
import { isNoEval } from './eval-run.ts';
import type { Tables } from './tables.gen.ts';

const noEval = sql.raw(isNoEval());

interface Asked {
  readonly environment: string;
  readonly systems: readonly string[];
  readonly now: Date;
}

/** Beyond this many runs of a system only the newest are counted, and the time over which they ended with them. */
const countedMax = 50_000;

/** How many runs of each system ended in the last 30 days and in the last 7, and since when. */
export async function readRunRates(db: Kysely<Tables>, asked: Asked): Promise<readonly RunRate[]> {
  const { environment, systems, now } = asked;
  const { rows } = await sql<RunRate>`
    select asked.system,
      count(*)::integer as month, min(ended_at) as "monthSince",
      (count(*) filter (where ended_at > ${now}::timestamptz - interval '7 days'))::integer as week,
      min(ended_at) filter (where ended_at > ${now}::timestamptz - interval '7 days') as "weekSince"
    from unnest(${systems}::text[]) as asked (system)
    cross join lateral (
      select ended_at from run
      where environment = ${environment} and run.system = asked.system and ended_at is not null and ${noEval}
        and ended_at > ${now}::timestamptz - interval '30 days' and ended_at <= ${now}::timestamptz
      order by ended_at desc limit ${countedMax}
    ) as ended
    group by asked.system
    order by asked.system`.execute(db);
  return rows;
}

/**
 * What the last runs of each system used, by node and by what it called; a run that called nothing is one row without
 * a node. Of the last 30 days.
 */
export async function readRecordedSpend(
  db: Kysely<Tables>,
  asked: Asked & { readonly limit: number },
): Promise<readonly SpendRow[]> {
  const { environment, systems, now, limit } = asked;
  const { rows } = await sql<SpendRow>`
    select asked.system, last.id as run, used.node, used.kind, used.target,
      coalesce(used.calls, 0) as calls, coalesce(used.tokens_in, 0) as "tokensIn",
      coalesce(used.tokens_out, 0) as "tokensOut"
    from unnest(${systems}::text[]) as asked (system)
    cross join lateral (
      select id from run
      where environment = ${environment} and run.system = asked.system and ended_at is not null and ${noEval}
        and ended_at > ${now}::timestamptz - interval '30 days' and ended_at <= ${now}::timestamptz
      order by ended_at desc, id desc limit ${limit}
    ) as last
    left join lateral (
      select node, kind, target, count(*)::integer as calls,
        sum(tokens_in)::bigint as tokens_in, sum(tokens_out)::bigint as tokens_out
      from step where step.run = last.id and phase = 'result' and outcome <> 'denied' and kind in ('model', 'tool')
      group by node, kind, target
    ) as used on true
    order by asked.system, last.id, used.node, used.kind, used.target`.execute(db);
  return rows;
}
