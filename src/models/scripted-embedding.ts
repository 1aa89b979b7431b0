import { createHash } from 'node:crypto';
import { estimateTokens } from '../manifest/token-estimate.ts';
import type { EmbeddingRequest, EmbeddingResponse } from './embedding.ts';

/**
 * Embeddings of a scripted endpoint, offline: each word is hashed to a place of the vector and to a sign there, so that
 * texts that share words are alike and the same text has the same vector everywhere.
 */
export function embedByWords({ texts, dimensions }: EmbeddingRequest): EmbeddingResponse {
  return {
    vectors: texts.map((text) => vectorOf(text, dimensions)),
    usage: { inputTokens: estimateTokens(texts.join('\n')), outputTokens: 0 },
  };
}

function vectorOf(text: string, dimensions: number): Float32Array {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text];
  const vector = new Float32Array(dimensions);
  for (const word of words) add(vector, word);
  // Words whose signs cancel each other out leave nothing to compare.
  if (vector.every((one) => one === 0)) add(vector, text);
  const length = Math.hypot(...vector);
  return vector.map((one) => one / length);
}

function add(vector: Float32Array, word: string): void {
  const digest = createHash('sha256').update(word).digest();
  const place = digest.readUInt32BE(0) % vector.length;
  vector[place] = (vector[place] ?? 0) + ((digest[4] ?? 0) % 2 === 0 ? 1 : -1);
}
