import type { Environment, ParseResult } from '@marcbachmann/cel-js';
import { celEnvironment, offsetOf } from './expression-environment.ts';
import { inspect, type ExpressionFault } from './expression-inspect.ts';
import { expressionCharactersMax } from './expression.ts';
import { didYouMean } from './nearest.ts';
import { shownText } from './shown.ts';

/** Where an expression stands that reads other things than a graph's do. */
export type ExpressionScope = 'toolCall' | 'delivery' | 'evaluation';

export interface ScopedExpression {
  readonly kind: 'expression';
  /** The type CEL infers: `bool`, `string`, `dyn`… */
  readonly type: string;
  /** It holds a comprehension. */
  readonly loops: boolean;
  readonly evaluate: ParseResult;
}

/** The same, kept: what is evaluated again and again is parsed once. */
export function scopedExpression(text: string, scope: ExpressionScope): ScopedExpression | ExpressionFault {
  const key = `${scope} ${text}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const checked = checkScopedExpression(text, scope);
  if (compiled.size >= compiledMax) compiled.clear();
  compiled.set(key, checked);
  return checked;
}

const compiled = new Map<string, ScopedExpression | ExpressionFault>();
const compiledMax = 1_000;

/** Parses and checks an expression that reads a tool call, a delivery to a webhook, or what an evaluation came to. */
export function checkScopedExpression(text: string, scope: ExpressionScope): ScopedExpression | ExpressionFault {
  if (text.length > expressionCharactersMax) {
    const message = `The expression has ${text.length} characters; at most ${expressionCharactersMax} are allowed.`;
    return { kind: 'fault', code: 'expression.size', message, offset: 0, help: 'Compute less.' };
  }
  let parsed: ReturnType<Environment['parse']>;
  try {
    parsed = environmentOf(scope).parse(text);
  } catch (error) {
    return faultOf(error, scope, 'expression.syntax');
  }
  const checked = parsed.check();
  if (!checked.valid) return faultOf(checked.error, scope, 'expression.type');
  const inspection = inspect(parsed.ast);
  if (inspection.kind === 'fault') return inspection;
  return { kind: 'expression', type: checked.type ?? 'dyn', loops: inspection.loops, evaluate: parsed };
}

type Variable = 'dyn' | 'map<string, string>' | 'google.protobuf.Timestamp' | Readonly<Record<string, string>>;

const subject = { name: 'string', namespace: 'string', labels: 'map<string, string>' } as const;

/** What expressions read, by scope. A map lists the fields that there are. */
const variables: Readonly<Record<ExpressionScope, Readonly<Record<string, Variable>>>> = {
  toolCall: {
    args: 'dyn',
    tool: { name: 'string', namespace: 'string', operations: 'list<string>', risk: 'string', dataClass: 'string' },
    agent: subject,
    system: subject,
    run: { id: 'string', input: 'dyn' },
    now: 'google.protobuf.Timestamp',
  },
  delivery: { payload: 'dyn', headers: 'map<string, string>' },
  evaluation: { input: 'dyn', output: 'dyn' },
};

const environments = new Map<ExpressionScope, Environment>();

function environmentOf(scope: ExpressionScope): Environment {
  let environment = environments.get(scope);
  if (environment === undefined) {
    environment = celEnvironment();
    for (const [name, type] of Object.entries(variables[scope])) {
      if (typeof type === 'string') environment.registerVariable(name, type);
      else environment.registerVariable({ name, schema: { ...type } });
    }
    environments.set(scope, environment);
  }
  return environment;
}

function faultOf(error: unknown, scope: ExpressionScope, code: string): ExpressionFault {
  const summary = summaryOf(error);
  const fault = { kind: 'fault', offset: offsetOf(error) } as const;
  const unknown = /^Unknown variable: (.*)$/.exec(summary)?.[1];
  const names = Object.keys(variables[scope]);
  if (unknown !== undefined) {
    const message = `The expression reads \`${shownText(unknown)}\`, which is not defined here.`;
    const help = didYouMean(unknown, names) ?? `It can read ${listed(names)}.`;
    return { ...fault, code: 'expression.unknown_variable', message, help };
  }
  const field = /^No such key: (.*)$/.exec(summary)?.[1];
  if (field !== undefined) {
    const fields = Object.values(variables[scope]).flatMap((type) =>
      typeof type === 'string' ? [] : Object.keys(type),
    );
    const help = didYouMean(field, fields) ?? `Fields are ${listed([...new Set(fields)])}.`;
    return { ...fault, code, message: `There is no field \`${shownText(field)}\` to read here.`, help };
  }
  const help = `Expressions are CEL, and read ${listed(names)} here.`;
  return { ...fault, code, message: `The expression is not valid: ${shownText(summary)}.`, help };
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

/** The library's errors say what is wrong in one sentence. */
function summaryOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown failure';
  const summary = 'summary' in error ? String(error.summary) : error instanceof Error ? error.message : '';
  return (summary.split('\n')[0] ?? '').replace(/\.$/, '');
}
