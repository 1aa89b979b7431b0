import { estimateTokens } from '../manifest/token-estimate.ts';
import type { ModelRequest } from './model.ts';

/** A high estimate of a request's input tokens: a budget is held by it and settled by what the provider reports. */
export function estimateInputTokens(
  request: Pick<ModelRequest, 'system' | 'messages' | 'tools' | 'outputSchema'>,
): number {
  const { system, messages, tools, outputSchema } = request;
  return estimateTokens(JSON.stringify({ system, messages, tools, outputSchema }));
}
