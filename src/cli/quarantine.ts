import type { WithdrawnRecord } from '../api/operations-revision.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { plural } from './plural.ts';
import { renderTable } from './table.ts';

export interface QuarantineOptions {
  readonly env?: string;
  readonly output: string;
}

/** What rollbacks withdrew and no commit may bring back. */
export async function quarantineCommand(context: CliContext, options: QuarantineOptions): Promise<ExitCode> {
  const { terminal } = context;
  return withDoor(context, async (door) => {
    const environment = await chooseEnvironment(door, options.env);
    const quarantine = await door.operations.quarantine(environment);
    if (options.output === 'json') json(terminal, { environment, quarantine });
    else if (quarantine.length === 0) terminal.note(`Nothing is in the quarantine of ${environment}.`);
    else terminal.out(tableOf(quarantine, terminal.tableWidth));
    return exitCodes.success;
  });
}

export interface ReleaseOptions extends QuarantineOptions {
  readonly addresses: readonly string[];
  readonly all?: boolean;
  readonly reason?: string;
}

/** Lets some of it, or all, be applied again; with a reason, for the record. */
export async function releaseCommand(context: CliContext, options: ReleaseOptions): Promise<ExitCode> {
  const { addresses, all = false } = options;
  if ((addresses.length === 0) !== all) {
    throw usage('Which ones?', 'Name their addresses, or pass --all; `pawl quarantine list` shows them.');
  }
  const reason = options.reason?.trim() ?? '';
  if (reason === '') throw usage('Lifting a quarantine is recorded with its reason.', 'Pass --reason "…".');
  const { terminal } = context;
  return withDoor(context, async (door) => {
    const environment = await chooseEnvironment(door, options.env);
    const released = await door.operations.releaseQuarantine({
      environment,
      reason,
      ...(all ? {} : { addresses }),
    });
    if (options.output === 'json') json(terminal, { environment, released });
    else {
      terminal.out(tableOf(released, terminal.tableWidth));
      terminal.out(`\nReleased: ${plural(released.length, 'content')} may be applied again.`);
    }
    return exitCodes.success;
  });
}

function tableOf(records: readonly WithdrawnRecord[], width: number): string {
  const rows = records.map(({ address, digest, since, to, by, reason }) => [
    address,
    digest === null ? 'absent' : digest.slice(0, 12),
    String(since),
    String(to),
    by,
    reason === '' ? '-' : reason,
  ]);
  return renderTable(['RESOURCE', 'CONTENT', 'SINCE', 'ROLLED BACK TO', 'BY', 'REASON'], rows, width);
}

function usage(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'cli.usage', help, exit: exitCodes.usage });
}
