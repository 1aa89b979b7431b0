import type { Kysely } from 'kysely';
import type { AlertState } from '../controller/alert-state.ts';
import type { AlertContent, Severity } from '../controller/alert.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';
import type { StoreTransaction } from './transaction.ts';

/** One alert as it is kept. */
export interface AlertRow extends AlertState {
  readonly environment: string;
  readonly key: string;
  readonly severity: Severity;
  readonly content: AlertContent;
  readonly version: number;
}

const columns = `environment, key, fingerprint, severity, state, episode, flaps, content, since, version,
  fired_at as "firedAt", cleared_at as "clearedAt", resolved_at as "resolvedAt"`;

type Raw = Omit<AlertRow, 'firedAt' | 'clearedAt' | 'resolvedAt'> &
  Readonly<Record<'firedAt' | 'clearedAt' | 'resolvedAt', Date | null>>;

function rowOf({ firedAt, clearedAt, resolvedAt, ...row }: Raw): AlertRow {
  return {
    ...row,
    firedAt: firedAt ?? undefined,
    clearedAt: clearedAt ?? undefined,
    resolvedAt: resolvedAt ?? undefined,
  };
}

/** Those that are not over, and those that have been over for less than a day. */
export async function readAlerts(db: Kysely<Tables>): Promise<readonly AlertRow[]> {
  const text = `select ${columns} from alert where state <> 'resolved' or resolved_at > now() - interval '1 day'`;
  return (await rowsOf<Raw>(db, { name: 'read_alerts', text }, [])).map(rowOf);
}

/** Of one environment or of all: what fires first, then the newest. */
export async function listAlerts(
  db: Kysely<Tables>,
  { environment, limit }: { readonly environment: string | undefined; readonly limit: number },
): Promise<readonly AlertRow[]> {
  const text = `select ${columns} from alert
    where ($1::text is null or environment = $1) and state <> 'pending'
    order by state = 'firing' desc, coalesce(resolved_at, fired_at) desc, environment, key limit $2`;
  return (await rowsOf<Raw>(db, { name: 'list_alerts', text }, [environment ?? null, limit])).map(rowOf);
}

export type NewAlertState = Omit<AlertRow, 'version'>;

const writeText = `
insert into alert as a (environment, key, fingerprint, severity, state, episode, flaps, content, since, fired_at,
  cleared_at, resolved_at)
values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11, $12)
on conflict (environment, key) do update set
  fingerprint = excluded.fingerprint, severity = excluded.severity, state = excluded.state,
  -- One that was over for long was not looked at: it goes on counting from there.
  episode = case when $13::bigint is null and excluded.state = 'firing' then a.episode + 1
    when $13::bigint is null then a.episode else excluded.episode end,
  flaps = excluded.flaps, content = excluded.content, since = excluded.since, fired_at = excluded.fired_at,
  cleared_at = excluded.cleared_at, resolved_at = excluded.resolved_at, version = a.version + 1
where a.version = $13 or ($13::bigint is null and a.state = 'resolved')
returning episode`;

/** Writes what became of an alert, if it is still as it was seen. Undefined: somebody else was first. */
export async function writeAlert(
  trx: StoreTransaction,
  alert: NewAlertState,
  seen: number | undefined,
): Promise<number | undefined> {
  const { environment, key, fingerprint, severity, state, episode, flaps, content, since } = alert;
  const values = [environment, key, fingerprint, severity, state, episode, flaps, JSON.stringify(content), since];
  const times = [alert.firedAt ?? null, alert.clearedAt ?? null, alert.resolvedAt ?? null];
  const [row] = await rowsOf<{ episode: number }>(trx, { name: 'write_alert', text: writeText }, [
    ...values,
    ...times,
    seen ?? null,
  ]);
  return row?.episode;
}

/** One that never lasted for long enough to be told. */
export async function forgetAlert(
  db: Kysely<Tables>,
  { environment, key, version }: Pick<AlertRow, 'environment' | 'key' | 'version'>,
): Promise<void> {
  // An earlier episode leaves a row that is over.
  const text = `with gone as (
      delete from alert where environment = $1 and key = $2 and version = $3 and state = 'pending' and episode = 0)
    update alert set state = 'resolved', resolved_at = now(), version = version + 1
    where environment = $1 and key = $2 and version = $3 and state = 'pending' and episode > 0`;
  await rowsOf(db, { name: 'forget_alert', text }, [environment, key, version]);
}
