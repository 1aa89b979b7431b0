import type { AccountUse } from '../policy/ledger.ts';
import { aheadMax, roomShare } from '../policy/allotment.ts';
import type { Allotted, Drawer, DrawOrder } from '../run/accounts.ts';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';

/** The clock of windows, where it is not the database's: a test's. */
export interface WindowClock {
  readonly now?: (() => Date) | undefined;
}

/**
 * What is asked of each account, with the window that the database's clock is in. `fenced`: a worker that lost the run
 * asks for nothing.
 */
const askedText = `
with asked as materialized (
  select x.*, x.key || ' ' || to_char(date_trunc(x.span, t.utc), 'YYYY-MM-DD"T"HH24:MI"Z"') as id,
    (date_trunc(x.span, t.utc) + ('1 ' || x.span)::interval) at time zone 'UTC' as ends_at, t.at
  from (select n.at, n.at at time zone 'UTC' as utc from (select coalesce($5::timestamptz, now()) as at) n) t
  cross join json_to_recordset($4) as x (key text, span text, lim bigint, declared bigint, revision bigint, known text,
    used bigint, held bigint, want bigint, needs bigint)
  where exists (select from run where id = $1 and fence = $2)
)`;

/**
 * One draw from each account, as `grant` in policy/allotment.ts says it. The run's own rows are locked first, then the
 * accounts in the order of their ids, so that two runs never wait for each other; a lock that was waited for gives the
 * row as it is by then. An account that nobody has drawn from yet is left out, and made by the caller.
 */
const drawText = `${askedText}, mine as materialized (
  select a.account, a.drawn, a.used from allotment a
  where a.run = $1 and a.account in (select id from asked) order by a.account for no key update
), locked as materialized (
  select c.id, c.used, c.drawn from account c
  where c.environment = $3 and c.id in (select id from asked) order by c.id for no key update
), told as (
  select k.*, c.used as used_by_all, c.drawn as drawn_by_all, coalesce(m.drawn, 0) as had_drawn, coalesce(m.used, 0) as had_told,
    case when k.known = k.id then k.used else coalesce(m.used, 0) end as told_used,
    case when k.known = k.id then k.held else 0 end as told_held
  from asked k join locked c on c.id = k.id left join mine m on m.account = k.id
), room as (
  select t.*, t.used_by_all + t.told_used - t.had_told as now_used, t.drawn_by_all - (t.had_drawn - t.had_told) as of_others,
    t.lim - (t.used_by_all + t.told_used - t.had_told) - (t.drawn_by_all - (t.had_drawn - t.had_told)) - t.told_held as room,
    greatest(0, t.had_drawn - t.told_used - t.told_held) as had
  from told t
), granted as (
  select r.*, case when r.room < r.needs then r.had
    else greatest(r.had, least(r.room, greatest(r.want, least(r.want * ${aheadMax}, r.room / ${roomShare})))) end as given
  from room r
), drawn as (
  update account c set used = g.now_used, drawn = g.of_others + g.told_held + g.given,
    lim = case when g.revision >= c.revision then g.declared else c.lim end, revision = greatest(c.revision, g.revision)
  from granted g where c.environment = $3 and c.id = g.id
  returning c.id
), kept as (
  insert into allotment (run, account, drawn, used)
  select $1, g.id, g.told_used + g.told_held + g.given, g.told_used from granted g join drawn d on d.id = g.id order by g.id
  on conflict (run, account) do update set drawn = excluded.drawn, used = excluded.used
)
select k.key as account, k.id, g.told_used + g.told_held + greatest(0, least(g.given, g.room)) as may,
  greatest(0, least(g.given, g.room)) as free, greatest(0, g.now_used - g.told_used) as others,
  ceil(extract(epoch from k.ends_at - k.at) * 1000)::double precision as "windowLeftMs"
from asked k left join granted g on g.id = k.id`;

const makeText = `${askedText}
insert into account (environment, id, ends_at, lim, revision)
select $3, id, ends_at, declared, revision from asked order by id
on conflict (environment, id) do nothing`;

interface DrawnRow extends Omit<Allotted, 'may' | 'free' | 'others'> {
  readonly may: number | null;
  readonly free: number | null;
  readonly others: number | null;
}

export interface DrawRequest extends Drawer, WindowClock {
  readonly orders: readonly DrawOrder[];
}

/** A window may end between the making of its account and the draw; two do not. */
const roundsMax = 3;

/** Draws what calls of a run need; undefined: another worker owns the run. */
export async function drawFromAccounts(
  { db }: Database,
  request: DrawRequest,
): Promise<readonly Allotted[] | undefined> {
  const { run, fence, environment, orders } = request;
  const asked = orders.map(({ account, window, limit, least, ...order }) => {
    return { ...order, key: account, span: window, lim: limit, needs: least };
  });
  const values = [run, fence, environment, JSON.stringify(asked), request.now?.() ?? null];
  for (let round = 1; ; round += 1) {
    const rows = await rowsOf<DrawnRow>(db, { name: 'draw_from_accounts', text: drawText }, values);
    if (rows.length === 0) return undefined;
    const drawn = rows.flatMap(({ may, free, others, ...row }) =>
      may === null || free === null ? [] : [{ ...row, may, free, others: others ?? 0 }],
    );
    if (drawn.length === rows.length || round === roundsMax) return drawn;
    await rowsOf(db, { name: 'make_accounts', text: makeText }, values);
  }
}

/** What a run has drawn of each account and not given back, with what it used of it. */
export async function readAllotments({ db }: Database, run: string): Promise<ReadonlyMap<string, number>> {
  const text = 'select account, drawn from allotment where run = $1';
  const rows = await rowsOf<{ readonly account: string; readonly drawn: number }>(
    db,
    { name: 'read_allotments', text },
    [run],
  );
  return new Map(rows.map(({ account, drawn }) => [account, drawn]));
}

/** As `giveBack` in policy/allotment.ts says it, for every account that the run drew from. */
const giveBackText = `
with mine as materialized (
  select a.account, a.drawn, a.used, coalesce(x.used, 0) as now_used, coalesce(x.held, 0) as held
  from allotment a left join json_to_recordset($4) as x (account text, used bigint, held bigint) on x.account = a.account
  where a.run = $1 and exists (select from run where id = $1 and fence = $2)
  order by a.account for no key update of a
), locked as materialized (
  select c.id, c.used, c.drawn from account c
  where c.environment = $3 and c.id in (select account from mine) order by c.id for no key update
), booked as (
  update account c set used = l.used + m.now_used - m.used, drawn = l.drawn - (m.drawn - m.used) + m.held
  from locked l join mine m on m.account = l.id where c.environment = $3 and c.id = l.id
)
update allotment a set used = m.now_used, drawn = m.now_used + m.held
from mine m where a.run = $1 and a.account = m.account`;

/** Books what a run used, and gives back what it neither used nor holds. Told twice, it is booked once. */
export async function giveBackAllotments(
  { db }: Database,
  { run, fence, environment }: Drawer,
  use: ReadonlyMap<string, AccountUse>,
): Promise<void> {
  const told = Array.from(use, ([account, { used, held }]) => ({ account, used, held }));
  const values = [run, fence, environment, JSON.stringify(told)];
  await rowsOf(db, { name: 'give_back_allotments', text: giveBackText }, values);
}

/** Runs that ended without giving back what they had drawn: their worker died, or nobody executed them any more. */
export async function readLeftAllotments({ db }: Database, limit: number): Promise<readonly Drawer[]> {
  const text = `select r.id as run, r.fence, r.environment from run r
    where r.ended_at is not null and r.id in (select run from allotment where drawn > used) limit $1`;
  return rowsOf<Drawer>(db, { name: 'read_left_allotments', text, planned: 'always' }, [limit]);
}

/** Accounts of windows that are over for so long that nobody asks for them any more. */
export async function dropOldAccounts({ db }: Database): Promise<void> {
  const text = `delete from account where ends_at < now() - interval '400 days'`;
  await rowsOf(db, { name: 'drop_old_accounts', text }, []);
}

export interface AccountRow {
  readonly id: string;
  readonly ends_at: Date;
  readonly lim: number;
  readonly used: number;
  readonly drawn: number;
}

/** An account that a budget has in the window of today, whether or not somebody drew from it. */
export interface DeclaredAccount {
  readonly key: string;
  readonly span: string;
  readonly lim: number;
}

const accountsText = `
with declared as (
  select x.key || ' ' || to_char(date_trunc(x.span, t.utc), 'YYYY-MM-DD"T"HH24:MI"Z"') as id,
    (date_trunc(x.span, t.utc) + ('1 ' || x.span)::interval) at time zone 'UTC' as ends_at, x.lim
  from (select coalesce($2::timestamptz, now()) at time zone 'UTC' as utc) t
  cross join json_to_recordset($3) as x (key text, span text, lim bigint)
), kept as (
  select id, ends_at, lim, used, drawn from account where environment = $1 and ends_at > coalesce($2::timestamptz, now())
)
select id, coalesce(k.ends_at, d.ends_at) as ends_at, coalesce(k.lim, d.lim) as lim,
  coalesce(k.used, 0) as used, coalesce(k.drawn, 0) as drawn
from kept k full join declared d using (id) order by id`;

/** The accounts of windows that are not over, and those that are declared and untouched, by id. */
export async function readAccounts(
  { db }: Database,
  environment: string,
  { now, declared = [] }: WindowClock & { readonly declared?: readonly DeclaredAccount[] } = {},
): Promise<readonly AccountRow[]> {
  const values = [environment, now?.() ?? null, JSON.stringify(declared)];
  return rowsOf<AccountRow>(db, { name: 'read_accounts', text: accountsText }, values);
}
