import type { QuestionRecord } from '../api/operations-answer.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { chooseEnvironment, json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { asksText, questionText } from './question-text.ts';
import { renderTable } from './table.ts';

export interface WaitsOptions {
  readonly run: string | undefined;
  readonly env?: string;
  readonly limit: number;
  readonly output: string;
}

export async function waitsCommand(context: CliContext, options: WaitsOptions): Promise<ExitCode> {
  const { run, limit } = options;
  const questions = await withDoor(context, async (door) => {
    if (run !== undefined) return door.operations.questionsOf(run);
    return door.operations.questions({ environment: await chooseEnvironment(door, options.env), limit });
  });
  const { terminal } = context;
  if (options.output === 'json') json(terminal, { questions });
  else if (questions.length === 0)
    terminal.note(
      run === undefined
        ? 'Nobody is asked to answer. Calls that wait for approvals: pawl get approvals.'
        : 'The run asked nobody anything.',
    );
  else if (run === undefined) terminal.out(listText(questions, terminal.tableWidth));
  else terminal.out(questions.map((question) => questionText(question)).join('\n\n'));
  return exitCodes.success;
}

function listText(questions: readonly QuestionRecord[], width: number): string {
  const rows = questions.map((one) => [
    one.run,
    one.place,
    one.kind === 'human' ? 'form' : 'review',
    asksText(one),
    one.dueAt ?? '',
  ]);
  return renderTable(['RUN', 'PLACE', 'WANTS', 'OF', 'UNTIL'], rows, width);
}
