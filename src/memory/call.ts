import { RetryableError } from '../errors.ts';
import type { BundleTool } from '../manifest/bundle.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import { memoryLimits } from '../manifest/memory-tools.ts';
import type { ToolOutcome } from '../tools/tool.ts';
import type { MemoryAccess, OpenMemory } from './access.ts';
import { type MemoryCallTool, operationOf, partsOf, queryOf, textsToEmbed } from './embedded-texts.ts';
import type { EmbeddingAnswer } from './embedding.ts';
import type { Entry, Found, Listed, LongTerm } from './memory.ts';

export interface MemoryCallOptions {
  readonly idempotencyKey: string;
  readonly memory?: MemoryAccess | undefined;
}

const listedDefault = 50;

/** Makes one call of a memory tool or a retrieval tool that the gate let through. */
export async function callMemory(
  tool: MemoryCallTool,
  args: JsonObject,
  { memory: access, idempotencyKey }: MemoryCallOptions,
): Promise<ToolOutcome> {
  const open = access?.open(tool.impl.memory);
  const longTerm = open?.memory.longTerm;
  if (access === undefined || open === undefined || longTerm === undefined)
    return failed('memory.unavailable', `This worker cannot reach Memory/${tool.impl.memory}.`);
  try {
    return await perform({ tool, args, longTerm, open, access, idempotencyKey });
  } catch (cause) {
    if (cause instanceof RetryableError && cause.code === 'tool.aborted')
      return { kind: 'failed', code: cause.code, message: cause.message, retryable: true };
    // Whether a write arrived is not known; made again, it writes once.
    if (cause instanceof RetryableError) return { kind: 'unknown', code: cause.code, message: cause.message };
    throw cause;
  }
}

async function perform(call: Call): Promise<ToolOutcome> {
  const { tool, args, longTerm } = call;
  switch (operationOf(tool)) {
    case 'read':
      return bounded(tool, entryShown(await longTerm.read(text(args.key))));
    case 'list':
      return bounded(tool, await list(call));
    case 'search':
      return search(call);
    case 'write':
      return write(call);
    case 'ingest':
      return put(call);
  }
}

interface Call extends Omit<Required<MemoryCallOptions>, 'memory'> {
  readonly tool: MemoryCallTool;
  readonly args: JsonObject;
  readonly longTerm: LongTerm;
  readonly open: OpenMemory;
  readonly access: MemoryAccess;
}

async function list({ args, longTerm }: Call): Promise<Json> {
  const limit = typeof args.limit === 'number' ? args.limit : listedDefault;
  // One more than is shown says whether there are more.
  const found = await longTerm.list({ prefix: text(args.prefix), after: text(args.after), limit: limit + 1 });
  return { entries: found.slice(0, limit).map(listedShown), more: found.length > limit };
}

async function search(call: Call): Promise<ToolOutcome> {
  const { tool, args, longTerm, open } = call;
  const query = queryOf(args);
  if (query.trim() === '')
    return failed('tool.argument_refused', 'A search takes the argument `query`, a string that is not empty.');
  const embedded = await embeddedFor(call);
  if (embedded.kind === 'failed') return embedded;
  const topK = Math.min(memoryLimits.topK, topKOf(tool, args, open));
  const found = await longTerm.search({ text: query, topK, vector: embedded.vectors[0] });
  return bounded(tool, { entries: found.map(foundShown) });
}

/** The vectors of what a call is about; none where the memory goes by words. What cannot be embedded is neither kept nor looked for. */
async function embeddedFor({ tool, args, longTerm, access }: Call): Promise<EmbeddingAnswer> {
  const by = await longTerm.embedding?.();
  if (by === undefined) return { kind: 'embedded', vectors: [] };
  const { texts, textsAre } = textsToEmbed(tool, args);
  const answer = await access.embed({ ...by, textsAre }, texts);
  // The tool may have been halted while its texts were being embedded: nothing of it has happened yet.
  if (access.signal.aborted)
    return { kind: 'failed', code: 'tool.aborted', message: 'The call was given up by its worker.', retryable: true };
  return answer;
}

/** What an author sets for a tool is a ceiling to the model. */
function topKOf({ impl }: MemoryCallTool, args: JsonObject, { topK }: OpenMemory): number {
  const asked = typeof args.topK === 'number' && args.topK >= 1 ? Math.floor(args.topK) : undefined;
  if (impl.type === 'retrieval') return Math.min(asked ?? impl.topK, impl.topK);
  return asked ?? topK;
}

async function write(call: Call): Promise<ToolOutcome> {
  const value = call.args.value ?? null;
  const size = Buffer.byteLength(JSON.stringify(value));
  if (size > memoryLimits.valueBytes)
    return failed('memory.value_too_large', `The value takes ${size} bytes; ${memoryLimits.valueBytes} are the most.`);
  return put(call);
}

async function put(call: Call): Promise<ToolOutcome> {
  const { tool, args, longTerm, access, idempotencyKey } = call;
  const key = text(args.key);
  const embedded = await embeddedFor(call);
  if (embedded.kind === 'failed') return embedded;
  const entry = { key, call: idempotencyKey, writtenBy: access.caller, run: access.run };
  const chunks = partsOf(tool, args).map((part, at) => ({ ...part, vector: embedded.vectors[at] }));
  await longTerm.write({ ...entry, chunks });
  return { kind: 'done', output: { key, written: true, ...(chunks.length > 1 ? { parts: chunks.length } : {}) } };
}

function entryShown(entry: Entry | undefined): Json {
  if (entry === undefined) return { found: false };
  return { found: true, ...listedShown(entry), value: entry.value };
}

function foundShown({ score, value, by, ...entry }: Found): Json {
  return { ...listedShown(entry), value, score, ...(by === undefined ? {} : { foundBy: by }) };
}

function listedShown({ key, writtenBy, writtenAt }: Listed): JsonObject {
  return { key, writtenBy, writtenAt };
}

function bounded(tool: BundleTool, output: Json): ToolOutcome {
  if (Buffer.byteLength(JSON.stringify(output)) <= tool.maxResultBytes) return { kind: 'done', output };
  return failed('result.too_large', `The result is longer than ${tool.maxResultBytes} bytes; ask for fewer entries.`);
}

function failed(code: string, message: string): ToolOutcome & { readonly kind: 'failed' } {
  return { kind: 'failed', code, message, retryable: false };
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
