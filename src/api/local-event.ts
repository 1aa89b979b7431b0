import { setTimeout as delay } from 'node:timers/promises';
import { channels } from '../bus/bus.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import { runEventOf } from '../run/event-relay.ts';
import type { Database } from '../store/database.ts';
import { readRunEventFeed, readRunEvents, type RunEventFeed, type RunEventRow } from '../store/run-event.ts';
import type { RunEvents, RunEventsRequest } from './operations-run.ts';

/** How often is looked where no wake-up came. */
const lookMs = 1_000;

/** Events of one environment, from the rows: they are there whatever carries wake-ups. */
export async function runEvents(database: Database, request: RunEventsRequest): Promise<RunEvents> {
  const { after } = request;
  const feed = await readRunEventFeed(database.db);
  assertThere(feed, after);
  const rows = await waited(database, request);
  const last = rows.at(-1)?.position;
  return { events: rows.map(runEventOf), after: last ?? after ?? feed.position };
}

/** Whoever went on from what was removed would take the rest for all. */
function assertThere({ isOn, position, removed }: RunEventFeed, after: number | undefined): void {
  if (!isOn && position === 0) {
    const help = 'Run `pawl migrate --events on`; they begin from there.';
    throw new TerminalError('No events of runs are kept here.', { code: 'event.off', help, exit: exitCodes.conflict });
  }
  if (after === undefined || after >= removed) return;
  throw new TerminalError(`The events after ${after} are kept no longer; the oldest that is comes after ${removed}.`, {
    code: 'event.removed',
    help: `Look at \`pawl get runs\`, and go on after ${removed}.`,
    exit: exitCodes.conflict,
  });
}

async function waited(database: Database, request: RunEventsRequest): Promise<readonly RunEventRow[]> {
  const until = performance.now() + request.waitMs;
  let wake: () => void = () => undefined;
  const unlisten = request.waitMs === 0 ? undefined : await database.listen(channels.told, () => wake());
  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const rows = await readRunEvents(database.db, request);
      const left = until - performance.now();
      if (rows.length > 0 || left <= 0) return rows;
      await Promise.race([woken, delay(Math.min(lookMs, left))]);
    }
  } finally {
    await unlisten?.();
  }
}
