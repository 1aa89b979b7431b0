import { sql } from 'kysely';
import { canonicalText, digest } from '../../src/manifest/digest.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Database } from '../../src/store/database.ts';
import { markSchedules } from '../../src/store/schedule-mark.ts';
import { environment } from './runs.ts';

export interface TriggerChanges {
  /** `Kind/name`, with the spec as it is after resolution; the namespace is `default`. */
  readonly set?: Readonly<Record<string, JsonObject>>;
  readonly removed?: readonly string[];
  readonly moved?: Readonly<Record<string, string>>;
  /** When it was applied, by the clock of the test. */
  readonly at?: Date;
}

/** Makes tasks, schedules and hooks live as an apply does: specs, history and the rows of schedules in one transaction. */
export async function applyTriggers(database: Database, changes: TriggerChanges): Promise<void> {
  const { set = {}, removed = [], moved = {}, at } = changes;
  await database.db.transaction().execute(async (trx) => {
    await sql`select set_config('pawl.apply', 'on', true) from environment where name = ${environment} for update`.execute(
      trx,
    );
    const { revision } = await trx
      .updateTable('environment')
      .set((eb) => ({ revision: eb('revision', '+', 1) }))
      .where('name', '=', environment)
      .returning('revision')
      .executeTakeFirstOrThrow();
    const ended = [...Object.keys(set), ...removed, ...Object.keys(moved)].map(addressAt);
    const contents = { ...set };
    for (const [previous, name] of Object.entries(moved)) {
      const kind = previous.slice(0, previous.indexOf('/'));
      contents[`${kind}/${name}`] = set[`${kind}/${name}`] ?? (await specOf(trx, previous));
    }
    await sql`update resource_history set to_revision = ${revision} where environment = ${environment}
      and to_revision is null and address = any(${ended}::text[])`.execute(trx);
    for (const [name, spec] of Object.entries(contents)) {
      const body = canonicalText({ spec });
      await sql`insert into spec (digest, body) values (${digest({ spec })}, ${body}) on conflict do nothing`.execute(
        trx,
      );
      await sql`insert into resource_history (environment, address, from_revision, digest, generation, file, line)
        values (${environment}, ${addressAt(name)}, ${revision}, ${digest({ spec })}, 1, 'x.yaml', 1)`.execute(trx);
    }
    const schedules = (names: readonly string[]) =>
      names
        .filter((name) => name.startsWith('TaskSchedule/'))
        .map((name) => addressAt(name).slice('TaskSchedule/'.length));
    await markSchedules(trx, {
      environment,
      changed: schedules(Object.keys(set)),
      removed: schedules(removed),
      moved: Object.entries(moved).map(([previous, name]) => ({
        previous: `default/${previous.slice('TaskSchedule/'.length)}`,
        name: `default/${name}`,
      })),
    });
    if (at === undefined) return;
    await sql`update schedule set next_at = ${at}, changed_at = ${at}, decided_at = least(decided_at, ${at})
      where next_at = now()`.execute(trx);
  });
}

async function specOf(trx: Parameters<typeof markSchedules>[0], name: string): Promise<JsonObject> {
  const { rows } = await sql<{ body: { spec: JsonObject } }>`
    select s.body::json as body from resource_history h join spec s on s.digest = h.digest
    where h.environment = ${environment} and h.address = ${addressAt(name)} and h.to_revision is null`.execute(trx);
  const [row] = rows;
  if (row === undefined) throw new Error(`${name} is not live`);
  return row.body.spec;
}

function addressAt(name: string): string {
  return name.replace('/', '/default/');
}

/** A schedule's spec as resolution leaves it: with the defaults of the schema. */
export function scheduleSpec(cron: string, rest: JsonObject = {}): JsonObject {
  return {
    cron,
    timeZone: 'UTC',
    suspend: false,
    startingDeadline: '5m',
    concurrency: 'forbid',
    historyLimits: { succeeded: 10, failed: 10 },
    ...(rest['taskRef'] === undefined ? { task: { systemRef: 'work', priority: 5 } } : {}),
    ...rest,
  };
}

export interface TickRow {
  readonly tick: string;
  readonly outcome: string;
  readonly times: number;
  readonly run: string | null;
  readonly code: string | null;
}

/** What became of a schedule's times, in their order. */
export async function ticksOf(database: Database, name: string): Promise<readonly TickRow[]> {
  const { rows } = await sql<Omit<TickRow, 'tick'> & { tick: Date }>`
    select t.tick, t.outcome, t.times, t.run, t.error ->> 'code' as code from tick t join schedule s on s.id = t.schedule
    where s.environment = ${environment} and s.name = ${`default/${name}`} order by t.tick`.execute(database.db);
  return rows.map((row) => ({ ...row, tick: row.tick.toISOString() }));
}
