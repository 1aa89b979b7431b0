import type { ApprovalState } from '../policy/approval.ts';
import type { ClaimedRun, ClaimRequest, RecordedWait } from '../run/executor.ts';
import type { RecordedRow } from '../run/journal-entry.ts';
import { approvalStateText } from './approval-state.ts';
import { readHeads } from './audit.ts';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';

const claimText = 'select * from claim_runs($1, $2, $3, $4, $5)';

/** The run without what is read beside it. */
type ClaimRow = Omit<ClaimedRun, 'steps' | 'waits' | 'audit'>;

/** Claims up to `slots` runs, each with what earlier claims journalled. */
export async function claimRuns(database: Database, request: ClaimRequest): Promise<readonly ClaimedRun[]> {
  const values = [request.worker, request.pool, request.slots, request.suspect ? 1 : 0, request.except ?? []];
  const rows = await rowsOf<ClaimRow>(database.db, { name: 'claim', text: claimText }, values);
  // A first claim has no journal, and most claims are first ones.
  const resumed = rows.filter((row) => row.fence > 1).map((row) => row.id);
  if (resumed.length === 0) return rows.map((row) => ({ ...row, steps: [], waits: [] }));
  const [steps, waits, heads] = await Promise.all([
    readSteps(database, resumed),
    readWaits(database, resumed),
    readHeads(database, resumed),
  ]);
  return rows.map((row) => {
    const head = heads.get(row.id);
    return {
      ...row,
      steps: steps.get(row.id) ?? [],
      waits: waits.get(row.id) ?? [],
      ...(head === undefined ? {} : { audit: head }),
    };
  });
}

interface StepRow {
  readonly run: string;
  readonly path: string;
  readonly phase: 'intent' | 'result';
  readonly node: string;
  readonly kind: RecordedRow['kind'];
  readonly target: string;
  readonly args_digest: string | null;
  readonly decision: RecordedRow['decision'] | null;
  readonly body: string | null;
  readonly outcome: RecordedRow['outcome'] | null;
  readonly error: RecordedRow['error'] | null;
  readonly tokens_reserved: number | null;
  readonly tokens_in: number | null;
  readonly tokens_out: number | null;
  readonly cost: number | null;
  readonly at: Date;
  readonly fence: number;
  readonly before_retry: boolean;
}

const stepsText = `
select s.run, s.path, s.phase, s.node, s.kind, s.target, encode(s.args_digest, 'hex') as args_digest, s.decision,
  case when s.phase = 'result' then coalesce(s.body, b.body) end as body,
  s.outcome, s.error, s.tokens_reserved, s.tokens_in, s.tokens_out, s.cost, s.at, s.fence,
  coalesce(s.fence <= r.retried_fence, false) as before_retry
from step s join run r on r.id = s.run left join blob b on b.digest = s.body_digest and s.phase = 'result'
where s.run = any ($1::uuid[]) order by s.seq`;

/** The journals of some runs, in the order of writing, without the arguments of calls. */
export async function readSteps(
  database: Database,
  runs: readonly string[],
): Promise<ReadonlyMap<string, readonly RecordedRow[]>> {
  const rows = await rowsOf<StepRow>(database.db, { name: 'read_steps', text: stepsText }, [runs]);
  return grouped(rows, (row) => ({
    path: row.path,
    phase: row.phase,
    node: row.node,
    kind: row.kind,
    target: row.target,
    argsDigest: row.args_digest ?? undefined,
    decision: row.decision ?? undefined,
    body: row.body ?? undefined,
    outcome: row.outcome ?? undefined,
    error: row.error ?? undefined,
    tokensReserved: row.tokens_reserved ?? undefined,
    tokensIn: row.tokens_in ?? undefined,
    tokensOut: row.tokens_out ?? undefined,
    cost: row.cost ?? undefined,
    atMs: row.at.getTime(),
    fence: row.fence,
    ...(row.before_retry ? { beforeRetry: true } : {}),
  }));
}

interface WaitRow {
  readonly run: string;
  readonly path: string;
  readonly kind: RecordedWait['kind'];
  readonly remaining: number;
  readonly approval: ApprovalState | null;
}

/**
 * With each wait for an approval what people said last of that call. What was asked before somebody started the run
 * again counts no more.
 */
const waitsText = `
select w.run, w.path, w.kind,
  coalesce(greatest(0, ceil(extract(epoch from w.due_at - now()) * 1000)), 0)::integer as remaining,
  a.approval
from wait w left join lateral (
  select ${approvalStateText('now()')} as approval
  from approval a join run r on r.id = a.run
  where w.kind = 'approval' and a.run = w.run and a.path || '/approval' = w.path
    and a.fence > coalesce(r.retried_fence, 0)
  order by a.created_at desc limit 1
) a on true
where w.run = any ($1::uuid[])`;

async function readWaits(
  database: Database,
  runs: readonly string[],
): Promise<ReadonlyMap<string, readonly RecordedWait[]>> {
  const rows = await rowsOf<WaitRow>(database.db, { name: 'read_waits', text: waitsText }, [runs]);
  return grouped(rows, ({ path, kind, remaining, approval }): RecordedWait => {
    const wait = { path, kind, remainingMs: remaining };
    return approval === null ? wait : { ...wait, approval };
  });
}

function grouped<Row extends { readonly run: string }, T>(
  rows: readonly Row[],
  convert: (row: Row) => T,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.run);
    if (group === undefined) groups.set(row.run, [convert(row)]);
    else group.push(convert(row));
  }
  return groups;
}
