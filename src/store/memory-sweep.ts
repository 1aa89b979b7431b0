import type { Database } from './database-port.ts';
import { rowsOf } from './statement.ts';

/** What a Memory held is kept so long after Git has dropped it. */
export const removedMemoryDays = 30;
/** A call may be made again for as long as its run lives. */
const callDays = 30;
/** Rows of one statement: a sweep holds no lock for long. */
const batch = 1_000;

const sweeps = [
  {
    name: 'sweep_sessions',
    text: `delete from memory_session where id in (select id from memory_session where expires_at <= now()
      order by expires_at limit $1 for update skip locked)`,
  },
  {
    name: 'sweep_entries',
    text: `delete from memory_entry e using (select memory, key, chunk from memory_entry where expires_at <= now()
      order by expires_at limit $1 for update skip locked) old
      where e.memory = old.memory and e.key = old.key and e.chunk = old.chunk`,
  },
  {
    name: 'sweep_removed_messages',
    text: `delete from memory_session where id in (select s.id from memory m join memory_session s on s.memory = m.id
      where m.removed_at < now() - interval '${removedMemoryDays} days' limit $1)`,
  },
  {
    name: 'sweep_removed_entries',
    text: `delete from memory_entry e using (select x.memory, x.key, x.chunk from memory m
      join memory_entry x on x.memory = m.id where m.removed_at < now() - interval '${removedMemoryDays} days' limit $1) old
      where e.memory = old.memory and e.key = old.key and e.chunk = old.chunk`,
  },
  {
    name: 'sweep_removed',
    text: `delete from memory m where m.id in (select m.id from memory m
      where m.removed_at < now() - interval '${removedMemoryDays} days'
      and not exists (select from memory_entry e where e.memory = m.id)
      and not exists (select from memory_session s where s.memory = m.id) limit $1)`,
  },
  {
    name: 'sweep_calls',
    text: `delete from memory_call where id in (select id from memory_call where at < now() - interval '${callDays} days'
      order by at limit $1)`,
  },
] as const;

/** Removes what is past its time, a batch of each kind. What is past its time is not read even before. */
export async function sweepMemories({ db }: Database): Promise<void> {
  for (const statement of sweeps) await rowsOf(db, statement, [batch]);
}
