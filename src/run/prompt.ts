import type { BundleAgent, BundleInput } from '../manifest/bundle.ts';
import { canonicalText } from '../manifest/digest.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { fillPrompt } from '../manifest/prompt-template.ts';
import { StepFailure } from './halt.ts';
import { dataIn } from './marking.ts';

/**
 * The system prompt of an agent node: the agent's, with the values of its inputs in their places. They are fields of the
 * node's input, and what is missing or of another type ends the step before any model is asked.
 */
export function promptFor(
  agent: BundleAgent,
  input: Json,
  { node, tag }: { readonly node: string; readonly tag: string },
): string {
  const values: Record<string, Json> = {};
  const given = isJsonObject(input) ? input : nothing;
  for (const [name, declared] of Object.entries(agent.inputs ?? {})) {
    const value = valueOf(name, declared, { given, node });
    const isOwn = own(given, name) === undefined || isClosed(value, declared);
    values[name] = isOwn ? value : dataIn(typeof value === 'string' ? value : canonicalText(value), tag);
  }
  return fillPrompt(agent.prompt, values);
}

const nothing: JsonObject = {};

/** Nobody could say anything with it but what its manifest foresees. */
function isClosed(value: Json, declared: BundleInput): boolean {
  return declared.enum !== undefined || typeof value === 'number' || typeof value === 'boolean' || value === '';
}

function valueOf(
  name: string,
  declared: BundleInput,
  { given, node }: { readonly given: JsonObject; readonly node: string },
): Json {
  const value = own(given, name) ?? declared.default;
  if (value === undefined || value === null) {
    if (!declared.required) return '';
    const message = `The input of node ${node} has no \`${name}\`, which the agent's prompt shows.`;
    throw new StepFailure({ code: 'agent.input_missing', message, node });
  }
  const fault = faultOf(value, declared);
  if (fault === undefined) return value;
  throw new StepFailure({
    code: 'agent.input_invalid',
    message: `The input \`${name}\` of node ${node} ${fault}.`,
    node,
  });
}

/** Never the value: it may be what a message must not show. */
function faultOf(value: Json, { type, enum: allowed }: BundleInput): string | undefined {
  if (typeOf(value) !== type && !(type === 'number' && typeOf(value) === 'integer')) return `is no ${type}`;
  if (allowed?.every((one) => one !== value))
    return `is none of ${allowed.map((one) => canonicalText(one)).join(', ')}`;
  return undefined;
}

function typeOf(value: Json): string {
  if (isJsonList(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}
