import type { RunEvent, RunEvents } from '../api/operations-run.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { chooseEnvironment, json, jsonLine, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { patienceWith } from './follow.ts';
import { type Terminal, truncate } from './terminal.ts';
import { orInterrupted } from './watch-runs.ts';

const waitMs = 10_000;
const narrow = 80;

export interface EventsOptions {
  readonly env?: string;
  readonly follow?: boolean;
  readonly after?: number;
  readonly run?: string;
  readonly limit: number;
  readonly output: string;
}

export async function eventsCommand(context: CliContext, options: EventsOptions): Promise<ExitCode> {
  const { terminal, signal } = context;
  return withDoor(context, async (door) => {
    const environment = await chooseEnvironment(door, options.env);
    const { after: first, run, limit } = options;
    const ask = (after: number | undefined, wait: number) =>
      door.operations.runEvents({
        environment,
        limit,
        waitMs: wait,
        ...(after === undefined ? {} : { after }),
        ...(run === undefined ? {} : { run }),
      });
    let answer = await ask(first, 0);
    if (options.follow !== true) return tellAll(terminal, { environment, answer, output: options.output });
    const patience = patienceWith((text) => terminal.note(text));
    for (;;) {
      for (const event of answer.events) tell(terminal, event, options.output);
      const { after } = answer;
      const next = await patience(() => orInterrupted(ask(after, waitMs), signal), signal);
      if (next === undefined) return exitCodes.interrupted;
      answer = next;
    }
  });
}

function tellAll(
  terminal: Terminal,
  {
    environment,
    answer,
    output,
  }: { readonly environment: string; readonly answer: RunEvents; readonly output: string },
): ExitCode {
  const { events, after } = answer;
  if (output === 'json') json(terminal, { environment, events, after });
  else if (events.length === 0) terminal.out(`Nothing became of runs in ${environment} after ${after}.`);
  else for (const event of events) tell(terminal, event, output);
  return exitCodes.success;
}

function tell(terminal: Terminal, event: RunEvent, output: string): void {
  if (output === 'json') jsonLine(terminal, { event });
  else for (const line of linesOf(event, terminal.tableWidth)) terminal.out(truncate(line, terminal.tableWidth));
}

/** On a narrow terminal the id has a line of its own: it is what the next command needs whole. */
function linesOf(event: RunEvent, width: number): readonly string[] {
  const what = [event.event.padEnd(16), neutral(event.system), detailOf(event)]
    .filter((text) => text !== '')
    .join('  ');
  return width < narrow + 40
    ? [`${event.at}  ${what}`, `  ${event.position}  ${event.run}`]
    : [`${event.at}  ${event.run}  ${what}`];
}

/** What a person wants to know of it; the rest is in the JSON. */
function detailOf({ detail }: RunEvent): string {
  const { code, path, kind, approval, as, by, dueAt } = detail;
  const known = { code, path, kind, approval, as, by, until: dueAt };
  return Object.entries(known)
    .flatMap(([name, value]) => (typeof value === 'string' ? [`${name} ${neutral(value)}`] : []))
    .join(', ');
}
