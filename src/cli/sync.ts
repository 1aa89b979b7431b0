import { setTimeout as delay } from 'node:timers/promises';
import type { SyncRecord } from '../api/operations-sync.ts';
import { exitCodes, type ExitCode, TerminalError } from '../errors.ts';
import { parseDuration } from '../manifest/duration.ts';
import type { Door } from './app-port.ts';
import { conditionLines, conditionRows, suspensionLine } from './conditions.ts';
import { chooseEnvironment, type CliContext, json, withDoor } from './context.ts';
import { renderTable } from './table.ts';
import { hanging } from './wrap.ts';

interface Common {
  readonly env?: string;
  readonly output: string;
}

const pollMs = 250;

/** Asks for a look and waits for it. Exit 3 where a stage did not pass, 7 where nobody looked in time. */
export async function syncCommand(
  context: CliContext,
  options: Common & { readonly timeout: string },
): Promise<ExitCode> {
  const timeoutMs = durationMs('--timeout', options.timeout);
  return withDoor(context, async (door) => {
    const environment = await chooseEnvironment(door, options.env);
    if (door.via === 'embedded') throw nobodyThere();
    const asked = await door.operations.requestSync(environment);
    const done = await waitFor(context, door, { asked, timeoutMs });
    show(context, done, options);
    return done.conditions.some(({ status, type }) => status === 'False' && type !== 'Drifted' && type !== 'Healthy')
      ? exitCodes.findings
      : exitCodes.success;
  });
}

interface Waiting {
  readonly asked: SyncRecord;
  readonly timeoutMs: number;
}

async function waitFor(
  { signal }: CliContext,
  { operations }: Door,
  { asked, timeoutMs }: Waiting,
): Promise<SyncRecord> {
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += pollMs) {
    const state = await operations.syncState(asked.environment);
    if (state.handled >= asked.wanted) return state;
    await delay(pollMs, undefined, { signal });
  }
  throw new TerminalError(`No controller has looked at ${asked.environment} within ${timeoutMs / 1_000} s.`, {
    code: 'sync.no_controller',
    help: 'See that `pawl up` or `pawl controller` runs; it looks as soon as it does.',
    exit: exitCodes.timeout,
  });
}

/** The embedded database is opened by one process, and this one is no controller. */
function nobodyThere(): TerminalError {
  return new TerminalError('No controller runs here that could look.', {
    code: 'sync.no_controller',
    help: 'Start `pawl up`: it looks at once, and again at every commit.',
    exit: exitCodes.usage,
  });
}

export async function suspendCommand(
  context: CliContext,
  options: Common & { readonly reason: string; readonly for?: string },
): Promise<ExitCode> {
  const forMs = options.for === undefined ? undefined : durationMs('--for', options.for);
  const state = await withDoor(context, async (door) =>
    door.operations.suspendSync({
      environment: await chooseEnvironment(door, options.env),
      reason: options.reason,
      ...(forMs === undefined ? {} : { forMs }),
    }),
  );
  show(context, state, options);
  if (options.output !== 'json')
    context.terminal.note(`Let it go on with: pawl sync resume --env ${state.environment}`);
  return exitCodes.success;
}

export async function resumeCommand(context: CliContext, options: Common): Promise<ExitCode> {
  const state = await withDoor(context, async (door) =>
    door.operations.resumeSync(await chooseEnvironment(door, options.env)),
  );
  if (options.output === 'json') json(context.terminal, { sync: state });
  else context.terminal.out(`Sync of ${state.environment} goes on.`);
  return exitCodes.success;
}

export async function claimCommand(context: CliContext, options: Common): Promise<ExitCode> {
  const state = await withDoor(context, async (door) =>
    door.operations.claimSync(await chooseEnvironment(door, options.env)),
  );
  if (options.output === 'json') json(context.terminal, { sync: state });
  else context.terminal.out(`${state.environment} belongs to ${state.repository ?? 'this repository'} now.`);
  return exitCodes.success;
}

function show({ terminal }: CliContext, state: SyncRecord, { output }: Common): void {
  if (output === 'json') {
    json(terminal, { sync: state });
    return;
  }
  const { environment, suspension, conditions } = state;
  if (conditions.length > 0) {
    const head = ['STAGE', 'STATE', 'REASON', 'COMMIT', 'FOUND'];
    terminal.out(renderTable(head, conditionRows(conditions), terminal.tableWidth));
  }
  const lines = [
    ...(suspension === undefined ? [] : [suspensionLine(suspension)]),
    ...conditionLines(conditions, { environment, live: undefined }),
  ];
  for (const line of lines)
    terminal.out(hanging(line.startsWith(' ') ? line : `${environment}: ${line}`, terminal.tableWidth));
}

function durationMs(option: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new TerminalError(`${option} ${JSON.stringify(text)} is no duration.`, {
    code: 'cli.usage',
    help: 'Write 30s, 20m, 2h, up to 168h.',
    exit: exitCodes.usage,
  });
}
