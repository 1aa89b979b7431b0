import type { RevisionRecord } from '../api/operations-revision.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { plural } from './plural.ts';
import { shortId } from './status.ts';
import { renderTable } from './table.ts';

export interface HistoryOptions {
  readonly env?: string;
  readonly limit: number;
  readonly before?: number;
  readonly output: string;
}

export async function historyCommand(context: CliContext, options: HistoryOptions): Promise<ExitCode> {
  const { terminal } = context;
  return withDoor(context, async (door) => {
    const environment = await chooseEnvironment(door, options.env);
    const revisions = await door.operations.history({
      environment,
      limit: options.limit,
      ...(options.before === undefined ? {} : { before: options.before }),
    });
    if (options.output === 'json') json(terminal, { environment, revisions });
    else if (revisions.length === 0) terminal.note(`Nothing was applied to ${environment} yet.`);
    else
      terminal.out(
        renderTable(
          ['REVISION', 'APPLIED', 'BY', 'COMMIT', 'CHANGES', 'RETURNS TO', 'WHY'],
          revisions.map(row),
          terminal.tableWidth,
        ),
      );
    if (options.output !== 'json') hintAtMore(context, options, revisions);
    return exitCodes.success;
  });
}

function hintAtMore({ terminal }: CliContext, { limit }: HistoryOptions, revisions: readonly RevisionRecord[]): void {
  const oldest = revisions.at(-1)?.revision ?? 1;
  if (revisions.length === limit && oldest > 1) terminal.note(`Older ones: pawl history --before ${oldest}`);
}

function row(record: RevisionRecord): readonly string[] {
  const { add, change, remove, move } = record.summary;
  return [
    String(record.revision),
    record.appliedAt.replace(/\.\d+Z$/, 'Z'),
    record.appliedBy,
    shortId(record.commit),
    `+${add} ~${change} -${remove}${move > 0 ? ` >${move}` : ''}`,
    String(record.rollback?.to ?? record.revertOf ?? '-'),
    `${whyOf(record)}${overrunsOf(record)}`,
  ];
}

function overrunsOf({ overruns = 0, trialOverruns = 0 }: RevisionRecord): string {
  if (overruns === 0) return '';
  return ` (${plural(overruns, 'budget overrun')}${trialOverruns === 0 ? '' : `, ${trialOverruns} on trial`})`;
}

/** The commit's subject; of a rollback its reason, and what is left of its quarantine. */
function whyOf({ rollback, quarantine, subject }: RevisionRecord): string {
  if (rollback === undefined) return subject;
  const held = quarantine !== undefined && quarantine.held > 0 ? ` (${quarantine.held} quarantined)` : '';
  return `rollback${held}${rollback.reason === '' ? '' : `: ${rollback.reason}`}`;
}
