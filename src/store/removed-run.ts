import type { Transaction } from 'kysely';
import { drained } from '../run/executor.ts';
import { rowsOf } from './statement.ts';
import type { Tables } from './tables.gen.ts';

const drainText = `
with locked as materialized (
  select id from run where environment = $1 and system = any ($2::text[]) and ended_at is null
  order by id for no key update
)
update run r set
  drain_requested_at = coalesce(r.drain_requested_at, now()),
  state = case when r.state = 'Running' then r.state else 'Cancelled' end,
  ended_at = case when r.state = 'Running' then null else now() end,
  run_at = null,
  error = case when r.state = 'Running' then null else json_build_object('code', $3::text, 'message', $4::text) end
from locked where r.id = locked.id
returning r.id`;

const cancelText = drainText.replaceAll('drain_requested_at', 'cancel_requested_at');

const cancelled = { code: 'run.cancelled', message: 'The run’s system was removed, and it says `drain: cancel`.' };

/**
 * Stops the runs of systems that an apply removes: before their next step, or at once. Those that nobody executes end
 * here. The rows are locked in the order of their ids, as the journal locks them.
 */
export async function stopRunsOf(
  trx: Transaction<Tables>,
  removed: { readonly environment: string; readonly systems: readonly string[] },
  how: 'drain' | 'cancel',
): Promise<void> {
  if (removed.systems.length === 0) return;
  const { code, message } = how === 'drain' ? drained : cancelled;
  const text = how === 'drain' ? drainText : cancelText;
  await rowsOf(trx, { name: `${how}_removed`, text }, [removed.environment, removed.systems, code, message]);
}
