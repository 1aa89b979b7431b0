import type { JsonObject } from '../manifest/json.ts';
import type { NewWait } from './executor.ts';
import type { RecordedRow } from './journal-entry.ts';
import { Halted, StepFailure, Suspended } from './halt.ts';
import { assertGoing, type Scope } from './scope.ts';

/** What is asked of people at a place. */
export interface Question {
  readonly place: string;
  readonly kind: 'human' | 'review';
  readonly ttlMs: number;
  /** What they are shown, and who may answer. */
  readonly detail: JsonObject;
}

/** Where the answer to a question stands in the journal. */
export function questionPath({ place, kind }: Pick<Question, 'place' | 'kind'>): string {
  return `${place}/${kind}`;
}

/**
 * The answer that people gave, from the journal. Without one the question is put to them at once, though other branches
 * go on, and the branch waits. A question that nobody answered in time fails, which is written before it is believed:
 * an answer may have been on its way.
 */
export async function askPeople(question: Question, scope: Scope): Promise<RecordedRow> {
  const path = questionPath(question);
  const answer = scope.journal.recorded(path)?.result;
  if (answer !== undefined) return answer.outcome === 'done' ? answer : fail(question, answer);
  const { kind, ttlMs, detail } = question;
  const known = scope.waits.get(path);
  if (known === undefined) {
    assertGoing(scope);
    const wait: NewWait = { path, kind, delayMs: ttlMs, detail };
    scope.journal.ask(wait);
    throw new Suspended([wait]);
  }
  if (known.remainingMs > 0) throw new Suspended([{ path, kind, delayMs: known.remainingMs }]);
  return expire(question, scope);
}

async function expire(question: Question, scope: Scope): Promise<never> {
  assertGoing(scope);
  const error = expiredError(question);
  const path = questionPath(question);
  const row = { phase: 'result', path, node: question.place, kind: 'human', target: '', outcome: 'failed' } as const;
  // Somebody answered since the claim: the run is taken up again, and the journal says who came first.
  if ((await scope.journal.settle({ ...row, error })) === 'answered') throw new Halted('stopped');
  throw new StepFailure({ ...error, node: question.place, path });
}

function expiredError({ kind, place }: Question) {
  return kind === 'human'
    ? { code: 'human.expired', message: `Nobody answered at ${place} in time.` }
    : { code: 'review.expired', message: `Nobody decided on the output of ${place} in time.` };
}

function fail({ place }: Question, { path, error }: RecordedRow): never {
  const { code, message } = error ?? { code: 'run.failed', message: 'The journal does not say why nobody answered.' };
  throw new StepFailure({ code, message, node: place, path });
}
