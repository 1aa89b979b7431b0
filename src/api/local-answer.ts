import { channels } from '../bus/bus.ts';
import { readEnvironment } from '../controller/environments.ts';
import type { ControlPlane } from '../controller/planning.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { objectAt } from '../manifest/manifest-reference.ts';
import type { Rules } from '../manifest/rules.ts';
import { personKey, standingOf } from '../plan/approvers.ts';
import type { Person } from '../policy/person.ts';
import { schemaCompiler } from '../policy/schema.ts';
import { nodeOf, stepsOf } from '../run/place.ts';
import { type NewAnswer, type QuestionRow, readOpenQuestions, readQuestions, writeAnswer } from '../store/answer.ts';
import { listResources } from '../store/listing.ts';
import { readRun } from '../store/run.ts';
import type { AnswerOperations, AnswerRecord, AnswerRequest, QuestionRecord } from './operations-answer.ts';

export function answerOperations(
  plane: ControlPlane,
  person: Person,
  known: (name: string) => Promise<string>,
): AnswerOperations {
  const { database } = plane;
  return {
    questions: async (request) => {
      const environment = await known(request.environment);
      const rows = await readOpenQuestions(database, { ...request, environment });
      return rows.map(questionRecord);
    },
    questionsOf: async (run) => (await readQuestions(database, (await readRun(database, run)).id)).map(questionRecord),
    answer: (request) => answer(plane, person, request),
  };
}

async function answer(plane: ControlPlane, person: Person, request: AnswerRequest): Promise<AnswerRecord> {
  const { database } = plane;
  const run = await readRun(database, request.run);
  if (run.ended_at !== null) throw refused('run.ended', `Run ${run.id} has ended (${run.state}); it asks nothing.`);
  const question = chosen(await readQuestions(database, run.id), request);
  await assertAsked(plane, person, question);
  const given = givenBy(person, request, question);
  const place = placeOf(question);
  const outcome = await writeAnswer(database, given);
  // Somebody else was quicker, or the time ran out between reading and writing: the rows say which.
  if (outcome === undefined) throw await lateness(plane, question, given);
  await database.notify(channels.ready, run.pool).catch(() => undefined);
  return { run: run.id, place, outcome };
}

/** The question that is meant. Of those that are answered only the last is looked at, to say so. */
function chosen(questions: readonly QuestionRow[], { run, place }: AnswerRequest): QuestionRow {
  const meant = questions.filter((one) => place === undefined || isAt(one, place));
  const open = meant.filter(({ resolution }) => resolution === null);
  const [only, second] = open;
  if (only !== undefined && second === undefined) return only;
  if (second !== undefined) {
    const places = open.map(placeOf).join(', ');
    throw refused('answer.ambiguous', `Run ${run} asks at ${open.length} places: ${places}.`);
  }
  const last = meant.at(-1);
  const where = place === undefined ? '' : ` at ${JSON.stringify(place.slice(0, 200))}`;
  if (last === undefined || last.resolution === null)
    throw refused('answer.not_asked', `Run ${run} asks nobody anything${where}.`);
  const { by, as } = last.resolution;
  throw refused('answer.not_asked', `The question at ${placeOf(last)} of run ${run} was answered by ${by} (${as}).`);
}

function isAt(question: QuestionRow, place: string): boolean {
  const own = placeOf(question);
  const [node = ''] = (stepsOf(own).at(-1) ?? '').split('/');
  return own === place || nodeOf(node) === place;
}

function givenBy({ name: by }: Person, request: AnswerRequest, question: QuestionRow): NewAnswer {
  const { as, text } = request;
  const { run, path, kind, detail } = question;
  const common = { run, path, by, key: personKey(by), min: numberIn(detail, 'min') ?? 1 };
  if ((kind === 'human') !== (as === 'form')) {
    const wanted = kind === 'human' ? 'a form to be filled in' : 'its output to be approved, denied or changed';
    throw refused('answer.wrong_kind', `${placeOf(question)} of run ${run} wants ${wanted}.`);
  }
  if (as === 'form') return { ...common, as: 'filled', output: fitting(request.form as Json, detail['form']) };
  if (as === 'approve') return { ...common, as };
  if (as === 'changes' && (numberIn(detail, 'changesLeft') ?? 0) === 0) {
    throw refused('review.cycles', `No further changes to the output of ${placeOf(question)} may be asked for.`);
  }
  if (text === undefined || text.trim() === '' || text.includes('\0')) {
    throw refused('answer.invalid', `${as === 'deny' ? 'A denial' : 'Asking for changes'} needs a text that says why.`);
  }
  return { ...common, as, text };
}

function fitting(form: Json | undefined, schema: Json | undefined): Json {
  if (form === undefined) throw refused('answer.invalid', 'The answer holds no form.');
  if (!isJsonObject(schema))
    throw refused('answer.invalid', 'The question has no form that an answer can be held against.');
  const verdict = schemaCompiler().compile(schema)(form);
  if (verdict.kind === 'valid') return form;
  const where =
    verdict.kind === 'invalid' && verdict.pointer !== '' ? `The answer at ${verdict.pointer}` : 'The answer';
  throw refused('answer.invalid', `${where} ${verdict.message}.`);
}

/** By the rules of the environment's own branch: whoever is asked may not say so themselves. */
async function assertAsked(plane: ControlPlane, person: Person, question: QuestionRow): Promise<void> {
  const { rules } = await readEnvironment(plane.repository, question.environment);
  for (const { groups, users } of [assigneesIn(question.detail), ...(await liveAssignees(plane, question))]) {
    // A question that names nobody is nobody's: no empty list and no damaged row lets everybody decide.
    if (groups.length + users.length === 0) throw refused('answer.not_assigned', 'The question names nobody.');
    const standing = standingOf(person, { groups, users, min: 1 }, rules ?? noRules);
    if (!standing.may) throw refused('answer.not_assigned', standing.why);
  }
}

/** Of a call: whom the tool asks now. Whoever was taken off it since may not answer, and of a tool that is gone nobody. */
async function liveAssignees(
  { database }: ControlPlane,
  { environment, detail }: QuestionRow,
): Promise<readonly QuestionRecord['assignees'][]> {
  const { tool } = detail;
  if (typeof tool !== 'string') return [];
  const [namespace = '', name = ''] = tool.split('/');
  const [live] = await listResources(database.db, { environment, kind: 'Tool', namespace, name });
  const spec = live === undefined ? {} : objectAt(live.manifest, 'spec');
  return [assigneesIn(objectAt(spec, 'human'))];
}

const noRules: Rules = { groups: {}, ownership: [], approvals: {}, guards: {} as Rules['guards'] };

async function lateness({ database }: ControlPlane, asked: QuestionRow, { key }: NewAnswer): Promise<TerminalError> {
  const now = (await readQuestions(database, asked.run)).find(({ path }) => path === asked.path) ?? asked;
  const place = placeOf(now);
  if (now.ended) return refused('run.ended', `Run ${now.run} has ended (${now.state}); it asks nothing.`);
  if (now.resolution !== null) {
    const { by, as } = now.resolution;
    return refused('answer.not_asked', `The question at ${place} of run ${now.run} was answered by ${by} (${as}).`);
  }
  if (now.votes.some((vote) => vote.key === key)) {
    return refused('answer.voted', `You have decided on the output of ${place} already.`);
  }
  return refused('answer.expired', `The time to answer at ${place} of run ${now.run} is over.`);
}

const helps = {
  'run.ended': 'Submit a new run if the work is still wanted.',
  'answer.ambiguous': 'Name one: `pawl answer RUN PLACE`.',
  'answer.invalid': 'Look at `pawl waits RUN`.',
} as const;

function refused(code: string, message: string): TerminalError {
  const help = code in helps ? helps[code as keyof typeof helps] : 'Look at `pawl waits`.';
  const exit = code === 'answer.not_assigned' ? exitCodes.unauthorised : exitCodes.conflict;
  return new TerminalError(message, { code, help, exit });
}

function questionRecord(row: QuestionRow): QuestionRecord {
  const { run, environment, system, kind, detail, votes, resolution } = row;
  const form = detail['form'];
  return {
    run,
    environment,
    system,
    place: placeOf(row),
    kind,
    since: row.created_at.toISOString(),
    dueAt: row.due_at?.toISOString(),
    ...toolIn(detail),
    shown: detail['shown'],
    form: isJsonObject(form) ? form : undefined,
    assignees: assigneesIn(detail),
    min: numberIn(detail, 'min') ?? 1,
    changesLeft: numberIn(detail, 'changesLeft'),
    votes: votes.map(({ by, as, at }) => ({ by, as, at })),
    answered: resolution ?? undefined,
  };
}

function placeOf({ path }: Pick<QuestionRow, 'path'>): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function toolIn({ tool, asks, by }: JsonObject): Pick<QuestionRecord, 'tool'> {
  if (typeof tool !== 'string') return {};
  return { tool: { name: tool, asks: typeof asks === 'string' ? asks : '', by: typeof by === 'string' ? by : '' } };
}

function numberIn(detail: JsonObject, field: string): number | undefined {
  const value = detail[field];
  return typeof value === 'number' ? value : undefined;
}

function assigneesIn(detail: JsonObject): QuestionRecord['assignees'] {
  const named = detail['assignees'];
  const list = (value: Json | undefined) =>
    Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
  if (!isJsonObject(named)) return { groups: [], users: [] };
  return { groups: list(named['groups']), users: list(named['users']) };
}
