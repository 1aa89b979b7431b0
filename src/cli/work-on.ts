import type { RunRecord } from '../api/operations.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Door } from './app-port.ts';
import type { CliContext } from './context.ts';
import { callLine, CallTeller, traces, waitLine, waitsForPerson } from './follow.ts';

/**
 * Goes on with a run that somebody has just set free, where no other process can: nobody else opens the embedded
 * database. Says what it does until it has ended or waits again.
 */
export async function workOn(context: CliContext, door: Door, id: string): Promise<void> {
  if (door.workUntil === undefined) return;
  const { terminal, signal } = context;
  const teller = new CallTeller();
  teller.news(await door.operations.trace(id));
  const working = door.workUntil(id, signal);
  let last: RunRecord | undefined;
  try {
    for await (const trace of traces(context, door, id)) {
      for (const call of teller.news(trace)) terminal.note(`  ${callLine(call)}`);
      last = trace.run;
      if (waitsForPerson(last)) break;
    }
  } finally {
    await working;
  }
  if (last === undefined || signal.aborted) return;
  if (waitsForPerson(last)) terminal.note(waitLine(last));
  else terminal.note(`Run ${id}: ${neutral(last.state)}. See what it did with: pawl trace ${id}`);
}
