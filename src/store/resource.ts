import { type Kysely, sql, type Transaction } from 'kysely';
import { bucketOf, digest } from '../manifest/digest.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { Address, Identity } from '../manifest/resource.ts';
import { batches, writeBatches } from './batch.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

/** A head as apply must find it. */
export interface FoundHead {
  readonly address: Address;
  readonly generation: number;
  /** Of the body that is in the row now. */
  readonly digest: string;
  readonly touchedBy: string | undefined;
}

/** Of a row as it is: one that a hand has written is digested again. */
export function foundHead(row: {
  readonly address: Address;
  readonly generation: number;
  readonly digest: string;
  readonly touchedBy: string | null;
  /** Of an edited one. */
  readonly body: JsonObject | null;
}): FoundHead {
  const { address, generation, body } = row;
  return {
    address,
    generation,
    digest: body === null ? row.digest : digest(body),
    touchedBy: row.touchedBy ?? undefined,
  };
}

export interface WrittenHead extends Identity {
  readonly address: Address;
  readonly digest: string;
  readonly file: string;
  readonly line: number;
  /** Digest of what authors wrote of it, where that is known. */
  readonly written: string | undefined;
}

// The history follows in the same statement: what is written is known here, and need not be looked up once more. What
// begins waits for the count of what has ended: two stretches of one address would both be current.
const writeText = `
with row as materialized (
  select * from json_to_recordset($3::json) as row (address text, kind text, namespace text, name text, digest text,
    bucket smallint, file text, line integer, written text)
), wrote as (
  insert into resource as head
    (environment, address, kind, namespace, name, digest, body, bucket, file, line, revision)
  select $1, address, kind, namespace, name, digest, spec.body::jsonb, bucket, file, line, $2::bigint
  from row join spec using (digest)
  on conflict (environment, address) do update set
    kind = excluded.kind, namespace = excluded.namespace, name = excluded.name, bucket = excluded.bucket,
    generation = head.generation + 1, digest = excluded.digest, body = excluded.body, file = excluded.file,
    line = excluded.line, revision = excluded.revision
  returning address, digest, generation, file, line
), ended as (
  update resource_history as history set to_revision = $2
  from row where history.environment = $1 and history.address = row.address and history.to_revision is null
  returning row.address
)
insert into resource_history (environment, address, from_revision, digest, generation, file, line, written)
select $1, wrote.address, $2, wrote.digest, wrote.generation, wrote.file, wrote.line, row.written
from wrote join row using (address)
where (select count(*) from ended) >= 0`;

/** Writes heads of a new revision, and what the history says of them; their bodies are taken from `spec`. */
export async function writeHeads(
  trx: Transaction<Tables>,
  { environment, revision }: { readonly environment: string; readonly revision: number },
  heads: Iterable<WrittenHead>,
): Promise<void> {
  const statement = { name: 'write_heads', text: writeText };
  await writeBatches(withBuckets(heads), (batch) => rowsOf(trx, statement, [environment, revision, batch]));
}

/** Gives heads the names and the contents that they go on with; each keeps its row, and its generation rises. */
export async function moveHeads(
  trx: Transaction<Tables>,
  at: { readonly environment: string; readonly revision: number },
  heads: Iterable<MovedHead>,
): Promise<void> {
  for (const batch of batches(withPrevious(heads))) {
    await sql`
      update resource as head set
        address = row.address, namespace = row.namespace, name = row.name, digest = row.digest,
        body = spec.body::jsonb, bucket = row.bucket, file = row.file, line = row.line, revision = ${at.revision},
        generation = head.generation + 1
      from json_to_recordset(${batch}::json) as row (address text, previous text, namespace text, name text,
        digest text, bucket smallint, file text, line integer)
      join spec on spec.digest = row.digest
      where head.environment = ${at.environment} and head.address = row.previous`.execute(trx);
  }
}

export interface MovedHead extends WrittenHead {
  readonly previous: Address;
}

function* withPrevious(heads: Iterable<MovedHead>) {
  for (const head of heads) {
    const [row] = withBuckets([head]);
    yield { ...row, previous: head.previous };
  }
}

function* withBuckets(heads: Iterable<WrittenHead>) {
  for (const { address, kind, namespace, name, digest: body, file, line, written } of heads) {
    yield { address, kind, namespace, name, digest: body, file, line, written, bucket: bucketOf(address) };
  }
}

export async function deleteHeads(
  trx: Transaction<Tables>,
  environment: string,
  addresses: readonly Address[],
): Promise<void> {
  await sql`
    delete from resource
    where environment = ${environment} and address = any(${addresses}::text[])`.execute(trx);
}

const rootText = `
with hashed as (
  insert into resource_bucket (environment, bucket, hash)
  select $1, touched.bucket, (
    select encode(sha256(convert_to(coalesce(string_agg(address || ' ' || digest, E'\n'), ''), 'UTF8')), 'hex')
    from (
      select address, digest from resource
      where environment = $1 and resource.bucket = touched.bucket
      order by address collate "C"
    ) as member
  )
  from unnest($2::smallint[]) as touched (bucket)
  on conflict (environment, bucket) do update set hash = excluded.hash
  returning bucket, hash
)
-- The table is seen as it was before.
select encode(sha256(convert_to(string_agg(
  coalesce(hashed.hash, known.hash, encode(sha256(''), 'hex')), E'\n' order by number), 'UTF8')), 'hex') as root
from generate_series(0, 255) as number
left join hashed on hashed.bucket = number
left join resource_bucket as known on known.environment = $1 and known.bucket = number`;

/**
 * The root of the rows: SHA-256 of the 256 bucket hashes, as `rootOfBuckets` does. `touched` are hashed again first, from
 * the rows themselves, as `bucketHash` does.
 */
export async function rootOfRows(
  db: Kysely<Tables>,
  environment: string,
  touched: readonly number[] = [],
): Promise<string> {
  const statement = { name: 'root_of_rows', text: rootText };
  const [row] = await rowsOf<{ root: string }>(db, statement, [environment, touched]);
  return row?.root ?? '';
}

/** Of the columns that anything is looked up by: contents are long, and are looked up by nobody. */
const statisticsOf = [
  'resource (environment, address, kind, namespace, name, digest, bucket, touched_at)',
  'resource_history (environment, address, from_revision, to_revision, digest, moved_from)',
  'resource_bucket',
  'bundle_history',
  'spec (digest)',
];

/**
 * After a load of thousands of rows the planner still believes the tables to be empty, and reads all of them where an
 * index would do; the embedded database has nobody else who would tell it.
 */
export async function refreshStatistics(db: Kysely<Tables>): Promise<void> {
  await sql.raw(`analyze ${statisticsOf.join(', ')}`).execute(db);
}
