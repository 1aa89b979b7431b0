import type { RecordedRow } from './journal-entry.ts';
import { outerPlaces } from './place.ts';

/** What the journal held of one call when the run was claimed. */
export interface RecordedCall {
  readonly intent: RecordedRow | undefined;
  readonly result: RecordedRow | undefined;
}

export type CallIndex = ReadonlyMap<string, readonly RecordedCall[]>;

/**
 * The calls that earlier owners began since a person last started the run, by every place that they are inside of. Each
 * item of a `forEach` asks for its own: a look at all calls for each would take minutes where there are many.
 */
export function indexCalls(calls: Iterable<RecordedCall>): CallIndex {
  const index = new Map<string, RecordedCall[]>();
  for (const call of calls) {
    const row = call.result ?? call.intent;
    if (row === undefined || row.beforeRetry === true) continue;
    for (const place of outerPlaces(row.node)) {
      const found = index.get(place);
      if (found === undefined) index.set(place, [call]);
      else found.push(call);
    }
  }
  return index;
}
