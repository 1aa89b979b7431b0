import type { HaltRecord } from '../api/operations-halt.ts';
import { exitCodes, type ExitCode, TerminalError } from '../errors.ts';
import { parseDuration } from '../manifest/duration.ts';
import { neutral } from '../manifest/neutral.ts';
import { chooseEnvironment, type CliContext, json, withDoor } from './context.ts';
import { renderTable } from './table.ts';

interface Common {
  readonly env?: string;
  readonly output: string;
}

export interface HaltOptions extends Common {
  readonly scope: string;
  readonly reason: string;
  readonly for?: string;
  readonly abort?: boolean;
  readonly deny?: boolean;
  readonly force?: boolean;
}

/** Stops calls. */
export async function haltCommand(context: CliContext, options: HaltOptions): Promise<ExitCode> {
  const { scope, reason, abort = false, deny = false, force = false } = options;
  const forMs = options.for === undefined ? undefined : durationMs(options.for);
  const halt = await withDoor(context, async (door) =>
    door.operations.halt({
      environment: await environmentOf(door, options),
      scope,
      reason,
      aborts: abort,
      denies: deny,
      force,
      ...(forMs === undefined ? {} : { forMs }),
    }),
  );
  const { terminal } = context;
  if (options.output === 'json') json(terminal, { halt });
  else {
    terminal.out(haltLine(halt));
    terminal.note(`Lift it with: pawl resume ${halt.id} --reason …`);
  }
  return exitCodes.success;
}

/** Lifts halts; what waited for them goes on. */
export async function resumeCommand(
  context: CliContext,
  options: Common & { readonly which: string; readonly reason: string },
): Promise<ExitCode> {
  const { which, reason } = options;
  const halts = await withDoor(context, async (door) =>
    door.operations.resume({ environment: await environmentOf(door, { ...options, scope: which }), which, reason }),
  );
  const { terminal } = context;
  if (options.output === 'json') json(terminal, { halts });
  else for (const { scope, id } of halts) terminal.out(`${neutral(scope)} is no longer halted (${id}).`);
  return exitCodes.success;
}

/** The halts in force, or all that ever were. */
export async function getHalts(context: CliContext, options: Common & { readonly all?: boolean }): Promise<ExitCode> {
  const { all = false } = options;
  const halts = await withDoor(context, async (door) =>
    door.operations.halts({ environment: await chooseEnvironment(door, options.env), all }),
  );
  const { terminal } = context;
  if (options.output === 'json') json(terminal, { halts });
  else if (halts.length === 0) terminal.note(all ? 'Nothing was ever halted.' : 'Nothing is halted.');
  else {
    const head = ['ID', 'SCOPE', 'STATE', 'BY', 'AS', 'SINCE', 'UNTIL', 'CALLS', 'WAITING', 'REASON'];
    terminal.out(renderTable(head, halts.map(haltRow), terminal.tableWidth));
  }
  return exitCodes.success;
}

function haltRow(halt: HaltRecord): string[] {
  const { id, scope, state, by, setAs, since, until, denies, aborts, waiting, reason, endedAt } = halt;
  const calls = `${denies ? 'refused' : 'wait'}${aborts ? ', given up' : ''}`;
  const word = state === 'inForce' ? 'in force' : state;
  return [id, scope, word, by, setAs, since, endedAt ?? until ?? 'lifted', calls, String(waiting), reason];
}

/** One halt in one line, for whoever must not overlook it. */
export function haltLine({ scope, by, since, until, reason, waiting, denies }: HaltRecord): string {
  const what = denies
    ? 'calls are refused'
    : waiting === 0
      ? 'runs wait'
      : `${waiting} ${waiting === 1 ? 'run waits' : 'runs wait'}`;
  const end = until === undefined ? 'until it is lifted' : `until ${until}`;
  return `HALTED ${neutral(scope)} by ${neutral(by)} since ${since}, ${end}: ${neutral(reason)} (${what})`;
}

type Door = Parameters<typeof chooseEnvironment>[0];

/** What stops everything needs no environment to be named. */
async function environmentOf(
  door: Door,
  { env, scope }: { readonly env?: string; readonly scope: string },
): Promise<string> {
  if (env === undefined && scope.startsWith('environment/')) return scope.slice('environment/'.length);
  const [first] = env === undefined && scope === 'global' ? await door.operations.environments() : [];
  return first?.name ?? chooseEnvironment(door, env);
}

function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1_000) return ms;
  throw new TerminalError(`--for ${JSON.stringify(text)} is no duration.`, {
    code: 'cli.usage',
    help: 'Write it as 90s, 30m or 2h; at most seven days.',
    exit: exitCodes.usage,
  });
}
