import type { AlertRecord, PinRecord, ProbeRecord } from '../api/operations-alert.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { pinLookText } from '../policy/pin-look.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { hanging } from './wrap.ts';

export interface AlertsOptions {
  readonly env?: string;
  readonly output: string;
}

export async function alertsCommand(context: CliContext, options: AlertsOptions): Promise<ExitCode> {
  const { terminal } = context;
  return withDoor(context, async ({ operations, ...door }) => {
    const environment = await chooseEnvironment({ operations, ...door }, options.env);
    const alerts = await operations.alerts(environment);
    if (options.output === 'json') json(terminal, { environment, alerts });
    else for (const line of alertLines(environment, alerts)) terminal.out(hanging(line, terminal.tableWidth));
    return alerts.some(({ state }) => state === 'firing') ? exitCodes.differences : exitCodes.success;
  });
}

function alertLines(environment: string, alerts: readonly AlertRecord[]): readonly string[] {
  if (alerts.length === 0) return [`Nothing is wrong in ${environment}, and nothing was lately.`];
  return alerts.flatMap(({ key, state, severity, title, since, resolvedAt, told }) => [
    `${state === 'firing' ? severity : 'resolved'}  ${key}  ${neutral(title)}`,
    `    ${resolvedAt === undefined ? `since ${since}` : `from ${since} to ${resolvedAt}`}`,
    ...told.map((one) => {
      const why = one.error === undefined ? '' : `: ${neutral(one.error)}`;
      return `    ${one.receiver} ${one.phase}: ${one.state}${one.attempts > 1 ? ` after ${one.attempts} tries` : ''}${why}`;
    }),
    ...(told.length === 0 ? ['    nobody is told: name receivers in environments[].alerts of pawl.yaml'] : []),
  ]);
}

export async function alertsTestCommand(
  context: CliContext,
  options: AlertsOptions & { readonly receiver: string },
): Promise<ExitCode> {
  const { terminal } = context;
  return withDoor(context, async ({ operations, ...door }) => {
    const environment = await chooseEnvironment({ operations, ...door }, options.env);
    const test = await operations.testReceiver({ environment, receiver: options.receiver });
    if (options.output === 'json') json(terminal, test);
    else terminal.out(`${test.receiver}: ${test.isDelivered ? 'delivered' : 'not delivered'}. ${neutral(test.answer)}`);
    return test.isDelivered ? exitCodes.success : exitCodes.findings;
  });
}

/** What workers found that is not as it should be: lines below `pawl drift`. */
export function probeLines(probes: readonly ProbeRecord[]): readonly string[] {
  return probes
    .filter(({ state }) => state !== 'ok')
    .map(({ subject, name, state, reason, detail, since, at }) => {
      const when = state === 'failing' ? `since ${since}` : `last looked at ${at}`;
      const why = detail === '' ? '' : `: ${neutral(detail)}`;
      return `  ${state === 'failing' ? '!' : '?'} ${subject} ${neutral(name)}  ${state} (${reason}), ${when}${why}`;
    });
}

/** Whether a server offers something else than people looked at; one that was never pinned is no drift. */
export function hasMoved({ standing }: PinRecord): boolean {
  return standing === 'moved' || standing === 'identity';
}

/** Servers that offer something else than was pinned, and what to do about it: lines below `pawl drift`. */
export function pinLines(environment: string, pins: readonly PinRecord[]): readonly string[] {
  return pins
    .filter(hasMoved)
    .flatMap((pin) => [
      `  ! McpServer/${neutral(pin.server)}  ${neutral(pinLookText(pin))}`,
      `      since ${pin.since}; those tools are not called`,
      `      pawl mcp diff ${neutral(pin.server)}  shows what it says now`,
      `      pawl mcp pin ${neutral(pin.server)} --pull-request --env ${neutral(environment)}  pins it, for a review`,
    ]);
}
