import type { BundleReview } from '../manifest/bundle-people.ts';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import type { Earlier } from './earlier.ts';
import type { RecordedRow } from './journal-entry.ts';
import { StepFailure } from './halt.ts';
import type { NodeStart, Wrapper } from './node-start.ts';
import { askPeople } from './people.ts';

/**
 * People approve the output of a node, deny it, or ask for changes: then it runs again, at the place of the next cycle,
 * and is told its last output and what they said.
 */
export const reviewed: Wrapper = async (start, scope, inner) => {
  const { review } = start.node;
  if (review === undefined) return inner(start, scope);
  let current = start;
  for (let cycle = 1; ; cycle += 1) {
    const output = await inner(current, scope);
    const { place } = current;
    const detail = detailOf(review, { start, output, cycle });
    const verdict = verdictOf(await askPeople({ place, kind: 'review', ttlMs: review.ttlMs, detail }, scope));
    if (verdict === undefined) return output;
    if (cycle > review.maxCycles) throw exhausted(place, review);
    const earlier = [...(start.earlier ?? []), commented(output, verdict)];
    current = { ...start, place: `${start.place}@r${cycle + 1}`, earlier };
  }
};

function detailOf(
  { approvers, maxCycles }: BundleReview,
  { start, output, cycle }: { readonly start: NodeStart; readonly output: Json; readonly cycle: number },
): JsonObject {
  const { groups, users, min } = approvers;
  return {
    system: start.system,
    shown: output,
    assignees: { groups, users },
    min,
    cycle,
    // A tool would be called again with the same arguments: there is nobody who could read a comment.
    changesLeft: start.node.kind === 'tool' ? 0 : Math.max(0, maxCycles - cycle + 1),
  };
}

interface Comment {
  readonly by: string;
  readonly text: string;
}

/** Undefined: it is approved. A denial failed already. */
function verdictOf({ body, target }: RecordedRow): Comment | undefined {
  const said: unknown = body === undefined ? undefined : JSON.parse(body);
  if (!isJsonObject(said) || said['verdict'] !== 'changes') return undefined;
  return { by: target, text: typeof said['text'] === 'string' ? said['text'] : '' };
}

function commented(output: Json, { by, text }: Comment): Earlier {
  const before = `${by} reviewed your last answer and asks for changes:\n\n`;
  const remark = { text, frame: { before, after: '\n\nAnswer again, in full.' } };
  return { output, remark, adds: { review: { output, comments: [{ by, text }] } } };
}

function exhausted(place: string, { maxCycles }: BundleReview): StepFailure {
  const message = `Changes to the output of ${place} were asked for more than ${maxCycles} times.`;
  return new StepFailure({ code: 'review.cycles', message, node: place });
}
