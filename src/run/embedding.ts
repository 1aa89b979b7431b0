import { isJsonObject, type Json } from '../manifest/json.ts';
import { textsTogether } from '../manifest/embedding-model.ts';
import type { EmbeddingAnswer, EmbeddingUse } from '../memory/embedding.ts';
import { embeddingPath } from '../policy/embedding-path.ts';
import type { ModelStepCall, ToolStepCall } from './ask.ts';
import type { CallResult } from './replay.ts';

/** Makes a model call through the door. */
export type AskModel = (call: ModelStepCall) => Promise<CallResult>;

/**
 * Embeds texts for a call of a memory's tool: as model calls of the same subject, each with a decision, an intent and a
 * result of its own. What stops or waits inside leaves the tool's call open: whoever takes the run up comes here again,
 * and the journal answers what was embedded.
 */
export async function embedTexts(
  call: ToolStepCall,
  { texts, ask, ...wanted }: Wanted & { readonly texts: readonly string[]; readonly ask: AskModel },
): Promise<EmbeddingAnswer> {
  const vectors: Float32Array[] = [];
  const { together = textsTogether } = wanted.use;
  for (let from = 0, number = 1; from < texts.length; from += together, number += 1) {
    const some = texts.slice(from, from + together);
    const result = await ask(embeddingCall(call, { ...wanted, texts: some, number }));
    if (result.kind !== 'done') return refused(result, wanted.use);
    vectors.push(...vectorsFromJson(result.output));
  }
  return { kind: 'embedded', vectors };
}

interface Wanted {
  readonly use: EmbeddingUse;
  /** Of each request; undefined: what a model may take. */
  readonly deadlineMs: number | undefined;
}

function embeddingCall(
  call: ToolStepCall,
  { texts, use, deadlineMs, number }: Wanted & { readonly texts: readonly string[]; readonly number: number },
): ModelStepCall {
  const { node, caller, signal } = call;
  return {
    kind: 'model',
    purpose: 'embedding',
    node,
    caller,
    signal,
    path: embeddingPath(call.path, number),
    models: [use.endpoint],
    system: '',
    messages: texts.map((text) => ({ role: 'user', text })),
    turn: 1,
    asked: '',
    embedding: { dimensions: use.dimensions, textsAre: use.textsAre },
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  };
}

/** The model that called the tool is told that it failed; which rule refused the embedding is the journal's to say. */
function refused(result: Exclude<CallResult, { kind: 'done' }>, { endpoint }: EmbeddingUse): EmbeddingAnswer {
  const said = result.kind === 'denied' ? 'was not let through.' : `failed: ${result.error.message}`;
  const code = 'memory.not_embedded';
  return {
    kind: 'failed',
    code,
    message: `What ModelEndpoint/${endpoint} should have embedded ${said}`,
    retryable: false,
  };
}

/** What the journal holds of vectors: numbers of 32 bits, the least significant byte first, in base64. */
export function vectorsAsJson(vectors: readonly Float32Array[]): Json {
  return { vectors: vectors.map((vector) => bytesOf(vector).toString('base64')) };
}

function bytesOf(vector: Float32Array): Buffer {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [at, one] of vector.entries()) bytes.writeFloatLE(one, at * 4);
  return bytes;
}

/** The vectors of a journal's body. */
export function vectorsFromJson(output: Json): readonly Float32Array[] {
  const vectors = isJsonObject(output) ? output['vectors'] : undefined;
  if (!Array.isArray(vectors)) throw new TypeError('the journal holds vectors of what was embedded');
  return vectors.map((text: Json) => {
    const bytes = Buffer.from(typeof text === 'string' ? text : '', 'base64');
    return Float32Array.from({ length: bytes.length / 4 }, (_none, at) => bytes.readFloatLE(at * 4));
  });
}
