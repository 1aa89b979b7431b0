import { isJsonObject, type JsonObject } from '../../json.ts';
import type { ForeignNode } from '../foreign.ts';

/** What an agent answers in pawl: its text, JSON against its schema, or whatever its first tool gave. */
export type Answer =
  | { readonly kind: 'text' }
  | { readonly kind: 'json'; readonly schema: JsonObject }
  | { readonly kind: 'result' };

/** What the answer of an Agent is, by its `spec`. */
export function answerOf(spec: ForeignNode | undefined): Answer {
  const execution = spec?.get('execution');
  const schema = execution?.get('output_schema').value;
  if (execution?.get('tool_use_behavior').value === 'stop_on_first_tool') return { kind: 'result' };
  return isJsonObject(schema) && schema['type'] !== 'string' ? { kind: 'json', schema } : { kind: 'text' };
}
