import type { Json, JsonObject } from '../manifest/json.ts';
import type { Database } from './database-port.ts';
import { placeBody } from './journal-parameters.ts';
import { rowsOf } from './statement.ts';

/** What somebody says to a question. `key` is one person, however they write their name. */
export interface NewAnswer {
  readonly run: string;
  readonly path: string;
  readonly as: 'filled' | 'approve' | 'deny' | 'changes';
  readonly by: string;
  readonly key: string;
  /** Of `filled`: the form. */
  readonly output?: Json;
  /** Of `deny` and `changes`. */
  readonly text?: string;
  /** How many must approve. */
  readonly min: number;
}

/** `open`: it counts, and more are needed. */
export type Answered = 'decided' | 'open';

/**
 * Takes one answer, under the lock of the run's row, in the order of which the first one counts. What decides becomes a
 * result in the journal. A run that waits is ready again, with the time that it waited given back to its deadline; one
 * that goes on in other branches is marked, and the statement that parks it makes it ready at once. The clock is read
 * after the lock is held, so that no answer is taken after its time.
 */
const answerText = `
with asked as materialized (
  select r.id, r.environment, r.fence, w.path, w.kind, w.due_at, w.votes
  from run r join wait w on w.run = r.id
  where r.id = $1 and w.path = $2 and w.kind in ('human', 'review') and w.resolution is null and r.ended_at is null
  for no key update of r, w
), open as materialized (
  select a.*, a.votes || $3::jsonb as all_votes from asked a
  where (a.due_at is null or a.due_at > clock_timestamp())
    and not exists (select from jsonb_array_elements(a.votes) v where v ->> 'key' = $4)
), decided as materialized (
  select o.*, $5 <> 'approve' or (
    select count(distinct v ->> 'key') from jsonb_array_elements(o.all_votes) v where v ->> 'as' = 'approve') >= $6
    as is_decided
  from open o
), said as (
  insert into event (environment, actor, action, detail)
  select d.environment, $11, 'question.answered',
    jsonb_build_object('run', d.id, 'path', d.path, 'as', $5::text, 'decided', d.is_decided) from decided d
), noted as (
  update wait w set votes = d.all_votes, resolution = case when d.is_decided then $7::jsonb end
  from decided d where w.run = d.id and w.path = d.path
), kept as (
  insert into blob (digest, body) select $8, $9 from decided where is_decided and $8::text is not null
  on conflict do nothing
), written as (
  insert into step (run, path, phase, node, kind, target, fence, outcome, body, body_digest, error)
  select d.id, d.path, 'result', $10, 'human', $11, d.fence, $12, case when $8::text is null then $9::text end, $8, $13::json
  from decided d where d.is_decided
), told as (
  update run r set
    state = case when r.state = 'Waiting' then 'Queued' else r.state end,
    run_at = case when r.state = 'Waiting' then null else r.run_at end,
    deadline_at = case when r.state = 'Waiting'
      then r.deadline_at + coalesce(now() - r.asked_at, interval '0') else r.deadline_at end,
    asked_at = case when r.state = 'Waiting' then null else r.asked_at end,
    answered = true
  from decided d where r.id = d.id and d.is_decided
)
select is_decided from decided`;

/** Takes the answer, or nothing: the question is not open, its time is over, or the person has answered it. */
export async function writeAnswer(database: Database, answer: NewAnswer): Promise<Answered | undefined> {
  const { run, path, as, by, key, text, min } = answer;
  const at = new Date().toISOString();
  const vote = JSON.stringify([{ by, key, as, ...(text === undefined ? {} : { text }), at }]);
  const blobs = new Map<string, string>();
  const content = bodyOf(answer);
  const { digest } = placeBody(content, blobs);
  const outcome = as === 'deny' ? 'failed' : 'done';
  const place = path.slice(0, path.lastIndexOf('/'));
  const resolution = JSON.stringify({ as, by, at });
  const values = [run, path, vote, key, as, min, resolution, digest ?? null, content ?? null, place, by, outcome];
  const rows = await rowsOf<{ readonly is_decided: boolean }>(database.db, { name: 'answer', text: answerText }, [
    ...values,
    errorOf(answer),
  ]);
  const [row] = rows;
  return row && (row.is_decided ? 'decided' : 'open');
}

function bodyOf({ as, output, text }: NewAnswer): string | undefined {
  switch (as) {
    case 'filled':
      return JSON.stringify(output ?? null);
    case 'approve':
      return JSON.stringify({ verdict: 'approved' });
    case 'changes':
      return JSON.stringify({ verdict: 'changes', text });
    case 'deny':
      return undefined;
  }
}

function errorOf({ as, by, text = '' }: NewAnswer): string | null {
  if (as !== 'deny') return null;
  return JSON.stringify({ code: 'review.denied', message: `${by} denied the output: ${text}` });
}

/** One question to people, with what they are shown. */
export interface QuestionRow {
  readonly run: string;
  readonly environment: string;
  readonly system: string;
  readonly state: string;
  readonly ended: boolean;
  readonly path: string;
  readonly kind: 'human' | 'review';
  readonly created_at: Date;
  readonly due_at: Date | null;
  readonly overdue: boolean;
  readonly detail: JsonObject;
  readonly votes: readonly { readonly by: string; readonly key: string; readonly as: string; readonly at: string }[];
  readonly resolution: { readonly as: string; readonly by: string; readonly at: string } | null;
}

const questionColumns = `w.run, r.environment, r.system, r.state, r.ended_at is not null as ended, w.path, w.kind,
  w.created_at, w.due_at, coalesce(w.due_at <= now(), false) as overdue, w.detail, w.votes, w.resolution`;

/** Every question that a run ever asked, the oldest first. */
export async function readQuestions(database: Database, run: string): Promise<readonly QuestionRow[]> {
  const text = `select ${questionColumns} from wait w join run r on r.id = w.run
    where w.run = $1 and w.kind in ('human', 'review') order by w.created_at, w.path`;
  return rowsOf<QuestionRow>(database.db, { name: 'read_questions', text }, [run]);
}

/** What people may answer now in an environment, the oldest first. */
export async function readOpenQuestions(
  database: Database,
  filter: { readonly environment: string; readonly limit: number; readonly namespaces?: readonly string[] },
): Promise<readonly QuestionRow[]> {
  const { environment, limit, namespaces = null } = filter;
  const text = `select ${questionColumns} from wait w join run r on r.id = w.run
    where r.environment = $1 and r.ended_at is null and w.kind in ('human', 'review') and w.resolution is null
      and (w.due_at is null or w.due_at > now())
      and ($3::text[] is null or split_part(r.system, '/', 1) = any ($3::text[]))
    order by w.created_at, w.run, w.path limit $2`;
  return rowsOf<QuestionRow>(database.db, { name: 'read_open_questions', text }, [environment, limit, namespaces]);
}
