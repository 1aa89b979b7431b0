import type { Kysely } from 'kysely';
import type { RollbackSummary } from './json-column.ts';
import { type PinFact, pinFactsText } from './server-look.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

/** What alerts of one environment follow from; one that is as it should be has little of it. */
export interface AlertFacts {
  readonly environment: string;
  readonly revision: number;
  readonly writes: number;
  readonly commit: string | null;
  readonly isSuspended: boolean;
  /** ISO 8601. */
  readonly healStoppedAt: string | null;
  readonly rollback: RollbackFact | null;
  /** Those that are not as they should be. */
  readonly conditions: readonly ConditionFact[] | null;
  readonly probes: readonly ProbeFact[] | null;
  /** Servers that offer something else than was pinned. */
  readonly pins: readonly PinFact[] | null;
}

export interface RollbackFact {
  readonly revision: number;
  readonly by: string;
  readonly at: string;
  readonly summary: RollbackSummary;
}

export interface ConditionFact {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly commit: string | null;
  readonly since: string;
}

export interface ProbeFact {
  readonly subject: 'endpoint' | 'model' | 'secret' | 'server';
  readonly name: string;
  readonly reason: string;
  readonly detail: string;
  readonly streak: number;
  readonly since: string;
}

const factsText = `
select e.name as environment, e.revision, e.writes, e.commit_id as commit, e.heal_stopped_at as "healStoppedAt",
  coalesce(s.suspended_at is not null and coalesce(s.suspended_until > now(), true), false) as "isSuspended",
  case when e.pin is not null then (
    select json_build_object('revision', r.revision, 'by', r.applied_by, 'at', r.applied_at,
      'summary', r.summary -> 'rollback')
    from revision r where r.environment = e.name and r.revision = e.pin and r.summary ? 'rollback') end as rollback,
  c.conditions, p.probes, m.pins
from environment e
left join sync s on s.environment = e.name
left join (
  select environment, json_agg(json_build_object('type', type, 'status', status, 'reason', reason,
    'message', message, 'commit', commit_id, 'since', since)) as conditions
  from condition where (type = 'Drifted') = (status = 'True') and status <> 'Unknown' group by environment
) c on c.environment = e.name
left join (
  select environment, json_agg(json_build_object('subject', subject, 'name', name, 'reason', reason,
    'detail', detail, 'streak', streak, 'since', since) order by subject, name) as probes
  from probe where state = 'failing' group by environment
) p on p.environment = e.name
left join (${pinFactsText}) m on m.environment = e.name`;

/** Of every environment, in one statement. */
export async function readAlertFacts(db: Kysely<Tables>): Promise<readonly AlertFacts[]> {
  const rows = await rowsOf<Omit<AlertFacts, 'healStoppedAt'> & { readonly healStoppedAt: Date | null }>(
    db,
    { name: 'alert_facts', text: factsText, planned: 'always' },
    [],
  );
  return rows.map((row) => ({ ...row, healStoppedAt: row.healStoppedAt?.toISOString() ?? null }));
}
