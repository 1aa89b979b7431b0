import { randomBytes } from 'node:crypto';
import { canonicalText } from '../manifest/digest.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { ApprovalState } from '../policy/approval.ts';
import type { ApprovalAnswer, ApprovalRequest } from '../run/executor.ts';
import { approvalStateText } from './approval-state.ts';
import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';
import { inTransaction, type StoreTransaction } from './transaction.ts';

/** No policy can have people be waited for longer, whatever its `ttl` says. */
const ttlMsMax = 24 * 60 * 60 * 1_000;

/**
 * Puts a call to people under its run's fence. A request of the same action that is open is given as it is; one for
 * another action of the same call is over. Its time is the shortest that any of the rules gives.
 */
export async function requestApproval(database: Database, request: ApprovalRequest): Promise<ApprovalAnswer> {
  return inTransaction(database, async (trx) => {
    const { run, fence, worker, path, actionDigest } = request;
    if (!(await holdRun(trx, [run, fence, worker]))) return { kind: 'fenced' };
    await closeOthers(trx, [run, path, actionDigest]);
    await insertRequest(trx, request);
    const asked = await readOpen(trx, [run, path]);
    await recordWait(trx, [run, path, asked.remaining]);
    return { kind: 'asked', state: asked.state, remainingMs: asked.remaining };
  });
}

async function holdRun(
  trx: StoreTransaction,
  values: readonly [run: string, fence: number, worker: string],
): Promise<boolean> {
  const text = `update run set asks_approval = true where id = $1 and fence = $2 and owner = $3 returning id`;
  return (await rowsOf(trx, { name: 'hold_asking_run', text }, values)).length === 1;
}

/** An approval that nobody used in time is gone too: the gate is told so, and asks nobody again. */
async function closeOthers(
  trx: StoreTransaction,
  values: readonly [run: string, path: string, digest: string],
): Promise<void> {
  const text = `update approval set state = 'cancelled', decided_at = now(),
      reason = 'The call is another action now: its arguments, its tool or the rules have changed.'
    where run = $1 and path = $2 and state in ('pending', 'approved') and action_digest <> $3`;
  await rowsOf(trx, { name: 'supersede_approval', text }, values);
}

const insertText = `
insert into approval (id, environment, namespace, run, fence, path, node, action_digest, action, args, asks, subject,
  class_digest, uses_max, expires_at)
select $1, r.environment, r.namespace, r.id, r.fence, $3, $4, $5, $6, $7, $8::jsonb, r.submitted_by, $9, $10,
  clock_timestamp() + $11 * interval '1 millisecond'
from run r where r.id = $2
on conflict (run, path) where state in ('pending', 'approved') do nothing`;

async function insertRequest(trx: StoreTransaction, request: ApprovalRequest): Promise<void> {
  const { run, path, node, actionDigest, action, args, asks, classDigest } = request;
  const ttlMs = Math.min(ttlMsMax, ...asks.map((ask) => ask.ttlMs));
  const texts = [canonicalText(action as unknown as JsonObject), args, JSON.stringify(asks), classDigest ?? null];
  const values = [newApprovalId(), run, path, node, actionDigest, ...texts, usesOf(request), ttlMs];
  await rowsOf(trx, { name: 'request_approval', text: insertText }, values);
}

/** Its own call, and the further ones that every rule that asks lets it release. */
function usesOf({ classDigest, asks }: ApprovalRequest): number {
  return classDigest === undefined ? 1 : 1 + Math.min(...asks.map(({ batch }) => batch?.max ?? 0));
}

/** 50 bits in letters and digits that nobody takes for one another. */
function newApprovalId(): string {
  const letters = '0123456789abcdefghjkmnpqrstvwxyz';
  return Array.from(randomBytes(10), (byte) => letters[byte % letters.length]).join('');
}

interface OpenRow {
  readonly state: ApprovalState;
  readonly remaining: number;
}

async function readOpen(trx: StoreTransaction, values: readonly [run: string, path: string]): Promise<OpenRow> {
  const text = `select ${approvalStateText('clock_timestamp()')} as state,
      greatest(0, ceil(extract(epoch from a.expires_at - clock_timestamp()) * 1000))::integer as remaining
    from approval a where a.run = $1 and a.path = $2 and a.state in ('pending', 'approved')`;
  const [row] = await rowsOf<OpenRow>(trx, { name: 'read_open_approval', text }, values);
  if (row === undefined) throw new TypeError('a request that was written is not there');
  return row;
}

async function recordWait(
  trx: StoreTransaction,
  values: readonly [run: string, path: string, ms: number],
): Promise<void> {
  const text = `insert into wait (run, path, kind, due_at)
    values ($1, $2 || '/approval', 'approval', now() + $3 * interval '1 millisecond')
    on conflict (run, path) do update set due_at = excluded.due_at, resolution = null`;
  await rowsOf(trx, { name: 'record_approval_wait', text }, values);
}
