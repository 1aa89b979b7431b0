import { RE2JS } from 're2js';
import type { TraceRecord } from '../api/operations.ts';
import { canonicalText } from '../manifest/digest.ts';
import { toCel } from '../manifest/expression-value.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { qualify } from '../manifest/reference.ts';
import { scopedExpression } from '../manifest/scoped-expression.ts';
import type { Eval } from '../manifest/types.gen.ts';
import { durationMs } from '../policy/duration-ms.ts';
import { schemaCompiler } from '../policy/schema.ts';
import { usd } from '../trace/layout.ts';

export type Expectation = Eval['spec']['cases'][number]['expect'];

/** One thing that was expected of a run and did not come. */
export interface Finding {
  /** The field of `expect`; `timeout`: the Eval's own; `waits`: it would go on only with a person. */
  readonly field: keyof Expectation | 'timeout' | 'waits';
  readonly expected: Json;
  readonly came: Json;
}

/** What a run came to, as far as expectations look. */
export interface Ran {
  readonly succeeded: boolean;
  /** Of a run that failed. */
  readonly code: string | undefined;
  readonly input: Json;
  readonly output: Json;
  /** `namespace/name` of the tools that calls were let through to. */
  readonly called: ReadonlySet<string>;
  readonly tokens: number;
  /** Micro-USD. */
  readonly cost: number;
  readonly durationMs: number;
}

/** What a trace says of an ended run. */
export function ranOf({ run, nodes, totals }: TraceRecord): Ran {
  const calls = nodes.flatMap((node) => node.calls);
  const passed = calls.filter(({ kind, outcome }) => kind === 'tool' && outcome !== 'denied');
  const begun = Date.parse(run.startedAt ?? run.createdAt);
  return {
    succeeded: run.state === 'Succeeded',
    code: run.error?.code,
    input: run.input,
    // What a run gave is JSON, whoever tells it.
    output: (run.output ?? null) as Json,
    called: new Set(passed.map(({ target }) => target)),
    tokens: totals.tokensIn + totals.tokensOut,
    cost: totals.cost,
    durationMs: Math.max(0, Date.parse(run.endedAt ?? run.createdAt) - begun),
  };
}

/** Everything that is not as expected; `namespace` is the Eval's, of which bare names of tools are. Pure. */
export function judge(expect: Expectation, ran: Ran, namespace: string): readonly Finding[] {
  const phase = expect.phase ?? 'Succeeded';
  const came = ran.succeeded ? 'Succeeded' : 'Failed';
  const found: Finding[] =
    phase === came
      ? []
      : [{ field: 'phase', expected: phase, came: ran.code === undefined ? came : `${came} (${ran.code})` }];
  // An output that there is none of breaks everything that is said of it: the phase says so once.
  if (ran.succeeded && phase === 'Succeeded') found.push(...ofOutput(expect, ran));
  return [...found, ...ofCalls(expect, ran, namespace), ...ofLimits(expect, ran)];
}

function ofOutput(expect: Expectation, { input, output }: Ran): readonly Finding[] {
  const { equals, includes, schema, contains = [], notContains = [], matches, expr } = expect;
  const texts = textsOf(output);
  const has = (part: string): boolean => texts.some((text) => text.includes(part));
  const found: Finding[] = [];
  const miss = (field: Finding['field'], expected: Json, came: Json = output): void =>
    void found.push({ field, expected, came });
  if (equals !== undefined && canonicalText(equals) !== canonicalText(output)) miss('equals', equals);
  if (includes !== undefined && !holdsIn(includes, output)) miss('includes', includes);
  const unfit = schema === undefined ? undefined : misfit(schema, output);
  if (schema !== undefined && unfit !== undefined) miss('schema', schema, unfit);
  for (const part of contains) if (!has(part)) miss('contains', part);
  for (const part of notContains) if (has(part)) miss('notContains', part);
  if (matches !== undefined && !texts.some((text) => pattern(matches).matcher(text).find())) miss('matches', matches);
  const value = expr === undefined ? true : valueOf(expr, { input, output });
  if (expr !== undefined && value !== true) miss('expr', expr, value);
  return found;
}

/** The output as text: itself, or as JSON, and each text in it as it was before it was escaped. */
function textsOf(output: Json): readonly string[] {
  if (typeof output === 'string') return [output];
  return [JSON.stringify(output), ...leaves(output)];
}

function leaves(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  if (isJsonList(value)) return value.flatMap(leaves);
  return isJsonObject(value) ? Object.values(value).flatMap(leaves) : [];
}

/** Each field of a map, each entry of a list wherever it stands; anything else is equal. */
function holdsIn(wanted: Json, value: Json): boolean {
  if (isJsonObject(wanted)) {
    return (
      isJsonObject(value) &&
      Object.entries(wanted).every(([key, part]) => {
        const there = own(value, key);
        return there !== undefined && holdsIn(part, there);
      })
    );
  }
  if (isJsonList(wanted))
    return isJsonList(value) && wanted.every((part) => value.some((entry) => holdsIn(part, entry)));
  return canonicalText(wanted) === canonicalText(value);
}

function misfit(schema: JsonObject, output: Json): string | undefined {
  const verdict = schemaCompiler().compile(schema)(output);
  if (verdict.kind === 'valid') return undefined;
  const at = verdict.kind === 'invalid' && verdict.pointer !== '' ? `${verdict.pointer}: ` : '';
  return `${at}${verdict.message}`;
}

/** Validation took it: it compiles. */
function pattern(text: string): RE2JS {
  return RE2JS.compile(text);
}

/** Values that a comprehension may go over. */
const loopValuesMax = 10_000;

/** What an expression came to; what is not exactly true is not passed, and an error says that it is one. */
function valueOf(text: string, { input, output }: { readonly input: Json; readonly output: Json }): Json {
  const expression = scopedExpression(text, 'evaluation');
  if (expression.kind === 'fault') return expression.message;
  const size = { left: expression.loops ? loopValuesMax : Number.POSITIVE_INFINITY };
  try {
    const value: unknown = expression.evaluate({ input: toCel(input, size), output: toCel(output, size) });
    return typeof value === 'boolean' ? value : 'neither true nor false';
  } catch (cause) {
    return `an error: ${cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : 'it gave no value'}`;
  }
}

function ofCalls({ calls = [], notCalls = [] }: Expectation, { called }: Ran, namespace: string): readonly Finding[] {
  const came = [...called].sort();
  const missing = calls.filter((tool) => !called.has(qualify(tool, namespace)));
  const made = notCalls.filter((tool) => called.has(qualify(tool, namespace)));
  return [
    ...missing.map((tool) => ({ field: 'calls', expected: qualify(tool, namespace), came }) as const),
    ...made.map((tool) => ({ field: 'notCalls', expected: qualify(tool, namespace), came }) as const),
  ];
}

function ofLimits({ maxTokens, maxCost, maxDuration }: Expectation, ran: Ran): readonly Finding[] {
  const found: Finding[] = [];
  if (maxTokens !== undefined && ran.tokens > maxTokens)
    found.push({ field: 'maxTokens', expected: maxTokens, came: ran.tokens });
  if (maxCost !== undefined && ran.cost > maxCost)
    found.push({ field: 'maxCost', expected: usd(maxCost), came: usd(ran.cost) });
  if (maxDuration !== undefined && ran.durationMs > durationMs(maxDuration))
    found.push({ field: 'maxDuration', expected: maxDuration, came: `${Math.round(ran.durationMs)}ms` });
  return found;
}
