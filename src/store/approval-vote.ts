import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';

/** What one person says to a request. `key` is one person, however they write their name. */
export interface Vote {
  readonly by: string;
  readonly key: string;
  readonly as: 'approve' | 'deny';
  /** Indices of the rules that it counts for. */
  readonly asks: readonly number[];
  readonly text?: string;
  /** RFC 3339. */
  readonly at: string;
  /** Nobody else was set up, so that four eyes did not hold. */
  readonly alone?: true;
}

export interface NewVote {
  readonly approval: string;
  readonly actionDigest: string;
  /** Votes that were counted when it was made up what this one comes to: with another one since, it is void. */
  readonly after: number;
  readonly vote: Vote;
  /** What the request comes to with it. */
  readonly state: 'pending' | 'approved' | 'denied';
  readonly reason?: string;
}

/**
 * Takes one vote, under the locks of the run's row and then of the request's, which every other writer takes in this
 * order too. What decides makes a waiting run ready, with the time that it waited given back to its deadline; one that
 * goes on in other branches is marked, and the statement that parks it makes it ready at once. The clock is read after
 * the locks are held, so that no vote is taken after its time.
 */
const voteText = `
with asked as materialized (
  select r.id, r.pool, r.environment, a.id as approval, a.path, a.expires_at
  from run r join approval a on a.run = r.id
  where a.id = $1 and a.action_digest = $2 and a.state = 'pending' and jsonb_array_length(a.votes) = $3
    and r.ended_at is null
  for no key update of r, a
), open as materialized (
  select * from asked where expires_at > clock_timestamp()
), noted as (
  update approval a set votes = a.votes || $4::jsonb, state = $5, reason = $7,
    decided_by = case when $5 <> 'pending' then $6 end,
    decided_at = case when $5 <> 'pending' then clock_timestamp() end
  from open o where a.id = o.approval
), said as (
  insert into event (environment, actor, action, detail)
  select o.environment, $6, case $4::jsonb -> 0 ->> 'as' when 'deny' then 'approval.denied' else 'approval.approved' end,
    jsonb_build_object('approval', o.approval, 'run', o.id, 'path', o.path, 'action', $2::text)
      || case when $4::jsonb -> 0 ? 'alone' then '{"alone": true}'::jsonb else '{}'::jsonb end
  from open o
), resolved as (
  update wait w set resolution = $8::jsonb
  from open o where $5 <> 'pending' and w.run = o.id and w.path = o.path || '/approval'
), told as (
  update run r set
    state = case when r.state = 'Waiting' then 'Queued' else r.state end,
    run_at = case when r.state = 'Waiting' then null else r.run_at end,
    deadline_at = case when r.state = 'Waiting'
      then r.deadline_at + coalesce(now() - r.asked_at, interval '0') else r.deadline_at end,
    asked_at = case when r.state = 'Waiting' then null else r.asked_at end,
    answered = true
  from open o where r.id = o.id and $5 <> 'pending'
)
select pool from open`;

/** The pool whose workers take the run up; undefined: the vote came too late, and counts for nothing. */
export async function writeVote(database: Database, given: NewVote): Promise<string | undefined> {
  const { approval, actionDigest, after, vote, state, reason = null } = given;
  const { by, as, at } = vote;
  const resolution = JSON.stringify({ as, by, at });
  const values = [approval, actionDigest, after, JSON.stringify([vote]), state, by, reason, resolution];
  const rows = await rowsOf<{ readonly pool: string }>(database.db, { name: 'vote', text: voteText }, values);
  return rows[0]?.pool;
}
