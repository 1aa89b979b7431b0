import type { Environment } from '@marcbachmann/cel-js';
import { celEnvironment } from '../manifest/expression-environment.ts';
import { toCel } from '../manifest/expression-value.ts';
import type { Json } from '../manifest/json.ts';
import { scopedExpression } from '../manifest/scoped-expression.ts';
import type { Labels } from './facts.ts';

/** What the expression of a condition reads. */
export interface ConditionVariables {
  readonly args: Json;
  readonly tool: {
    readonly name: string;
    readonly namespace: string;
    readonly operations: readonly string[];
    readonly risk: string;
    /** Empty: none. */
    readonly dataClass: string;
  };
  readonly agent: Named;
  readonly system: Named;
  /** Absent: a plan's question, which is of no run and of no time. */
  readonly run: { readonly id: string; readonly input: Json } | undefined;
  readonly now: string | undefined;
}

export interface Named {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
}

/**
 * What a condition comes to; undefined: an error, or something that is neither true nor false. Never throws. The library
 * has no limit of steps: comprehensions do not nest, and go over no more than `workMax` allows.
 */
export function evaluateRule(text: string, variables: ConditionVariables): boolean | undefined {
  try {
    const expression = scopedExpression(text, 'toolCall');
    if (expression.kind === 'fault') return undefined;
    const { args, run } = variables;
    const size = { left: expression.loops ? valuesMax : Number.POSITIVE_INFINITY };
    const read = { args: toCel(args, size), input: toCel(run?.input ?? null, size) };
    if (expression.loops && workOf(text, variables, valuesMax - size.left) > workMax) return undefined;
    const value: unknown = expression.evaluate(celVariables(variables, read));
    return typeof value === 'boolean' ? value : undefined;
  } catch {
    // The cause may quote arguments; that it failed is all that a decision says.
    return undefined;
  }
}

/** Values that a comprehension may go over, and what it may look at in all: each value times all of the text. */
const valuesMax = 10_000;
const workMax = 10_000_000;

function workOf(text: string, { args, run }: ConditionVariables, values: number): number {
  // A list that stands in the expression itself has at most as many members as there are commas, and one.
  const most = values + text.split(',').length;
  const characters = JSON.stringify(args).length + (run === undefined ? 0 : JSON.stringify(run.input).length);
  return most * characters;
}

function celVariables(
  { tool, agent, system, run, now }: ConditionVariables,
  read: { readonly args: unknown; readonly input: unknown },
): Record<string, unknown> {
  return {
    args: read.args,
    tool: { ...tool, operations: [...tool.operations] },
    agent: celNamed(agent),
    system: celNamed(system),
    ...(run === undefined ? {} : { run: { id: run.id, input: read.input } }),
    ...(now === undefined ? {} : { now: timestamp(now) }),
  };
}

/** Own maps: a label of the name `__proto__` is no prototype. */
function celNamed({ name, namespace, labels }: Named): Record<string, unknown> {
  return { name, namespace, labels: new Map(Object.entries(labels)) };
}

let clock: ReturnType<Environment['parse']> | undefined;

/** CEL's own value of a time: pure code names no clock. */
function timestamp(text: string): unknown {
  clock ??= celEnvironment().registerVariable('text', 'string').parse('timestamp(text)');
  return clock({ text });
}
