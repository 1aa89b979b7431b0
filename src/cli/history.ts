import type { RevisionRecord } from '../api/operations.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { shortId } from './status.ts';
import { renderTable } from './table.ts';

export interface HistoryOptions {
  readonly env?: string;
  readonly limit: number;
  readonly output: string;
}

export async function historyCommand(context: CliContext, options: HistoryOptions): Promise<ExitCode> {
  const { terminal } = context;
  return withDoor(context, async (door) => {
    const environment = await chooseEnvironment(door, options.env);
    const revisions = await door.operations.history({ environment, limit: options.limit });
    if (options.output === 'json') json(terminal, { environment, revisions });
    else if (revisions.length === 0) terminal.note(`Nothing was applied to ${environment} yet.`);
    else
      terminal.out(
        renderTable(
          ['REVISION', 'APPLIED', 'BY', 'COMMIT', 'CHANGES', 'RETURNS TO', 'SUBJECT'],
          revisions.map(row),
          terminal.tableWidth,
        ),
      );
    return exitCodes.success;
  });
}

function row(record: RevisionRecord): readonly string[] {
  const { add, change, remove, move } = record.summary;
  return [
    String(record.revision),
    record.appliedAt.replace(/\.\d+Z$/, 'Z'),
    record.appliedBy,
    shortId(record.commit),
    `+${add} ~${change} -${remove}${move > 0 ? ` >${move}` : ''}`,
    record.revertOf === undefined ? '-' : String(record.revertOf),
    record.subject,
  ];
}
