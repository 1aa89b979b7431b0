import type { Json } from '../manifest/json.ts';
import type { RunError } from './executor.ts';
import { StepFailure } from './halt.ts';
import type { RunJournal } from './journal.ts';
import { nodeOf } from './place.ts';
import { attemptPath } from './retry.ts';

// Facts are what came out by time or by the order of arrival: they stand in the journal before anything follows from
// them, and an execution that takes the run up reads them first. A fact of a place has a path of its own:
//
//   place/join    the sources that a join saw which does not wait for all, in order
//   place/retry   an attempt failed and another follows, after a pause in milliseconds
//   place/end     the node failed for good and the graph went on
//   place/cause   why the graph failed, and what was done by then: what its `onFailure` node is given
//
// A failure that is forgiven stays in the journal; the next one of its place stands beside it, as `place/end~2`.

/** The sources that a join saw. */
export function joinSeen(journal: RunJournal, place: string): readonly string[] | undefined {
  const body = journal.recorded(`${place}/join`)?.result?.body;
  // The journal's own text.
  return body === undefined ? undefined : (JSON.parse(body) as readonly string[]);
}

export function recordJoin(journal: RunJournal, place: string, sources: readonly string[]): void {
  const path = `${place}/join`;
  journal.result({ ...entryOf(place, path), kind: 'join', outcome: 'done', body: JSON.stringify(sources) });
}

export interface Failed {
  readonly error: RunError;
  readonly body: Json;
}

/** A failure that was written down for a place. */
export function failureSeen(journal: RunJournal, place: string, fact: FailureFact): Failed | undefined {
  const result = journal.recorded(failurePath(journal, place, fact))?.result;
  if (result === undefined) return undefined;
  const { error, body } = result;
  if (error === undefined || body === undefined) throw damaged(place, fact);
  const { at, value } = JSON.parse(body) as { readonly at: Pick<RunError, 'node' | 'path'>; readonly value: Json };
  return { error: { code: error.code, message: error.message, ...at }, body: value };
}

type FailureFact = 'retry' | 'end' | 'cause';

/** Where the failure stands that counts, or is to be written. */
function failurePath(journal: RunJournal, place: string, fact: FailureFact): string {
  const path = `${place}/${fact}`;
  let number = 1;
  while (journal.forgives(attemptPath(path, number))) number += 1;
  return attemptPath(path, number);
}

export function recordFailure(
  journal: RunJournal,
  { place, fact }: { readonly place: string; readonly fact: FailureFact },
  { error, body }: Failed,
): void {
  const { code, message, node, path: failed } = error;
  const at = { ...(node === undefined ? {} : { node }), ...(failed === undefined ? {} : { path: failed }) };
  const entry = { ...entryOf(place, failurePath(journal, place, fact)), kind: 'node', outcome: 'failed' } as const;
  journal.result({ ...entry, error: { code, message }, body: JSON.stringify({ at, value: body }) });
}

function entryOf(place: string, path: string) {
  const step = place.slice(place.lastIndexOf('>') + 1);
  return { phase: 'result', path, node: place, target: nodeOf(step) } as const;
}

function damaged(place: string, fact: string): StepFailure {
  const message = `The journal’s row ${place}/${fact} says of no failure.`;
  return new StepFailure({ code: 'run.diverged', message, node: place });
}
