import type { Database } from './database-port.ts';
import { type EventRow } from './audit-fold.ts';
import { rowsOf } from './statement.ts';

const pageMax = 1_000;

/** A link of an environment's chain, and what it points to as that is now. */
export interface ChainLink {
  readonly seq: number;
  readonly kind: 'run' | 'event';
  readonly run: string | null;
  readonly runSeq: number | null;
  /** Of a run: where the link before this one had its record. */
  readonly from: number | null;
  readonly event: number | null;
  readonly text: string;
  readonly hash: string;
  readonly at: Date;
  /** Of a run: the hash of the row of its record; null: there is no such row. */
  readonly head: string | null;
  /** Of an event: its row; null: there is none. */
  readonly row: EventRow | null;
}

const linksText = `
select c.seq, c.kind, c.run, c.run_seq as "runSeq", c.event, c.text, encode(c.hash, 'hex') as hash, c.at,
  encode(a.hash, 'hex') as head,
  (select max(p.run_seq) from audit_chain p where p.kind = 'run' and p.run = c.run and p.run_seq < c.run_seq) as "from",
  e.id, e.environment, e.at as happened, e.actor, e.action, e.detail
from (select * from audit_chain where environment = $1 and seq > $2 order by seq limit $3) c
left join audit a on a.run = c.run and a.seq = c.run_seq
left join event e on e.id = c.event
order by c.seq`;

/** An environment's chain from after `after`, page by page. */
export async function* chainLinks({ db }: Database, environment: string, after = 0): AsyncGenerator<ChainLink> {
  type Row = Omit<ChainLink, 'row'> &
    Omit<EventRow, 'at' | 'id'> & { readonly id: number | null; readonly happened: Date };
  for (let last = after; ; ) {
    const statement = { name: 'chain_links', text: linksText, planned: 'always' } as const;
    const rows = await rowsOf<Row>(db, statement, [environment, last, pageMax]);
    for (const { id, environment: where, happened, actor, action, detail, ...link } of rows) {
      yield { ...link, row: id === null ? null : { id, environment: where, at: happened, actor, action, detail } };
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < pageMax) return;
    last = end.seq;
  }
}

/** A row of the record of one run. */
export interface RecordRow {
  readonly run: string;
  readonly seq: number;
  readonly at: Date;
  readonly text: string;
  readonly hash: string;
}

/** The records of all runs, or of one from after `after`, each in its order, page by page. */
export async function* recordRows(
  { db }: Database,
  only?: { readonly run: string; readonly after?: number },
): AsyncGenerator<RecordRow> {
  let last = { run: only?.run ?? '00000000-0000-0000-0000-000000000000', seq: only?.after ?? 0 };
  const one = only === undefined ? '' : 'and run = $1';
  const text = `select run, seq, at, text, encode(hash, 'hex') as hash from audit
    where (run, seq) > ($1::uuid, $2::integer) ${one} order by run, seq limit $3`;
  const name = only === undefined ? 'record_rows' : 'record_rows_of_run';
  for (;;) {
    const rows = await rowsOf<RecordRow>(db, { name, text }, [last.run, last.seq, pageMax]);
    yield* rows;
    const end = rows.at(-1);
    if (end === undefined || rows.length < pageMax) return;
    last = { run: end.run, seq: end.seq };
  }
}

/** What is known beside their records of some runs. */
export interface RecordStanding {
  readonly run: string;
  readonly environment: string;
  readonly ended: boolean;
  /** Up to where the environment's chain has its record; 0: not at all. */
  readonly folded: number;
}

export async function recordStandings(
  { db }: Database,
  runs: readonly string[],
): Promise<ReadonlyMap<string, RecordStanding>> {
  const text = `
select r.id as run, r.environment, r.ended_at is not null as ended,
  coalesce((select max(c.run_seq) from audit_chain c where c.kind = 'run' and c.run = r.id), 0)::integer as folded
from run r where r.id = any ($1::uuid[])`;
  const rows = await rowsOf<RecordStanding>(db, { name: 'record_standings', text }, [runs]);
  return new Map(rows.map((row) => [row.run, row]));
}

/** The first run, by id, whose journal holds calls and which has no record at all. */
export async function runWithoutRecord({
  db,
}: Database): Promise<{ readonly id: string; readonly environment: string } | undefined> {
  const text = `
select r.id, r.environment from run r
where exists (select from step s where s.run = r.id and s.kind in ('model', 'tool'))
  and not exists (select from audit a where a.run = r.id)
order by r.id limit 1`;
  const [row] = await rowsOf<{ readonly id: string; readonly environment: string }>(
    db,
    { name: 'run_without_record', text, planned: 'always' },
    [],
  );
  return row;
}

/** The environments that have a chain or runs with a record. */
export async function auditedEnvironments({
  db,
}: Database): Promise<readonly { readonly name: string; readonly lineage: string | null }[]> {
  const text = `
select n.name, e.lineage from (
  select name from environment union select distinct environment from audit_chain
) n left join environment e on e.name = n.name order by n.name`;
  return rowsOf(db, { name: 'audited_environments', text }, []);
}

/** Whether the run, its record or a link of its environment's chain is there. */
export async function isAudited({ db }: Database, run: string): Promise<boolean> {
  const text = `
select exists (select from run where id = $1) or exists (select from audit where run = $1)
  or exists (select from audit_chain where kind = 'run' and run = $1) as known`;
  const [row] = await rowsOf<{ readonly known: boolean }>(db, { name: 'is_audited', text }, [run]);
  return row?.known === true;
}
