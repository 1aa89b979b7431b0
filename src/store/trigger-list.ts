import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.gen.ts';

export interface TriggerRow<Last> {
  /** `namespace/name`. */
  readonly name: string;
  /** As the current revision has it. */
  readonly body: unknown;
  readonly next_at: Date | null;
  readonly missed: number | null;
  readonly last: Last | null;
}

export interface LastTick {
  readonly tick: string;
  readonly outcome: string;
  readonly run: string | null;
  readonly code: string | null;
}

/** The live schedules, with when they come and what became of the newest time. */
export async function listSchedules(
  db: Kysely<Tables>,
  environment: string,
): Promise<readonly (TriggerRow<LastTick> & { readonly id: number | null })[]> {
  const { rows } = await sql<TriggerRow<LastTick> & { id: number | null }>`
    select substr(h.address, length('TaskSchedule/') + 1) as name, c.body::json as body, s.id, s.next_at, s.missed,
      (select json_build_object('tick', t.tick, 'outcome', t.outcome, 'run', t.run, 'code', t.error ->> 'code')
        from tick t where t.schedule = s.id order by t.tick desc limit 1) as last
    from resource_history h join spec c on c.digest = h.digest
    left join schedule s on s.environment = h.environment and 'TaskSchedule/' || s.name = h.address
    where h.environment = ${environment} and h.to_revision is null and h.address like 'TaskSchedule/%'
    order by h.address`.execute(db);
  return rows;
}

/** Runs of a schedule that ended, the newest first: as many that succeeded, and as many that did not. */
export async function endedRuns(
  db: Kysely<Tables>,
  schedule: number,
  limits: { readonly succeeded: number; readonly failed: number },
): Promise<readonly { readonly run: string; readonly state: string; readonly tick: Date }[]> {
  const { rows } = await sql<{ run: string; state: string; tick: Date }>`
    select run, state, tick from (
      select t.run, r.state, t.tick, row_number() over (partition by r.state = 'Succeeded' order by t.tick desc) as place
      from tick t join run r on r.id = t.run
      where t.schedule = ${schedule} and t.outcome = 'started' and r.ended_at is not null
    ) ended
    where place <= case when state = 'Succeeded' then ${limits.succeeded}::bigint else ${limits.failed}::bigint end
    order by tick desc`.execute(db);
  return rows;
}

export interface LastDelivery {
  readonly delivery: string;
  readonly outcome: string;
  readonly run: string | null;
  readonly code: string | null;
  readonly at: string;
}

/** The live webhooks, with their newest delivery. */
export async function listWebhooks(
  db: Kysely<Tables>,
  environment: string,
): Promise<readonly Pick<TriggerRow<LastDelivery>, 'name' | 'body' | 'last'>[]> {
  const { rows } = await sql<Pick<TriggerRow<LastDelivery>, 'name' | 'body' | 'last'>>`
    select substr(h.address, length('TaskWebhook/') + 1) as name, c.body::json as body,
      (select json_build_object('delivery', d.delivery, 'outcome', d.outcome, 'run', d.run, 'code', d.error ->> 'code',
          'at', d.received_at)
        from delivery d where d.environment = h.environment and 'TaskWebhook/' || d.webhook = h.address
        order by d.received_at desc limit 1) as last
    from resource_history h join spec c on c.digest = h.digest
    where h.environment = ${environment} and h.to_revision is null and h.address like 'TaskWebhook/%'
    order by h.address`.execute(db);
  return rows;
}

/** `namespace/name` of what is live of a kind under a name. */
export async function namesOf(
  db: Kysely<Tables>,
  environment: string,
  kind: 'Task' | 'TaskSchedule',
): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select substr(address, length(${kind}::text) + 2) as name from resource_history
    where environment = ${environment} and to_revision is null and address like ${kind}::text || '/%'
    order by address`.execute(db);
  return rows.map(({ name }) => name);
}

/** The row of a schedule, taken until the transaction ends. */
export async function takeSchedule(db: Kysely<Tables>, environment: string, name: string): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`
    select id from schedule where environment = ${environment} and name = ${name} for update`.execute(db);
  return rows[0]?.id;
}
