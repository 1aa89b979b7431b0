import { sql } from 'kysely';
import type { Json } from '../manifest/json.ts';
import { isJsonObject, type JsonObject } from '../manifest/json.ts';
import type { Database } from './database-port.ts';

/** The events of a run's record that are of one call, in order, each with the time of its row. */
export async function auditOfCall({ db }: Database, run: string, call: string): Promise<readonly JsonObject[]> {
  // A text holds the path as JSON writes it: what else holds it is sorted out below.
  const { rows } = await sql<{ text: string }>`
    select text from audit where run = ${run}::uuid and position(${JSON.stringify(call)} in text) > 0 order by seq`.execute(
    db,
  );
  return rows.flatMap(({ text }) => {
    const { at = null, events } = JSON.parse(text) as { readonly at?: Json; readonly events?: Json };
    if (!Array.isArray(events)) return [];
    return events
      .filter((event) => isJsonObject(event) && event['call'] === call)
      .map((event) => {
        return { ...(event as JsonObject), at };
      });
  });
}

/** What a call was given, as its intent has it. */
export async function argumentsOf({ db }: Database, run: string, call: string): Promise<string | undefined> {
  const { rows } = await sql<{ body: string | null }>`
    select coalesce(s.body, b.body) as body from step s left join blob b on b.digest = s.body_digest
    where s.run = ${run}::uuid and s.path = ${call} and s.phase = 'intent'`.execute(db);
  return rows[0]?.body ?? undefined;
}

/** Where resources stood in some revisions, with the commits of these. */
export async function placesOf(
  { db }: Database,
  environment: string,
  asked: readonly { readonly address: string; readonly revision: number }[],
): Promise<
  readonly {
    readonly address: string;
    readonly revision: number;
    readonly commit: string;
    readonly file: string;
    readonly line: number;
  }[]
> {
  const { rows } = await sql<{ address: string; revision: number; commit: string; file: string; line: number }>`
    select h.address, q.revision, r.commit_id as commit, h.file, h.line
    from json_to_recordset(${JSON.stringify(asked)}) as q (address text, revision bigint)
    join resource_history h on h.environment = ${environment} and h.address = q.address
      and h.from_revision <= q.revision and (h.to_revision is null or h.to_revision > q.revision)
    join revision r on r.environment = h.environment and r.revision = q.revision`.execute(db);
  return rows;
}
