import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Entitlement } from '../plan/entitlement.ts';
import { askAccess, askLines, entitlementJson, originLines, type WorldOptions } from './access-world.ts';
import { json } from './context.ts';
import type { CliContext } from './context.ts';
import { renderTable } from './table.ts';

export interface WhoCanOptions extends WorldOptions {
  readonly tool: string;
  readonly all?: true;
  readonly output: string;
}

/** Everybody whose calls of a tool or model pass the rules. */
export async function whoCanCommand(context: CliContext, options: WhoCanOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { target, rows: answers } = await askAccess(context, options, { tool: options.tool });
  const rows = answers.map(({ entitlement }) => entitlement);
  const allowed = rows.filter(({ verdict }) => verdict.kind !== 'deny');
  // Who does not even list it asks for nothing: that is everybody else.
  const others = rows.filter((row) => row.verdict.kind === 'deny' && !isUnlisted(row));
  const shown = options.all === true ? [...allowed, ...others] : allowed;
  if (options.output === 'json') {
    json(terminal, { target: target.kind, name: target.name, callers: shown.map(entitlementJson) });
  } else if (shown.length === 0) terminal.out(`Nobody may call ${neutral(target.name)}.`);
  else {
    const lines = shown.map((row) => [
      row.subject,
      row.system,
      row.verdict.kind,
      row.operations.join(', ') || '-',
      [...originLines(row), ...askLines(row.asks)].join('; '),
    ]);
    terminal.out(renderTable(['WHO', 'SYSTEM', 'VERDICT', 'OPERATIONS', 'BY'], lines, terminal.tableWidth));
  }
  return allowed.length === 0 ? exitCodes.findings : exitCodes.success;
}

function isUnlisted({ subject, verdict }: Entitlement): boolean {
  return verdict.rule === subject && verdict.reason !== 'policy.not_granted';
}
