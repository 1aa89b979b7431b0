import type { ModelUsage } from './model.ts';

/** What one provider's answer says, read from its body as it came: the SDK loses some of it. */
export interface Wire {
  /** Which model answered; undefined: the provider does not say. */
  readonly model: (body: JsonBody) => string | undefined;
  /** Undefined: not both figures are there. */
  readonly usage: (body: JsonBody) => ModelUsage | undefined;
  /** Whether it holds what the provider ran by itself, past the gate. */
  readonly holdsServerTool: (body: JsonBody) => boolean;
  /**
   * `text`: arguments are JSON in a string, and come as they were sent. `object`: they are JSON within the answer, so that
   * an answer with tool calls must itself be strict JSON, or a key that is there twice would be lost.
   */
  readonly argumentsAs: 'text' | 'object';
}

export type JsonBody = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonBody {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function recordAt(value: unknown, ...path: readonly string[]): JsonBody {
  let at: unknown = value;
  for (const name of path) at = isRecord(at) ? at[name] : undefined;
  return isRecord(at) ? at : {};
}

export function listAt(value: JsonBody, name: string): readonly JsonBody[] {
  const found = value[name];
  return Array.isArray(found) ? found.filter(isRecord) : [];
}

export function textAt(value: JsonBody, name: string): string | undefined {
  const found = value[name];
  return typeof found === 'string' ? found : undefined;
}

export interface Counts {
  readonly input: unknown;
  readonly output: unknown;
  readonly cached?: unknown;
}

/**
 * Both figures as whole numbers, or nothing: half a report would be half a bill. No question is free of input, so a zero
 * there is no report either: budgets would never fill.
 */
export function usageOf({ input, output, cached }: Counts): ModelUsage | undefined {
  if (!isCount(input) || !isCount(output) || input === 0) return undefined;
  const usage = { inputTokens: input, outputTokens: output };
  return isCount(cached) && cached > 0 ? { ...usage, cachedInputTokens: cached } : usage;
}

/** Parts of a figure that some providers report apart; undefined where one of them is no figure. */
export function sumOf(first: unknown, ...others: readonly unknown[]): number | undefined {
  if (!isCount(first)) return undefined;
  let sum = first;
  for (const other of others) {
    if (other === undefined || other === null) continue;
    if (!isCount(other)) return undefined;
    sum += other;
  }
  return sum;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= 1_000_000_000;
}
