import type { ModelRequest } from './model.ts';

/**
 * A high estimate of a request's input tokens: a third of its bytes. English takes about four bytes a token and CJK
 * about three; a budget is held by this figure and settled by what the provider reports.
 */
export function estimateInputTokens(request: Omit<ModelRequest, 'agent' | 'maxOutputTokens'>): number {
  const { system, messages, tools, outputSchema } = request;
  return Math.ceil(Buffer.byteLength(JSON.stringify({ system, messages, tools, outputSchema })) / 3);
}
