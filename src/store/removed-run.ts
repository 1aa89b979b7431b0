import type { Transaction } from 'kysely';
import { drained } from '../run/executor.ts';
import { rowsOf } from './statement.ts';
import { stoppedText } from './stopped-run.ts';
import type { Tables } from './tables.gen.ts';

const textOf = (how: 'drain' | 'cancel'): string => `
with locked as materialized (
  select id from run where environment = $1 and system = any ($2::text[]) and ended_at is null
  order by id for no key update
)
update run r set ${stoppedText(how, { code: '$3', message: '$4' })}
from locked where r.id = locked.id
returning r.id`;

const texts = { drain: textOf('drain'), cancel: textOf('cancel') } as const;

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
  await rowsOf(trx, { name: `${how}_removed`, text: texts[how] }, [
    removed.environment,
    removed.systems,
    code,
    message,
  ]);
}
