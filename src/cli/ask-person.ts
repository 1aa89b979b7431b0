import type { QuestionRecord } from '../api/operations-answer.ts';
import type { ResolveRequest, RunRecord } from '../api/operations.ts';
import { exitCodes, isPawlError, TerminalError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Door } from './app-port.ts';
import { approvalText } from './approval-text.ts';
import type { CliContext } from './context.ts';
import { jsonOrText, parseJsonInput } from './input.ts';
import { questionText } from './question-text.ts';

interface Asking {
  readonly terminal: CliContext['terminal'];
  readonly door: Door;
  readonly run: RunRecord;
}

type Wait = RunRecord['waits'][number];

/** Whoever mistypes is asked again, and not for ever. */
const triesMax = 5;
const unused = 'an answer';
/** More than a run waits for at once. */
const approvalsMax = 1_000;

/**
 * Asks on the terminal for the first thing that the person here can give the run, after showing exactly what it is about.
 * False: nothing more can be said here, so that the run goes on waiting.
 */
export async function askPerson(asking: Asking): Promise<boolean> {
  for (const wait of asking.run.waits) {
    const ask = asks[wait.kind];
    if (ask !== undefined && (await untilTaken(asking.terminal, () => ask(asking, wait)))) return true;
  }
  return false;
}

const asks: Readonly<Partial<Record<Wait['kind'], (asking: Asking, wait: Wait) => Promise<boolean>>>> = {
  approval: askApproval,
  human: askQuestion,
  review: askQuestion,
  unknown: askOutcome,
};

/** Of what was typed: something else may fit. Whoever may not answer, or is too late, is so whatever is typed. */
const misfits: ReadonlySet<string> = new Set(['answer.invalid', 'api.invalid_request', 'cli.usage']);
/** Nothing is answered any more. */
const unanswered: ReadonlySet<string> = new Set(['cli.declined', 'cli.not_interactive']);

/** What is refused is said; what does not fit is asked again. */
async function untilTaken(terminal: Asking['terminal'], ask: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (cause) {
      const isMisfit = isPawlError(cause) && misfits.has(cause.code);
      if (!isPawlError(cause) || unanswered.has(cause.code) || (isMisfit && attempt === triesMax)) throw cause;
      terminal.note(`${neutral(cause.message)}${cause.help === undefined ? '' : ` ${neutral(cause.help)}`}`);
      if (!isMisfit) return false;
    }
  }
}

/** The call or the execution of a node that it is about. */
function aboutOf({ path }: Wait): string {
  return path.slice(0, path.lastIndexOf('/'));
}

async function askApproval({ terminal, door: { operations }, run }: Asking, wait: Wait): Promise<boolean> {
  const asked = { environment: run.environment, run: run.id, limit: approvalsMax };
  const record = (await operations.approvals(asked)).find(({ path }) => path === aboutOf(wait));
  if (record === undefined) return false;
  terminal.note(`\n${approvalText(record, { isAskedHere: true })}`);
  const called = `Let ${neutral(record.action.tool)} be called with exactly this`;
  const more = record.batch === undefined ? '' : ', and with what else it releases';
  const answer = await terminal.ask(`\n${called}${more}? Only "yes" is taken for it: `, unused);
  const about = { id: record.id, digest: record.actionDigest };
  if (answer === 'yes') {
    const { state } = await operations.decideApproval({ ...about, as: 'approve' });
    return state !== 'pending' || moreNeeded(terminal);
  }
  const reason = await terminal.ask('Denied. Why? ', unused);
  await operations.decideApproval({ ...about, as: 'deny', text: reason === '' ? 'No reason was given.' : reason });
  return true;
}

/** The same person counts once. */
function moreNeeded(terminal: Asking['terminal']): boolean {
  terminal.note('It counts, and more people must approve.');
  return false;
}

async function askQuestion({ terminal, door: { operations }, run }: Asking, wait: Wait): Promise<boolean> {
  const open = (await operations.questionsOf(run.id)).filter(({ answered }) => answered === undefined);
  const question = open.find(({ place }) => place === aboutOf(wait));
  if (question === undefined) return false;
  terminal.note(`\n${questionText(question, { isAskedHere: true })}`);
  const given = question.kind === 'review' ? await askReview(terminal, question) : await askForm(terminal, question);
  const { outcome } = await operations.answer({ run: run.id, place: question.place, ...given });
  return outcome === 'decided' || moreNeeded(terminal);
}

async function askReview(terminal: Asking['terminal'], { changesLeft = 0 }: QuestionRecord) {
  const words = changesLeft > 0 ? 'approve, deny REASON or changes TEXT' : 'approve or deny REASON';
  for (let attempt = 1; attempt < triesMax; attempt += 1) {
    const answer = await terminal.ask(`\n${words}: `, unused);
    if (answer === 'approve') return { as: 'approve' } as const;
    const [, verb, text = ''] = /^(deny|changes) (.+)$/.exec(answer) ?? [];
    if (verb === 'deny') return { as: 'deny', text } as const;
    if (verb === 'changes' && changesLeft > 0) return { as: 'changes', text } as const;
    terminal.note(`That is none of: ${words}.`);
  }
  // Nobody has decided: what is mistyped is no vote.
  throw new TerminalError('No answer was given.', {
    code: 'cli.declined',
    help: 'Run it again, and answer.',
    exit: exitCodes.unexpected,
  });
}

/** Field by field where the form has fields, else as text or JSON. */
async function askForm(terminal: Asking['terminal'], { form }: QuestionRecord) {
  if (form === undefined || form['type'] === 'string')
    return { as: 'form', form: await terminal.ask('\nanswer: ', unused) } as const;
  const fields = form['properties'];
  if (!isJsonObject(fields))
    return { as: 'form', form: parseJsonInput(await terminal.ask('\nanswer, as JSON: ', unused), 'It') } as const;
  const filled: Record<string, Json> = {};
  for (const [name, field] of Object.entries(fields)) {
    const text = await terminal.ask(`${neutral(name)}${hintOf(name, field, form)}: `, unused);
    if (text !== '') filled[name] = isText(field) ? text : jsonOrText(text);
  }
  return { as: 'form', form: filled } as const;
}

function isText(field: Json): boolean {
  return isJsonObject(field) && field['type'] === 'string';
}

function hintOf(name: string, field: Json, form: JsonObject): string {
  const { type, enum: values } = isJsonObject(field) ? field : {};
  const one = Array.isArray(values)
    ? values.map((value: Json) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' | ')
    : type;
  const required: Json = form['required'] ?? [];
  const words = [
    ...(typeof one === 'string' ? [neutral(one)] : []),
    ...(Array.isArray(required) && required.includes(name) ? [] : ['may be left out']),
  ];
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

const outcomes: Readonly<Record<string, ResolveRequest['as']>> = { done: 'done', failed: 'failed', again: 'again' };

/** Nobody knows whether the call had its effect: a person looks there. */
async function askOutcome({ terminal, door: { operations }, run }: Asking, { path }: Wait): Promise<boolean> {
  terminal.note(`\nThe call ${neutral(path)} may have had its effect. Look there, and say what became of it.`);
  const answer = await terminal.ask('done, failed or again: ', unused);
  const as = outcomes[answer];
  if (as === undefined) {
    terminal.note('That is none of: done, failed, again.');
    return true;
  }
  await operations.resolve({ run: run.id, path, as });
  return true;
}
