import type { BundleTool } from '../manifest/bundle.ts';
import { canonicalText } from '../manifest/digest.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import type { ToolOutcome } from './tool.ts';

export type BuiltinTool = BundleTool & { readonly impl: Extract<BundleTool['impl'], { type: 'builtin' }> };

/** Tools that are part of pawl: no I/O, the same answer every time. */
export function callBuiltin(tool: BuiltinTool, args: JsonObject): ToolOutcome {
  switch (tool.impl.name) {
    case 'echo':
      return bounded(tool, args);
    case 'lookup':
      return lookup(tool, args);
  }
}

/** `key` gives that entry or null; `query` gives the entries that hold every one of its words, in the order of their keys. */
function lookup(tool: BuiltinTool, args: JsonObject): ToolOutcome {
  const entries = tool.impl.entries ?? {};
  if (typeof args.key === 'string') return bounded(tool, own(entries, args.key) ?? null);
  if (typeof args.query === 'string') return bounded(tool, matching(entries, args.query));
  const message = 'lookup takes the argument `key` or the argument `query`, each a string.';
  return { kind: 'failed', code: 'tool.argument_refused', message, retryable: false };
}

function matching(entries: JsonObject, query: string): Json {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return Object.entries(entries)
    .filter(([key, entry]) => {
      const text = `${key} ${typeof entry === 'string' ? entry : canonicalText(entry)}`.toLowerCase();
      return words.length > 0 && words.every((word) => text.includes(word));
    })
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, entry]) => ({ key, entry }));
}

function bounded(tool: BundleTool, output: Json): ToolOutcome {
  const { maxResultBytes } = tool;
  if (sizeAtMost(output) <= maxResultBytes || Buffer.byteLength(JSON.stringify(output)) <= maxResultBytes)
    return { kind: 'done', output };
  const message = `The result is longer than ${tool.maxResultBytes} bytes.`;
  return { kind: 'failed', code: 'result.too_large', message, retryable: false };
}

/** Bytes that a value's JSON is never longer than: enough to know of nearly every result that it is short. */
function sizeAtMost(value: Json): number {
  if (typeof value === 'string') return value.length * 6 + 2;
  if (isJsonList(value)) return value.reduce<number>((sum, entry) => sum + sizeAtMost(entry) + 1, 2);
  if (!isJsonObject(value)) return 25;
  let size = 2;
  for (const [name, member] of Object.entries(value)) size += name.length * 6 + 4 + sizeAtMost(member);
  return size;
}
