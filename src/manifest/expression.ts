import type { ParseResult } from '@marcbachmann/cel-js';
import { TerminalError } from '../errors.ts';
import { celEnvironment, offsetOf } from './expression-environment.ts';
import { fromCel, toCel } from './expression-value.ts';
import { inspect, type ExpressionFault, type Inspection } from './expression-inspect.ts';
import { own, type Json } from './json.ts';
import { neutral } from './neutral.ts';
import { maskSecrets } from './secret-literal.ts';
import { shownText } from './shown.ts';

/** What expressions read while a run goes on. */
export interface Scope {
  readonly input: Json;
  readonly nodes: Readonly<Record<string, { readonly output: Json }>>;
  /** The node's own output, in the `when` of its edges. */
  readonly output?: Json;
  /** An entry of the list of a `forEach`. */
  readonly item?: Json;
  /** What the run is: the same whoever executes it, and however often. */
  readonly run?: Json;
}

export interface Expression extends Omit<Inspection, 'kind'> {
  readonly kind: 'expression';
  /** The type CEL infers: `bool`, `string`, `dyn`… */
  readonly type: string;
  readonly evaluate: ParseResult;
}

/**
 * `input.a.filter(e, e in input.b)` compares every pair, and whoever submits a run chooses both lists: at this many
 * values it takes a fraction of a second, at a hundred times as many it would take minutes.
 */
const loopValuesMax = 10_000;

export const expressionCharactersMax = 10 * 1024;

/** Parses and checks one CEL expression; the same text is compiled once. */
export function compileExpression(text: string): Expression | ExpressionFault {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const result = compile(text);
  if (compiled.size >= compiledMax) compiled.clear();
  compiled.set(text, result);
  return result;
}

/** The value of an expression. Throws `expression.failed`: a missing key, a type that does not fit. */
export function evaluateExpression(text: string, scope: Scope): Json {
  const expression = compileExpression(text);
  if (expression.kind === 'fault') throw expressionFailed(text, expression.message);
  const size = { left: expression.loops ? loopValuesMax : Number.POSITIVE_INFINITY };
  try {
    const nodes: Record<string, unknown> = {};
    for (const name of expression.reads) {
      const node = scope.nodes[name];
      if (node !== undefined) nodes[name] = { output: toCel(node.output, size) };
    }
    const input = expression.readsInput ? toCel(scope.input, size) : null;
    const output = expression.readsOutput ? toCel(scope.output ?? null, size) : null;
    const item = expression.readsItem ? toCel(scope.item ?? null, size) : null;
    const run = expression.readsRun ? toCel(scope.run ?? null, size) : null;
    return fromCel(expression.evaluate({ nodes, input, output, item, run }));
  } catch (cause) {
    throw expressionFailed(text, summaryOf(cause), cause);
  }
}

/** Whether a condition holds: only `true` does, and anything but a boolean is a failure, never a no. */
export function evaluateCondition(text: string, scope: Scope): boolean {
  const value = evaluateExpression(text, scope);
  if (typeof value === 'boolean') return value;
  throw expressionFailed(text, 'a condition must give true or false');
}

const environment = celEnvironment()
  .registerVariable('input', 'dyn')
  .registerVariable('nodes', 'dyn')
  .registerVariable('output', 'dyn')
  .registerVariable('item', 'dyn')
  .registerVariable('run', 'dyn');

const compiled = new Map<string, Expression | ExpressionFault>();
const compiledMax = 2_000;

function compile(text: string): Expression | ExpressionFault {
  if (text.length > expressionCharactersMax) {
    const message = `The expression has ${text.length} characters; at most ${expressionCharactersMax} are allowed.`;
    return { kind: 'fault', code: 'expression.size', message, offset: 0, help: 'Compute less, or let a tool do it.' };
  }
  let parsed: ParseResult;
  try {
    parsed = environment.parse(text);
  } catch (error) {
    return faultOf(error, text, 'expression.syntax');
  }
  const inspection = inspect(parsed.ast);
  if (inspection.kind === 'fault') return inspection;
  const checked = parsed.check();
  if (!checked.valid) return faultOf(checked.error, text, 'expression.type');
  return { ...inspection, kind: 'expression', type: checked.type ?? 'dyn', evaluate: parsed };
}

function faultOf(error: unknown, text: string, code: 'expression.syntax' | 'expression.type'): ExpressionFault {
  const summary = summaryOf(error);
  const unknown = /^Unknown variable: (.*)$/.exec(summary)?.[1];
  const fault = { kind: 'fault', offset: offsetOf(error) } as const;
  if (unknown === undefined) {
    const meant = code === 'expression.syntax' ? meantOperator(text, fault.offset) : undefined;
    const help = meant ?? 'Expressions are CEL, as in `output.priority == "high"`.';
    return { ...fault, code, message: `The expression is not valid: ${shownFault(summary)}.`, help };
  }
  const dashed = /nodes\.[a-z0-9]+-[a-z0-9]/.test(text);
  const help = dashed
    ? 'A name with hyphens is written `nodes["some-name"].output`.'
    : 'Expressions read `input`, `nodes.<name>.output` and, on edges, `output`.';
  return {
    ...fault,
    code: 'expression.unknown_variable',
    message: `The expression reads \`${shownText(unknown)}\`, which is not defined.`,
    help,
  };
}

/** What other languages write in another way, at the place where the parser stopped. */
function meantOperator(text: string, offset: number): string | undefined {
  if (/\bnot\s+$/i.test(text.slice(Math.max(0, offset - 8), offset))) return 'Did you mean `!`?';
  const [word = ''] = /^(?:[=&|]|(?:and|or)\b)/i.exec(text.slice(offset, offset + 4)) ?? [];
  const operator = own(operators, word.toLowerCase());
  return operator === undefined ? undefined : `Did you mean \`${operator}\`?`;
}

const operators: Readonly<Record<string, string>> = { '=': '==', '&': '&&', '|': '||', and: '&&', or: '||' };

/** The library repeats the character that it did not expect, whichever it is. */
function shownFault(summary: string): string {
  return neutral(maskSecrets(summary));
}

/** What an error of the library or of a value says, without its excerpt and its full stop. */
export function summaryOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'summary' in error)
    return String(error.summary).replace(/\.$/, '');
  return error instanceof Error ? (error.message.split('\n')[0] ?? '').replace(/\.$/, '') : 'unknown failure';
}

/** For the caller to throw, so that the compiler sees where a function ends. */
export function expressionFailed(text: string, why: string, cause?: unknown): TerminalError {
  const shown = text.length > 80 ? `${text.slice(0, 77)}…` : text;
  return new TerminalError(`The expression \`${shown}\` failed: ${why}.`, {
    code: 'expression.failed',
    help: 'Guard what may be missing with `has(…)`, and compare values of one type.',
    cause,
  });
}
