import { type Kysely, sql } from 'kysely';
import { rowsOf } from './statement.ts';
import type { PassLease } from './sync.ts';
import type { Tables } from './tables.gen.ts';

/** The stages that a commit goes through, in their order, and what is beside them. */
export const conditionTypes = ['SourceReady', 'Planned', 'Gated', 'Applied', 'Healthy', 'Drifted'] as const;
export type ConditionType = (typeof conditionTypes)[number];

export interface Condition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  /** A stable word in CamelCase. */
  readonly reason: string;
  readonly message: string;
  /** What this stage last looked at; undefined: no commit. */
  readonly commit: string | undefined;
}

export interface ConditionRecord extends Condition {
  /** When the status last changed. */
  readonly since: string;
}

/** Whoever writes outside of passes, and leaves alone what stands there for one of these reasons. */
interface Beside {
  readonly environment: string;
  readonly keeps: readonly string[];
}

type Writing = Partial<PassLease & Beside> & Pick<Beside, 'environment'>;

/**
 * Writes what differs from what stands there; `since` moves with the status alone. Gives the types that changed. With a
 * pass, only while that is its owner's: who was away for longer than its lease speaks of what was.
 */
export async function writeConditions(
  db: Kysely<Tables>,
  of: string | PassLease | Beside,
  conditions: readonly Condition[],
): Promise<readonly ConditionType[]> {
  if (conditions.length === 0) return [];
  const { environment, owner, keeps = [] }: Writing = typeof of === 'string' ? { environment: of } : of;
  const asOwner = owner ?? null;
  const rows = conditions.map(({ commit, ...condition }) => ({ ...condition, commit_id: commit ?? null }));
  const { rows: changed } = await sql<{ type: ConditionType }>`
    insert into condition (environment, type, status, reason, message, commit_id)
    select ${environment}, type, status, reason, message, commit_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as n (type text, status text, reason text, message text, commit_id text)
    where ${asOwner}::uuid is null
      or exists (select from sync where environment = ${environment} and pass_owner = ${asOwner}::uuid)
    on conflict (environment, type) do update set status = excluded.status, reason = excluded.reason,
      message = excluded.message, commit_id = excluded.commit_id,
      since = case when condition.status = excluded.status then condition.since else clock_timestamp() end
    where (condition.status, condition.reason, condition.message, condition.commit_id)
      is distinct from (excluded.status, excluded.reason, excluded.message, excluded.commit_id)
      and condition.reason <> all(${[...keeps]}::text[])
    returning type`.execute(db);
  return changed.map(({ type }) => type);
}

type Row = Omit<Condition, 'commit'> & {
  readonly environment: string;
  readonly commit_id: string | null;
  readonly since: Date;
};

/** By environment, each in the order of the stages. */
export async function readConditions(
  db: Kysely<Tables>,
  environments: readonly string[],
): Promise<ReadonlyMap<string, readonly ConditionRecord[]>> {
  const text = 'select * from condition where environment = any($1::text[])';
  const rows = await rowsOf<Row>(db, { name: 'conditions', text }, [environments]);
  const found = new Map<string, ConditionRecord[]>();
  for (const type of conditionTypes) {
    for (const { environment, commit_id, since, status, reason, message } of rows.filter((row) => row.type === type)) {
      const record = { type, status, reason, message, commit: commit_id ?? undefined, since: since.toISOString() };
      found.set(environment, [...(found.get(environment) ?? []), record]);
    }
  }
  return found;
}
