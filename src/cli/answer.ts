import type { AnswerRequest, QuestionRecord } from '../api/operations-answer.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { readInput } from './input.ts';
import { neutral } from '../manifest/neutral.ts';
import { questionText } from './question-text.ts';
import { workOn } from './work-on.ts';

export interface AnswerOptions {
  readonly run: string;
  readonly place: string | undefined;
  readonly approve?: boolean;
  readonly deny?: string;
  readonly changes?: string;
  readonly set?: readonly string[];
  readonly form?: string;
  readonly text?: string;
  readonly output: string;
}

/** Shows what is asked, exactly, and then answers it: nobody decides on what they did not see. */
export async function answerCommand(context: CliContext, options: AnswerOptions): Promise<ExitCode> {
  const { terminal } = context;
  const { run, place } = options;
  const given = await givenBy(context, options);
  return withDoor(context, async (door) => {
    const { operations } = door;
    const open = (await operations.questionsOf(run)).filter((one) => one.answered === undefined);
    for (const question of open.filter((one) => isMeant(one, place))) terminal.note(questionText(question));
    if (given === undefined) throw undecided(open);
    const answered = await operations.answer({ run, ...given, ...(place === undefined ? {} : { place }) });
    const isOpen = answered.outcome === 'open';
    if (options.output === 'json') json(terminal, answered);
    else if (isOpen) terminal.out(`Noted at ${neutral(answered.place)}: more people must approve.`);
    else terminal.out(`Answered at ${neutral(answered.place)} of run ${answered.run}.`);
    if (!isOpen) await workOn(context, door, answered.run);
    return exitCodes.success;
  });
}

function isMeant(question: QuestionRecord, place: string | undefined): boolean {
  return place === undefined || question.place === place || question.place.startsWith(place);
}

type Given = Pick<AnswerRequest, 'as' | 'form' | 'text'>;

async function givenBy(context: CliContext, options: AnswerOptions): Promise<Given | undefined> {
  const { approve, deny, changes, set, form, text } = options;
  const isForm = set !== undefined || form !== undefined;
  const ways = [approve === true, deny !== undefined, changes !== undefined, isForm, text !== undefined];
  if (ways.filter(Boolean).length > 1) throw usage('One answer is wanted.', 'Leave one of the flags out.');
  if (approve === true) return { as: 'approve' };
  if (deny !== undefined) return { as: 'deny', text: deny };
  if (changes !== undefined) return { as: 'changes', text: changes };
  if (text !== undefined) return { as: 'form', form: text };
  if (!isForm) return undefined;
  const words = { ...(set === undefined ? {} : { set }), ...(form === undefined ? {} : { input: form }) };
  return { as: 'form', form: await readInput(words, { cwd: context.cwd, stdin: context.stdin }) };
}

function undecided(open: readonly QuestionRecord[]): TerminalError {
  const kinds = new Set(open.map(({ kind }) => kind));
  const flags = [
    ...(kinds.has('review') ? ['--approve, --deny REASON or --changes TEXT'] : []),
    ...(kinds.has('human') ? ['-i KEY=VALUE, --form FILE or --text ANSWER'] : []),
  ];
  if (flags.length === 0) return usage('The run asks nobody anything.', 'Look at `pawl waits`.');
  return usage('What is the answer?', `Give ${flags.join('; for a form ')}.`);
}

function usage(message: string, help: string): TerminalError {
  return new TerminalError(message, { code: 'cli.usage', help, exit: exitCodes.usage });
}
