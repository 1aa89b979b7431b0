import type { AuditHead } from '../run/executor.ts';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';

const headsText = `
select a.run, a.seq, encode(a.hash, 'hex') as hash from unnest($1::uuid[]) as r (id)
cross join lateral (select run, seq, hash from audit where run = r.id order by seq desc limit 1) a`;

/** Where the records of some runs have come to. */
export async function readHeads({ db }: Database, runs: readonly string[]): Promise<ReadonlyMap<string, AuditHead>> {
  type Row = AuditHead & { readonly run: string };
  const rows = await rowsOf<Row>(db, { name: 'read_heads', text: headsText }, [runs]);
  return new Map(rows.map(({ run, seq, hash }) => [run, { seq, hash }]));
}
