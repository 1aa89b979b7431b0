import type { Json } from '../manifest/json.ts';
import type { Ask } from '../policy/approval.ts';
import type { Database } from './database-port.ts';
import type { Vote } from './approval-vote.ts';
import { rowsOf } from './statement.ts';

export type ApprovalRowState = 'pending' | 'approved' | 'consumed' | 'denied' | 'expired' | 'cancelled';

/** One request, with what is asked of its run. */
export interface ApprovalRow {
  readonly id: string;
  readonly environment: string;
  readonly namespace: string;
  readonly run: string;
  readonly system: string;
  /** That the run is pinned to. */
  readonly revision: number;
  readonly cause: Json;
  readonly path: string;
  readonly node: string;
  readonly action_digest: string;
  /** JSON text. */
  readonly action: string;
  readonly args: string;
  readonly asks: readonly Ask[];
  readonly subject: string;
  readonly state: ApprovalRowState;
  readonly votes: readonly Vote[];
  readonly decided_by: string | null;
  readonly reason: string | null;
  readonly used_by: readonly string[];
  readonly uses_max: number;
  readonly class_digest: string | null;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly decided_at: Date | null;
}

/** What is past its time is no request any more, though nobody has written so yet. */
const state = `case when a.state in ('pending', 'approved') and a.expires_at <= now() then 'expired' else a.state end`;

const columns = `a.id, a.environment, a.namespace, a.run, r.system, r.revision, r.cause, a.path, a.node, a.action_digest,
  a.action, a.args, a.asks, a.subject, ${state} as state, a.votes, a.decided_by, a.reason, a.used_by, a.uses_max,
  a.class_digest, a.created_at,
  a.expires_at, a.decided_at`;

export async function readApproval(database: Database, id: string): Promise<ApprovalRow | undefined> {
  const text = `select ${columns} from approval a join run r on r.id = a.run where a.id = $1`;
  const [row] = await rowsOf<ApprovalRow>(database.db, { name: 'read_approval', text }, [id]);
  return row;
}

/** Everything that a run asked people to release, the oldest first. */
export async function readApprovalsOf(database: Pick<Database, 'db'>, run: string): Promise<readonly ApprovalRow[]> {
  const text = `select ${columns} from approval a join run r on r.id = a.run where a.run = $1
    order by a.created_at, a.id limit 10000`;
  return rowsOf<ApprovalRow>(database.db, { name: 'read_approvals_of', text }, [run]);
}

export interface ApprovalFilter {
  readonly environment: string;
  readonly states: readonly ApprovalRowState[];
  /** Absent: of all. */
  readonly namespaces?: readonly string[] | undefined;
  readonly run?: string | undefined;
  /** Id of the last one of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

const listText = `select ${columns} from approval a join run r on r.id = a.run
  where a.environment = $1 and a.state = any ($2::text[]) and ${state} = any ($3::text[])
    and ($4::text[] is null or a.namespace = any ($4)) and ($5::uuid is null or a.run = $5)
    and ($6::text is null or (a.created_at, a.id) > (select p.created_at, p.id from approval p where p.id = $6))
  order by a.created_at, a.id limit $7`;

/** A page of requests, the oldest first: who waits longest is looked at first. */
export async function listApprovals(database: Database, filter: ApprovalFilter): Promise<readonly ApprovalRow[]> {
  const { environment, states, namespaces = null, run = null, after = null, limit } = filter;
  // What counts as expired may still stand as what it was.
  const written = states.includes('expired') ? [...states, 'pending', 'approved'] : states;
  const statement = { name: 'list_approvals', text: listText, planned: 'always' } as const;
  return rowsOf<ApprovalRow>(database.db, statement, [environment, written, states, namespaces, run, after, limit]);
}
