import { expressionFailed, summaryOf } from './expression.ts';
import { toCel, fromCel } from './expression-value.ts';
import type { Json } from './json.ts';
import { scopedExpression } from './scoped-expression.ts';
import { fillTemplates } from './template.ts';

/** What expressions of a webhook read. */
export interface Delivery {
  /** The JSON body. */
  readonly payload: Json;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Whether a filter lets a delivery in: `true` or `false`. Throws where it is neither. */
export function evaluateFilter(text: string, delivery: Delivery): boolean {
  const value = evaluate(text, delivery);
  if (typeof value === 'boolean') return value;
  throw expressionFailed(text, 'a filter must give true or false');
}

/** The input that a webhook makes of a delivery. Throws `expression.failed`. */
export function evaluateInput(input: Json, delivery: Delivery): Json {
  return fillTemplates(input, (text) => evaluate(text, delivery));
}

/** Whoever sends the request chooses how much a comprehension goes through. */
const loopValuesMax = 10_000;

function evaluate(text: string, { payload, headers }: Delivery): Json {
  const expression = scopedExpression(text, 'delivery');
  if (expression.kind === 'fault') throw expressionFailed(text, expression.message);
  const size = { left: expression.loops ? loopValuesMax : Number.POSITIVE_INFINITY };
  try {
    // Own maps: a header of the name `__proto__` is no prototype, and what a header is not stays missing.
    const variables = { payload: toCel(payload, size), headers: new Map(Object.entries(headers)) };
    return fromCel(expression.evaluate(variables));
  } catch (cause) {
    throw expressionFailed(text, summaryOf(cause), cause);
  }
}
