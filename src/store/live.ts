import { type Kysely, sql } from 'kysely';
import { TerminalError } from '../errors.ts';
import { digest } from '../manifest/digest.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { Address } from '../manifest/resource.ts';
import { parseRules } from '../manifest/rules-of.ts';
import { noteOrigin } from '../manifest/succession.ts';
import type { Head, Live } from '../plan/change.ts';
import type { storeCodes } from './codes.ts';
import { rowsOf, type Statement } from './statement.ts';
import type { Tables } from './tables.gen.ts';

export interface ReadLiveOptions {
  /** What an earlier call gave: then only what has moved since is read. */
  readonly previous?: Live;
  /** Digests every body again, which finds edits that no trigger saw. */
  readonly deep?: boolean;
}

/** The rows now in force: heads beside what the current revision says, all of one moment. */
export async function readLive(db: Kysely<Tables>, environment: string, options: ReadLiveOptions = {}): Promise<Live> {
  const { previous, deep = false } = options;
  if (previous !== undefined && !deep) {
    const now = await readSince(db, environment, previous.revision);
    if (isSame(previous, now)) return { ...previous, ...varying(now) };
    if (comparable(previous, now)) return after(previous, now);
  }
  return merged(undefined, await readAll(db, environment, deep));
}

interface Mark {
  readonly lineage: string;
  readonly revision: number;
  readonly writes: number;
  readonly root: string;
  readonly commit_id: string | null;
  readonly rules: string | null;
  readonly quarantine_writes: number;
  readonly pin: number | null;
}

interface LiveRow extends Mark {
  readonly name: string;
  readonly bundles: Readonly<Record<string, string>> | null;
  readonly heads: readonly HeadRow[] | null;
}

/** address, generation, applied digest, digest in the row, file, line, touched at, touched by, body when needed. */
type HeadRow = readonly [
  Address,
  number | null,
  string | null,
  string | null,
  string,
  number,
  string | null,
  string | null,
  JsonObject | null,
];

/** What may move without a row or a revision. */
function varying(mark: Mark): Pick<Live, 'commit' | 'rules' | 'quarantineWrites' | 'isQuarantined'> {
  return {
    commit: mark.commit_id ?? undefined,
    rules: parseRules(mark.rules),
    quarantineWrites: mark.quarantine_writes,
    isQuarantined: mark.pin !== null,
  };
}

function isSame(previous: Live, now: Mark): boolean {
  return comparable(previous, now) && previous.revision === now.revision;
}

/** Nothing but apply wrote since: then the history alone says which rows moved. */
function comparable(previous: Live, now: Mark): boolean {
  return previous.lineage === now.lineage && previous.writes === now.writes && previous.revision <= now.revision;
}

const headColumns = `head.generation, history.digest, head.digest,
  coalesce(history.file, head.file), coalesce(history.line, head.line),
  to_char(head.touched_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), head.touched_by`;

const currentBundles = sql`(
  select json_object_agg(system, digest) from bundle_history
  where bundle_history.environment = environment.name and to_revision is null)`;

// One statement, so one snapshot; and one value for all heads, because ten thousand rows of nine columns take the
// driver four times as long as one JSON text.
async function readAll(db: Kysely<Tables>, environment: string, deep: boolean): Promise<LiveRow> {
  const { rows } = await sql<LiveRow>`
    select name, lineage, revision, writes, root, commit_id, rules, quarantine_writes, pin,
      ${currentBundles} as bundles, (
      select json_agg(json_build_array(coalesce(history.address, head.address), ${sql.raw(headColumns)},
        case when head.is_sent then head.body end))
      from ${deep ? comparedHeads : heads} as head
      full join (
        select * from resource_history as h where h.environment = environment.name and h.to_revision is null
      ) as history on history.address = head.address
    ) as heads
    from environment where name = ${environment}`.execute(db);
  return rows[0] ?? unknownEnvironment(environment);
}

const heads = sql`(
  select resource.*, touched_at is not null as is_sent from resource where resource.environment = environment.name)`;

// Every body is compared, where it is: sending ten thousand of them to be digested here takes ten times as long. Equal
// as jsonb is equal to a digest, which is of the same JSON; what is not equal is sent after all and digested, as there
// a number may only be written otherwise. A row that equals its record has its digest, whatever it says of itself.
// `offset 0` has each body compared once: pulled up, the comparison stands wherever its outcome is looked at.
const comparedHeads = sql`(
  select one.address, one.generation, one.file, one.line, one.touched_at, one.touched_by, one.body,
    case when is_alike then applied else one.digest end as digest, not is_alike as is_sent
  from (
    select resource.*, record.digest as applied, coalesce(resource.body = spec.body::jsonb, false) as is_alike
    from resource
    left join resource_history as record on record.environment = resource.environment
      and record.address = resource.address and record.to_revision is null
    left join spec on spec.digest = record.digest
    where resource.environment = environment.name
    offset 0
  ) as one)`;

// What has moved, with the mark in one statement: a plan waits for it. Planned anew each time, by the size that the history
// has then.
const sinceText = `
select name, lineage, revision, writes, root, commit_id, rules, quarantine_writes, pin,
  case when revision > $2 then (
    select json_object_agg(system, digest) from bundle_history
    where bundle_history.environment = environment.name and to_revision is null) end as bundles,
  case when revision > $2 then (
    select json_agg(json_build_array(moved.address, ${headColumns},
      case when head.touched_at is not null then head.body end))
    from (
      select address from resource_history as h where h.environment = environment.name and h.from_revision > $2
      union
      select address from resource_history as h where h.environment = environment.name and h.to_revision > $2
    ) as moved
    left join resource as head on head.environment = environment.name and head.address = moved.address
    left join resource_history as history on history.environment = environment.name
      and history.address = moved.address and history.to_revision is null) end as heads
from environment where name = $1`;

/** Rows and bundles where the environment has come to another revision since. */
async function readSince(db: Kysely<Tables>, environment: string, since: number): Promise<LiveRow> {
  const statement: Statement = { name: 'live_since', text: sinceText, planned: 'always' };
  const [row] = await rowsOf<LiveRow>(db, statement, [environment, since]);
  return row ?? unknownEnvironment(environment);
}

function merged(previous: Live | undefined, row: LiveRow): Live {
  const heads = new Map(previous?.heads);
  for (const columns of row.heads ?? []) {
    const head = headOf(columns);
    if (head === undefined) heads.delete(columns[0]);
    else heads.set(head.address, head);
  }
  return {
    environment: row.name,
    lineage: row.lineage,
    revision: row.revision,
    root: row.root,
    writes: row.writes,
    ...varying(row),
    heads,
    bundles: new Map(Object.entries(row.bundles ?? {})),
  };
}

/** Only those rows may be others than before: who compares what is live need not look at the rest. */
function after(previous: Live, row: LiveRow): Live {
  const live = merged(previous, row);
  noteOrigin(
    live.heads,
    previous.heads,
    (row.heads ?? []).map(([address]) => address),
  );
  return live;
}

/** Undefined: neither in the heads nor in the current revision, so it is gone. */
function headOf(columns: HeadRow): Head | undefined {
  const [address, generation, applied, written, file, line, touchedAt, touchedBy, body] = columns;
  if (applied === null && written === null) return undefined;
  return {
    address,
    generation: generation ?? 0,
    applied: applied ?? undefined,
    // The same text where it is equal: ten thousand are compared with as many in every plan.
    live: body === null ? (written === applied ? (applied ?? undefined) : (written ?? undefined)) : digest(body),
    file,
    line,
    touched: touchedAt === null ? undefined : { at: touchedAt, by: touchedBy ?? '' },
  };
}

function unknownEnvironment(environment: string): never {
  throw new TerminalError(`There is no environment '${environment}' in this database.`, {
    code: 'store.environment_unknown' satisfies keyof typeof storeCodes,
    help: 'Check the name, or plan the environment once to create it.',
  });
}
