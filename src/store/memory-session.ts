import { TerminalError } from '../errors.ts';
import type { Database } from './database-port.ts';
import { sqlStateOf } from './failure.ts';
import { rowsOf } from './statement.ts';

/** SQLSTATE. */
const uniqueViolation = '23505';

/** One session of one agent in one memory. */
export interface SessionKey {
  /** Id of the memory. */
  readonly memory: string;
  /** `namespace/name` of the Agent. */
  readonly agent: string;
  readonly session: string;
}

export interface StoredMessage {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

const historyText = `
select role, body from (
  select g.ordinal, g.role, g.body
  from memory_session s join memory_message g on g.session = s.id
  where s.memory = $1 and s.agent = $2 and s.session = $3 and s.expires_at > now()
  order by g.ordinal desc limit $4
) newest order by ordinal`;

/** The newest messages of a session that has not expired, the oldest of them first. */
export async function readHistory(
  { db }: Database,
  { memory, agent, session }: SessionKey,
  limit: number,
): Promise<readonly StoredMessage[]> {
  if (limit <= 0) return [];
  const statement = { name: 'read_history', text: historyText };
  const values = [memory, agent, session, limit];
  const rows = await rowsOf<{ role: StoredMessage['role']; body: string }>(db, statement, values);
  return rows.map(({ role, body }) => ({ role, text: textOf(body) }));
}

function textOf(body: string): string {
  const text: unknown = JSON.parse(body);
  if (typeof text !== 'string') throw new TypeError('a message is a string');
  return text;
}

export interface NewExchange extends SessionKey {
  readonly run: string;
  /** The execution of the node: it appends once. */
  readonly place: string;
  readonly messages: readonly StoredMessage[];
  readonly ttlMs: number;
  readonly maxMessages: number;
}

/**
 * The session's row comes first: it is the lock under which exchanges get their numbers, so that those of two runs
 * stand one after the other and never mixed. A session that has expired begins anew. Rows of this statement are not seen
 * by its own delete, so that what is over the limit from the start is not inserted.
 */
const appendText = `
with known as materialized (
  select 1 as found from memory_message where run = $4 and place = $5 limit 1
), old as materialized (
  select id from memory_session where memory = $1 and agent = $2 and session = $3 and expires_at <= now()
), session as (
  insert into memory_session as s (memory, agent, session, appended, expires_at)
  select $1, $2, $3, $6::bigint, now() + $7::bigint * interval '1 millisecond' where not exists (select from known)
  on conflict (memory, agent, session) do update
    set appended = s.appended + $6::bigint, used_at = now(), expires_at = excluded.expires_at
  returning s.id, s.appended
), trimmed as (
  delete from memory_message g using session s
  where g.session = s.id and (g.ordinal <= s.appended - $8::bigint or g.session in (select id from old))
)
insert into memory_message (session, ordinal, role, body, run, place, part)
select s.id, s.appended - $6::bigint + m.part, m.role, m.body, $4, $5, m.part
from session s cross join json_to_recordset($9::json) as m (part smallint, role text, body text)
where s.appended - $6::bigint + m.part > s.appended - $8::bigint
order by m.part`;

/** Appends what a node's step said and heard. The same place again changes nothing, whoever appends at the same time. */
export async function appendExchange({ db }: Database, exchange: NewExchange): Promise<void> {
  const { memory, agent, session, run, place, messages, ttlMs, maxMessages } = exchange;
  const rows = messages.map(({ role, text }, index) => ({ part: index + 1, role, body: JSON.stringify(text) }));
  const values = [memory, agent, session, run, place, messages.length, ttlMs, maxMessages, JSON.stringify(rows)];
  try {
    await rowsOf(db, { name: 'append_exchange', text: appendText }, values);
  } catch (cause) {
    // Two owners of the run at once, the older of which does not know it yet: the other's rows are the same rows.
    if (sqlStateOf(cause) !== uniqueViolation) throw cause;
  }
}

/** A name that a conversation may have; throws `memory.session_invalid` for any other. */
export function sessionNamed(name: string): string {
  if (/^[^\p{Cc}\p{Cs}]{1,200}$/u.test(name)) return name;
  throw new TerminalError('A session is named by 1 to 200 characters, none of them a control character.', {
    code: 'memory.session_invalid',
    help: 'Name the conversation by something short, such as the number of a ticket.',
    exit: 2,
  });
}
