import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { chooseEnvironment, type CliContext, json, withDoor } from './context.ts';
import { renderTable } from './table.ts';

export interface ProposalsOptions {
  readonly env?: string;
  readonly output: string;
}

/** The pull requests that pawl opened for an environment, and what became of them. */
export async function proposalsCommand(context: CliContext, options: ProposalsOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { environment, proposals } = await withDoor(context, async (door) => {
    const chosen = await chooseEnvironment(door, options.env);
    return { environment: chosen, proposals: await door.operations.proposals(chosen) };
  });
  if (options.output === 'json') json(terminal, { environment, proposals });
  else if (proposals.length === 0) terminal.out(`pawl opened no pull request for ${neutral(environment)}.`);
  else {
    const rows = proposals.map(({ kind, subject, state, repository, number, askedBy, reason = '' }) => [
      subject === '' ? kind : `${kind} ${subject}`,
      state,
      number === undefined ? '' : `${repository}#${number}`,
      askedBy,
      reason,
    ]);
    terminal.out(renderTable(['what', 'state', 'pull request', 'asked by', 'why'], rows, terminal.width));
  }
  return exitCodes.success;
}
