import { drained } from '../run/executor.ts';
import { replacedError } from './concurrency.ts';
import { consumedText } from './journal-approval.ts';
import type { Statement } from './statement.ts';

/** How runs end, or wait: a wait that was cancelled, drained, answered or lifted meanwhile is none. */
const endedText = `), ended as (
  update run r set
    state = case when x.state <> 'Waiting' then x.state when x.cancelled or x.drained then 'Cancelled'
      when x.goes_on then 'Queued' else x.state end,
    owner = null,
    output = x.output,
    error = case when r.replaced_by is not null and (x.state = 'Cancelled' or x.state = 'Waiting' and x.cancelled)
      then ${replacedError('r.replaced_by')}
      when x.state = 'Waiting' and x.cancelled
      then json_build_object('code', 'run.cancelled', 'message', 'The run was cancelled.')
      when x.state = 'Waiting' and x.drained
      then json_build_object('code', '${drained.code}', 'message', '${drained.message}') else x.error end,
    run_at = case when x.state = 'Waiting' and not x.goes_on
      then least(now() + x.delay * interval '1 millisecond',
        case when x.delay is not null and x.people is null then r.deadline_at end) end,
    asked_at = case when x.state = 'Waiting' and not x.goes_on and x.people then now() end,
    ended_at = case when x.state not in ('Queued', 'Waiting') or x.state = 'Waiting' and (x.cancelled or x.drained) then now() end
  from (
    select h.*, h.answered or coalesce(h.halt_epoch <> h.halts, false) as goes_on
    from held h
    -- Every state: the planner takes it for a narrow range, and so looks each row up by its key. A plan that is kept
    -- from when the table was small would else read all of it for each batch. By bytes: in
    -- Estonian Z comes before T, and no run would wait.
    where h.state collate "C" between 'A' and 'Z'
  ) x
  where r.id = x.id
`;

const keptText = `), kept as (
  insert into blob (digest, body)
  select digest, body from unnest((select $3::text[]), (select $4::text[])) as b (digest, body) order by digest
  on conflict do nothing
`;

/**
 * What waits already is moved where it is a new wait at the same place. A timer without a reason is one that goes on: its
 * time runs since it was first written.
 */
const waitedText = `), waited as (
  insert into wait (run, path, kind, due_at, detail)
  select w.run, w.path, w.kind, now() + w.delay * interval '1 millisecond', w.detail::json
  from json_to_recordset($5) as w (run uuid, path text, kind text, delay bigint, detail text)
  join held h on h.id = w.run
  on conflict (run, path) do update set kind = excluded.kind, due_at = excluded.due_at, detail = excluded.detail,
    resolution = null
    where wait.kind in ('rate', 'halt')
      or wait.kind = 'timer' and (excluded.kind <> 'timer' or excluded.detail is not null)
`;

/**
 * What a batch has beside entries: most have no long text and nothing that waits, and many no run that ends. Each part
 * that a statement does not have is a twentieth of its time, or more where it is for one run alone.
 */
export type Parts = 'all' | 'ends' | 'steps';

/** Every statement takes the same parameters: those of parts that it does not have are named, so that they have types. */
const unused = '), unused as (\n  select $3::text[], $4::text[], $5::text\n';

const notForked = `
      and not exists (select from audit b where b.run = r.id and b.seq = w.seq and b.hash <> w.hash)`;

const recordedRuns = '(select array_agg(id) from held where seq is not null)';
/** Where rows are there already, the first one's may be: each that is written then tells of its own. */
const firstRecorded = 'select id from held where seq is not null limit 1';

/**
 * One statement for many runs. It locks the runs' rows in the order of their ids, which every other writer does too,
 * so that two batches never wait for each other; what does not come back had another owner or another fence. The lock
 * is lateral so that each row is found by its key: a plan kept from when the table was small would read all of it. An
 * intent whose decision looked at an older live revision or at other halts is left out and named. A row that is there
 * already is the same row: the batch was sent again after its answer was lost. A record that would fork there is no
 * such batch's: its owner does not know what is durable, and is answered as one that lost the run. Arrays are read
 * through a query, so that no plan is made for arrays of one length and thrown away with it (decision 0072). Runs of
 * which there is the same to say are one row of the answer: mostly it is the only one.
 */
function writeText(sent: 'first' | 'again', approvals: 'some' | 'none' = 'none', parts: Parts = 'all'): string {
  const isAgain = sent === 'again';
  const isApproved = approvals === 'some';
  return `
with claimed as materialized (
  select w.*, r.environment, r.cancelled, r.overdue, r.drained, r.answered
  from (select * from unnest((select $1::journal_write[])) order by id) w
  cross join lateral (
    select r.environment, r.cancel_requested_at is not null as cancelled,
      coalesce(r.deadline_at <= now(), false) as overdue, r.drain_requested_at is not null as drained, r.answered
    from run r where r.id = w.id and r.fence = w.fence and r.owner = w.owner${isAgain ? notForked : ''}
    for no key update
  ) r
), halted as materialized (
  -- After every lock of a run: who waits for one here would else hold up who halts.
  select current_halt_epoch() as halts from (select count(*) from claimed) c
), held as materialized (
  select c.*, e.revision as live, halted.halts
  from claimed c join environment e on e.name = c.environment cross join halted
), ${isApproved ? 'drafted' : 'entry'} as materialized (
  select e.*, h.fence, e.phase = 'intent' and (e.revision is distinct from h.live or e.halt_epoch is distinct from h.halts) as conflict
  from unnest((select $2::journal_entry[])) e
  join held h on h.id = e.run
${isApproved ? consumedText : ''}${parts === 'all' ? keptText : ''}), written as (
  insert into step (seq, run, path, phase, node, kind, target, fence, args_digest, decision, body, body_digest, outcome,
    error, tokens_reserved, tokens_in, tokens_out, cost)
  select (select nextval('step_write')) * 65536 + place, run, path, phase, node, kind, target, fence, args_digest,
    decision, body, body_digest, outcome, error, tokens_reserved, tokens_in, tokens_out, cost
  from entry where not conflict
  ${isAgain ? 'on conflict (run, path, phase) do nothing' : ''}
), recorded as (
  insert into audit (run, seq, text, hash, runs)
  select id, seq, text, hash, ${isAgain ? 'array[id]' : `case when id = (${firstRecorded}) then ${recordedRuns} end`}
  from held where seq is not null
  ${isAgain ? 'on conflict (run, seq) do nothing' : ''}
${parts === 'all' ? waitedText : ''}${parts === 'steps' ? '' : endedText}${parts === 'all' ? '' : unused})
select count(*)::integer as runs, string_agg(h.id::text, ' ') as ids, h.cancelled, h.overdue, h.drained, h.answered,
  h.live, c.paths as conflicts
from held h
left join (select run, array_agg(path) as paths from entry where conflict group by run) c on c.run = h.id
group by h.cancelled, h.overdue, h.drained, h.answered, h.live, c.paths`;
}

/** What writes a batch; `again` where an answer was lost, so that each row is looked for before its insert. */
export const journalStatements = {
  all: { name: 'write_journal', text: writeText('first') },
  ends: { name: 'write_steps_and_ends', text: writeText('first', 'none', 'ends') },
  steps: { name: 'write_steps', text: writeText('first', 'none', 'steps') },
  approved: { name: 'write_approved', text: writeText('first', 'some') },
  again: { name: 'write_journal_again', text: writeText('again') },
  approvedAgain: { name: 'write_approved_again', text: writeText('again', 'some') },
} as const satisfies Record<Parts | 'approved' | 'again' | 'approvedAgain', Statement>;
