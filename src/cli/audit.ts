import type { AuditReport } from '../api/operations-audit.ts';
import { parseAnchor } from '../controller/audit.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { chooseEnvironment, json, jsonLine, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { readNamed } from './files.ts';
import { plural } from './plural.ts';

export interface VerifyOptions {
  readonly run?: string;
  readonly anchor?: string;
  readonly output: string;
}

export async function verifyCommand(context: CliContext, options: VerifyOptions): Promise<ExitCode> {
  const { terminal, cwd } = context;
  const anchors = options.anchor === undefined ? undefined : [parseAnchor(await readNamed(cwd, options.anchor))];
  return withDoor(context, async ({ operations }) => {
    const report = await operations.verifyAudit({
      ...(options.run === undefined ? {} : { run: options.run }),
      ...(anchors === undefined ? {} : { anchors }),
    });
    if (options.output === 'json') json(terminal, { ...report, break: report.break ?? null });
    else terminal.out(textOf(report, context));
    return report.break === undefined ? exitCodes.success : exitCodes.findings;
  });
}

function textOf(report: AuditReport, { terminal: { colors } }: CliContext): string {
  const lines: string[] = [];
  const { break: found, pending } = report;
  if (found !== undefined) {
    const where = [
      environmentOf(found),
      found.run === undefined ? undefined : `run ${found.run}`,
      `${found.chain === 'run' ? 'row' : 'link'} ${found.seq}`,
    ];
    lines.push(
      colors.red(
        `The record is broken: ${neutral(where.filter((one) => one !== undefined).join(', '))}, ${found.fault}.`,
      ),
    );
    lines.push(`  ${neutral(found.message)}`);
    return lines.join('\n');
  }
  lines.push(colors.green(`The record is whole: ${plural(report.rows, 'row')} of ${plural(report.runs, 'run')}.`));
  for (const { environment, links, anchored } of report.environments) {
    const held = anchored
      ? 'as its anchor says'
      : 'no anchor: evident against edits of rows, not against the database’s owner';
    lines.push(
      `  ${environment === '' ? 'of no environment' : neutral(environment)}: ${plural(links, 'link')}, ${held}`,
    );
  }
  if (pending.rows > 0) {
    lines.push(
      `  not yet anchored: ${plural(pending.rows, 'row')} of ${plural(pending.runs, 'run')}, which no environment’s chain has`,
    );
    if (pending.ended.length > 0) lines.push(`  of runs that have ended: ${neutral(pending.ended.join(', '))}`);
  }
  return lines.join('\n');
}

/** Tokens and refused requests are of no environment, and have a chain of their own. */
function environmentOf({ environment }: NonNullable<AuditReport['break']>): string | undefined {
  if (environment === undefined) return undefined;
  return environment === '' ? 'what is of no environment' : `environment ${environment}`;
}

export interface ExportOptions {
  readonly since?: string;
  readonly after?: number;
  readonly env?: string;
  readonly installation?: boolean;
}

export async function exportCommand(context: CliContext, options: ExportOptions): Promise<ExitCode> {
  const since = options.since === undefined ? {} : { since: timeOf(options.since) };
  return withDoor(context, async (door) => {
    const environment = options.installation === true ? '' : await chooseEnvironment(door, options.env);
    for (let after = options.after ?? 0; ; ) {
      if (context.signal.aborted) return exitCodes.interrupted;
      const { lines, next } = await door.operations.exportAudit({ environment, after, ...since });
      for (const line of lines) jsonLine(context.terminal, line);
      // Else a record of years would pile up in memory before a slow reader.
      await context.terminal.drained();
      if (next === null) return exitCodes.success;
      after = next;
    }
  });
}

function timeOf(text: string): string {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  throw new TerminalError(`${JSON.stringify(text)} is not a time.`, {
    code: 'cli.usage',
    help: 'Write it as 2026-03-31T08:00Z.',
    exit: exitCodes.usage,
  });
}

export interface AnchorOptions {
  readonly print?: boolean;
  readonly env?: string;
  readonly output: string;
}

export async function anchorCommand(context: CliContext, options: AnchorOptions): Promise<ExitCode> {
  const { terminal } = context;
  return withDoor(context, async (door) => {
    const environment = await chooseEnvironment(door, options.env);
    const anchor = await door.operations.anchorAudit({ environment, write: options.print !== true });
    if (options.print === true || options.output === 'json') json(terminal, anchor);
    else if ('ref' in anchor)
      terminal.out(
        `${anchor.ref} is ${anchor.commit.slice(0, 12)}: ${plural(anchor.seq, 'link')} of ${neutral(environment)}.`,
      );
    return exitCodes.success;
  });
}
