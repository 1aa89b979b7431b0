/**
 * A high estimate of the tokens of a text: a third of its bytes. English takes about four bytes a token and CJK about
 * three, and no tokenizer is every provider's.
 */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 3);
}
