import type { Envelope, StoredPlace } from '../tools/secret-envelope.ts';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';
import { inTransaction, type StoreTransaction } from './transaction.ts';
import { recordEvent } from './event.ts';

/** One key of a Secret. */
export type StoredKey = Omit<StoredPlace, 'version'>;

interface EnvelopeRow extends Envelope {
  readonly version: number;
}

/** The newest value of a key that was not removed. */
export async function readStored(
  database: Database,
  { environment, namespace, name, key }: StoredKey,
): Promise<{ readonly version: number; readonly envelope: Envelope } | undefined> {
  const text = `select version, kek, wrapped, nonce, ciphertext, tag from stored_secret
    where environment = $1 and namespace = $2 and name = $3 and key = $4 and removed_at is null
    order by version desc limit 1`;
  const values = [environment, namespace, name, key];
  const [row] = await rowsOf<EnvelopeRow>(database.db, { name: 'read_stored_secret', text }, values);
  return row && { version: row.version, envelope: envelopeOf(row) };
}

function envelopeOf({ kek, wrapped, nonce, ciphertext, tag }: EnvelopeRow): Envelope {
  const [own, first, body, last] = [wrapped, nonce, ciphertext, tag].map((bytes) => Buffer.from(bytes));
  const none = Buffer.alloc(0);
  return { kek, wrapped: own ?? none, nonce: first ?? none, ciphertext: body ?? none, tag: last ?? none };
}

/** Old values stay for so long that a mistaken one can be taken back. */
const versionsKept = 10;

/** Adds a version, which `seal` encrypts under its number; older ones than can be taken back lose their values. */
export async function addStored(
  database: Database,
  of: StoredKey & { readonly by: string },
  seal: (place: StoredPlace) => Envelope,
): Promise<number> {
  const { by, ...place } = of;
  return inTransaction(database, async (trx) => {
    const { environment, namespace, name, key } = place;
    const names = [environment, namespace, name, key];
    // One at a time: the number is a part of what is encrypted.
    await rowsOf(trx, { name: 'lock_stored_secret', text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))' }, [
      `secret ${names.join('/')}`,
    ]);
    const text = `select coalesce(max(version), 0)::integer + 1 as version from stored_secret
      where environment = $1 and namespace = $2 and name = $3 and key = $4`;
    const [next] = await rowsOf<{ readonly version: number }>(trx, { name: 'next_stored_secret', text }, names);
    const version = next?.version ?? 1;
    const { kek, wrapped, nonce, ciphertext, tag } = seal({ ...place, version });
    const insert = `insert into stored_secret (environment, namespace, name, key, version, kek, wrapped, nonce, ciphertext,
      tag, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;
    const row = [...names, version, kek, wrapped, nonce, ciphertext, tag, by];
    await rowsOf(trx, { name: 'insert_stored_secret', text: insert }, row);
    await clear(trx, { ...place, upTo: version - versionsKept });
    await tell(trx, 'secret.set', { ...of, version });
    return version;
  });
}

async function clear(trx: StoreTransaction, of: StoredKey & { readonly upTo: number }): Promise<void> {
  const text = `update stored_secret set removed_at = now(), kek = null, wrapped = null, nonce = null, ciphertext = null,
    tag = null where environment = $1 and namespace = $2 and name = $3 and key = $4 and version <= $5 and removed_at is null`;
  await rowsOf(trx, { name: 'clear_stored_secret', text }, [of.environment, of.namespace, of.name, of.key, of.upTo]);
}

async function tell(
  trx: StoreTransaction,
  action: string,
  { environment, namespace, name, key, by, ...rest }: StoredKey & { readonly by: string; readonly version?: number },
): Promise<void> {
  const detail = { secret: `${namespace}/${name}`, key, ...rest };
  await recordEvent(trx, { environment, actor: by, action, detail });
}

/** Removes the values of a key, or one version of it; gives how many. */
export async function removeStored(
  database: Database,
  of: StoredKey & { readonly by: string; readonly version?: number },
): Promise<number> {
  const { environment, namespace, name, key, version = null } = of;
  const text = `update stored_secret set removed_at = now(), kek = null, wrapped = null, nonce = null, ciphertext = null,
    tag = null where environment = $1 and namespace = $2 and name = $3 and key = $4 and ($5::integer is null or version = $5)
    and removed_at is null returning version`;
  return inTransaction(database, async (trx) => {
    const values = [environment, namespace, name, key, version];
    const rows = await rowsOf<{ readonly version: number }>(trx, { name: 'remove_stored_secret', text }, values);
    if (rows.length > 0) await tell(trx, 'secret.remove', of);
    return rows.length;
  });
}

export interface StoredSecretRow {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  /** Null: a live Secret names the key, and it has no value. */
  readonly version: number | null;
  readonly versions: number;
  readonly kek: string | null;
  readonly created_at: Date | null;
  readonly created_by: string | null;
  /** Whether a live Secret names the key. */
  readonly named: boolean;
}

const listText = `
with named as (
  select r.namespace, r.name, k.key from resource r, jsonb_object_keys(r.body #> '{spec,keys}') as k (key)
  where r.environment = $1 and r.kind = 'Secret' and r.body #>> '{spec,source}' = 'stored'
), newest as (
  select distinct on (namespace, name, key) namespace, name, key, version, kek, created_at, created_by,
    count(*) over (partition by namespace, name, key)::integer as versions
  from stored_secret where environment = $1 and removed_at is null order by namespace, name, key, version desc
)
select namespace, name, key, s.version, coalesce(s.versions, 0) as versions, s.kek, s.created_at, s.created_by,
  n.key is not null as named
from newest s full join named n using (namespace, name, key) order by namespace, name, key`;

/** What is stored and what live Secrets ask for; never a value. */
export async function listStored(database: Database, environment: string): Promise<readonly StoredSecretRow[]> {
  return rowsOf<StoredSecretRow>(database.db, { name: 'list_stored_secrets', text: listText }, [environment]);
}

type Rewrapped = Pick<Envelope, 'kek' | 'wrapped'>;

/** Encrypts the keys of all values of an environment anew, all or none; gives how many. */
export async function rewrapStored(
  database: Database,
  { environment, by }: { readonly environment: string; readonly by: string },
  rewrap: (envelope: Envelope, place: StoredPlace) => Rewrapped,
): Promise<number> {
  const text = `select namespace, name, key, version, kek, wrapped, nonce, ciphertext, tag from stored_secret
    where environment = $1 and removed_at is null order by namespace, name, key, version for update`;
  const update = `update stored_secret set kek = $6, wrapped = $7
    where environment = $1 and namespace = $2 and name = $3 and key = $4 and version = $5`;
  return inTransaction(database, async (trx) => {
    const rows = await rowsOf<EnvelopeRow & StoredPlace>(trx, { name: 'stored_secrets', text }, [environment]);
    for (const row of rows) {
      const { namespace, name, key, version } = row;
      const { kek, wrapped } = rewrap(envelopeOf(row), { environment, namespace, name, key, version });
      const values = [environment, namespace, name, key, version, kek, wrapped];
      await rowsOf(trx, { name: 'rewrap_stored_secret', text: update }, values);
    }
    if (rows.length > 0)
      await recordEvent(trx, { environment, actor: by, action: 'secret.rotate', detail: { values: rows.length } });
    return rows.length;
  });
}
