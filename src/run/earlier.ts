import { canonicalText } from '../manifest/digest.ts';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import type { ModelMessage } from '../models/model.ts';

/** An execution of a node before this one, and what was said of it: by reviewers, or by its delegates. */
export interface Earlier {
  readonly output: Json;
  /** As an agent is told: what was said, and pawl's words around it. */
  readonly remark: Remark;
  /** As any other node finds it in its input: `review` or `reports`. */
  readonly adds: JsonObject;
}

export interface Remark {
  readonly text: string;
  readonly frame: { readonly before: string; readonly after: string };
}

/** What an agent reads after its input: its own last answers, each with what was said of it. */
export function earlierMessages(earlier: readonly Earlier[] = []): readonly ModelMessage[] {
  return earlier.flatMap(({ output, remark }): ModelMessage[] => [
    { role: 'assistant', text: textOf(output), toolCalls: [] },
    { role: 'user', ...remark },
  ]);
}

/** The input of a node that is no agent: one that is no object stands under `input` beside what was said. */
export function inputAfter(input: Json, earlier: readonly Earlier[] = []): Json {
  if (earlier.length === 0) return input;
  const fields = isJsonObject(input) ? input : { input };
  return Object.assign({}, fields, ...earlier.map(({ adds }) => adds)) as JsonObject;
}

/** Text as it is, anything else as JSON. */
export function textOf(value: Json): string {
  return typeof value === 'string' ? value : canonicalText(value);
}
