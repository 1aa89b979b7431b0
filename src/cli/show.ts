import type { RevisionRecord } from '../api/operations-revision.ts';
import type { ShownRevision } from '../api/operations-revision.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { riskNames } from '../manifest/risk-codes.ts';
import { resourceChange } from '../plan/render/json.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { plural } from './plural.ts';
import { countChanges, countsText, renderChanges } from './render-comparison.ts';
import { revisionNumber } from './rollback.ts';
import { hanging } from './wrap.ts';

export interface ShowOptions {
  readonly revision: string;
  readonly env?: string;
  readonly output: string;
}

/** What one revision changed, by whom, when and of which commit. */
export async function showCommand(context: CliContext, options: ShowOptions): Promise<ExitCode> {
  const revision = revisionNumber(options.revision);
  const { terminal } = context;
  return withDoor(context, async (door) => {
    const environment = await chooseEnvironment(door, options.env);
    const shown = await door.operations.show({ environment, revision });
    const { record, changes, acknowledgements } = shown;
    if (options.output === 'json') {
      json(terminal, { environment, ...record, changes: changes.map(resourceChange), acknowledgements });
    } else terminal.out(textOf(context, environment, shown));
    return exitCodes.success;
  });
}

function textOf({ terminal }: CliContext, environment: string, shown: ShownRevision): string {
  const { record, changes, acknowledgements } = shown;
  const { width, color, colors } = terminal;
  const agreed = acknowledgements.map(
    ({ id, by, at, reason }) =>
      `Agreed:    ${neutral(`${named(id)} by ${by} at ${at}${reason === '' ? '' : `: ${reason}`}`)}`,
  );
  const head = [
    `Commit:    ${neutral(`${record.commit.slice(0, 12)} ${record.subject}`)}`,
    `Applied:   ${neutral(`${record.appliedAt} by ${record.appliedBy}`)}`,
    ...noteLines(record),
    ...agreed,
  ];
  return [
    colors.bold(`Revision ${record.revision} of ${neutral(environment)}`),
    ...head.map((line) => hanging(line, width)),
    '',
    ...(changes.length === 0 ? [] : [renderChanges({ changes, width, color }), '']),
    `Changed: ${countsText(countChanges(changes))}.`,
  ].join('\n');
}

/** `R1-3f2a access.widened`; guards and the first apply are named by their ids. */
function named(id: string): string {
  const name = riskNames[Number(/^R(\d+)-/.exec(id)?.[1] ?? 0) - 1];
  return name === undefined ? id : `${id} ${name}`;
}

function noteLines({ rollback, revertOf, quarantine }: RevisionRecord): readonly string[] {
  const lines: string[] = [];
  if (rollback !== undefined) {
    const why = rollback.reason === '' ? '' : `: ${rollback.reason}`;
    lines.push(neutral(`Rollback:  from revision ${rollback.from} to the content of revision ${rollback.to}${why}`));
  } else if (revertOf !== undefined) lines.push(`Returns:   to what revision ${revertOf} said`);
  if (quarantine !== undefined) {
    const released = quarantine.released === 0 ? '' : `, ${quarantine.released} released`;
    lines.push(`Quarantine: ${plural(quarantine.held, 'content')} held${released}`);
  }
  return lines;
}
