import { access } from 'node:fs/promises';
import type { ScheduleRecord } from '../api/operations-task.ts';
import { isPawlError } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { CliContext } from './context.ts';

/**
 * What became of a schedule that is live: undefined where none of the name is, or where the database cannot be asked,
 * which is said. Files are described without a database, so that none is made for it.
 */
export async function scheduleStanding(
  context: CliContext,
  { environment, address }: { readonly environment: string; readonly address: string },
): Promise<ScheduleRecord | undefined> {
  const name = address.slice(address.indexOf('/') + 1);
  try {
    const app = await context.app(context.cwd);
    const { database } = app.config;
    if (database.kind === 'embedded' && !(await isThere(database.directory))) return undefined;
    const door = await app.open();
    try {
      return (await door.operations.schedules(environment)).find(({ schedule }) => schedule === name);
    } finally {
      await door.close();
    }
  } catch (cause) {
    if (!isPawlError(cause)) throw cause;
    context.terminal.note(`What is live is not shown: ${neutral(cause.message)}`);
    return undefined;
  }
}

async function isThere(directory: string): Promise<boolean> {
  return access(directory).then(
    () => true,
    () => false,
  );
}

/** When it comes next, what came of its times, and how its newest runs ended. */
export function scheduleLines({ timeZone, suspended, nextAt, last, missed, ended }: ScheduleRecord): readonly string[] {
  const next = suspended ? 'suspended' : (nextAt ?? 'never again');
  const came = last?.code ?? last?.outcome;
  return [
    `  next: ${next} (${neutral(timeZone)})`,
    last === undefined
      ? '  last: not yet'
      : `  last: ${last.tick} ${neutral(came ?? '')}${last.run === undefined ? '' : `, run ${last.run}`}`,
    `  missed: ${missed} ${missed === 1 ? 'time that was' : 'times that were'} too late to be made up for`,
    ...ended.map(({ run, state, tick }) => `  of ${tick}: run ${run} ${neutral(state)}`),
  ];
}
