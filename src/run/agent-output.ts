import type { Json, JsonObject } from '../manifest/json.ts';
import { type SchemaCheck, schemaCompiler } from '../policy/schema.ts';
import type { Answer } from './agent-turn.ts';
import { agentOf } from './ask.ts';
import { StepFailure } from './halt.ts';
import type { Scope } from './scope.ts';
import type { AgentTurns } from './conversation.ts';

export type Output = { readonly kind: 'fits'; readonly value: Json } | Unfit;

/** An answer that does not count yet; the model is told why, once. */
export interface Unfit {
  readonly kind: 'unfit';
  readonly code: 'agent.output_invalid' | 'agent.required_tool';
  readonly message: string;
  readonly remark: string;
}

/** An answer of which something is missing is none: its text is not looked at, and its tool calls are not made. */
export function assertWhole({ finish }: Answer, { node }: AgentTurns): void {
  if (finish === 'length') {
    const message = 'The answer reached the cap on output tokens before it was complete.';
    throw new StepFailure({ code: 'agent.output_cut', message, node });
  }
  if (finish === 'filtered') {
    const message = 'The provider’s content filter stopped the answer.';
    throw new StepFailure({ code: 'agent.output_filtered', message, node });
  }
}

/** What an answer without tool calls says, held against the required tools that are missing and the agent's schema. */
export function outputOf(answer: Answer, { node, caller }: AgentTurns, held: Held): Output {
  const { scope, missing } = held;
  if (missing.length > 0) return unasked(missing);
  const schema = agentOf({ node, caller }, scope).output?.schema;
  if (schema === undefined) return { kind: 'fits', value: answer.text };
  const parsed = parse(answer.text);
  if (parsed === undefined) return invalid('The answer is not JSON.');
  const mistake = mistakeOf(parsed.value, schema);
  return mistake === undefined ? { kind: 'fits', value: parsed.value } : invalid(mistake);
}

/** What another agent answered in the place of this one, held against this one's schema. */
export function transferredOutput(
  output: Json,
  { node, caller }: Pick<AgentTurns, 'node' | 'caller'>,
  scope: Scope,
): Json {
  const schema = agentOf({ node, caller }, scope).output?.schema;
  if (schema === undefined) return output;
  const value = (typeof output === 'string' ? parse(output)?.value : undefined) ?? output;
  const mistake = mistakeOf(value, schema);
  if (mistake === undefined) return value;
  const message = `Another agent answered in the place of this one. ${mistake}`;
  throw new StepFailure({ code: 'agent.output_invalid', message, node });
}

/** Each kind of answer that does not count gets one more turn; the second of a kind ends the node. */
export class OutputChecks {
  readonly #told = new Set<Unfit['code']>();

  /** What the model is told. */
  remark({ code, message, remark }: Unfit, { node }: AgentTurns): string {
    if (this.#told.has(code)) throw new StepFailure({ code, message, node });
    this.#told.add(code);
    return remark;
  }
}

interface Held {
  readonly scope: Scope;
  /** Required tools that no call was done of. */
  readonly missing: readonly string[];
}

function unasked(missing: readonly string[]): Unfit {
  const names = missing.join(', ');
  return {
    kind: 'unfit',
    code: 'agent.required_tool',
    message: `The agent answered without a successful call of what it must call first: ${names}.`,
    remark: `Before you answer you must call: ${names}. Call what is missing, then answer.`,
  };
}

function invalid(message: string): Unfit {
  const remark = `${message} Answer again with nothing but JSON that fits the schema.`;
  return { kind: 'unfit', code: 'agent.output_invalid', message, remark };
}

function mistakeOf(value: Json, schema: JsonObject): string | undefined {
  const verdict = checkOf(schema)(value);
  if (verdict.kind === 'valid') return undefined;
  const place =
    verdict.kind === 'invalid' && verdict.pointer !== '' ? `The answer at ${verdict.pointer}` : 'The answer';
  return `${place} ${verdict.message}.`;
}

/** Models like to put JSON into a fence; nothing else around it is forgiven. */
function parse(text: string): { readonly value: Json } | undefined {
  const fenced = /^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$/.exec(text);
  try {
    return { value: JSON.parse(fenced?.[1] ?? text) as Json };
  } catch {
    // Not JSON is an answer, not a fault: the model is told.
    return undefined;
  }
}

const checks = new WeakMap<JsonObject, SchemaCheck>();

function checkOf(schema: JsonObject): SchemaCheck {
  let check = checks.get(schema);
  if (check === undefined) {
    check = schemaCompiler().compile(schema);
    checks.set(schema, check);
  }
  return check;
}
