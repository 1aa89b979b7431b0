import { createAnthropic } from '@ai-sdk/anthropic';
import type { JSONValue } from '@ai-sdk/provider';
import type { BundleModel } from '../manifest/bundle.ts';
import type { Provider } from './provider.ts';
import { messagesWire } from './wires.ts';

/** Anthropic's messages. A schema is asked for in words: older models know no other way that leaves their tools alone. */
export const anthropic: Provider = {
  wire: messagesWire,
  baseUrl: () => 'https://api.anthropic.com/v1',
  open: ({ model, baseUrl, key, fetch }) => createAnthropic({ baseURL: baseUrl, apiKey: key, fetch })(model.model),
  providerOptions: ({ parameters }) => ({ anthropic: thinkingOf(parameters) }),
  format: () => 'instruction',
  fields: { temperature: ['temperature'], topP: ['top_p'], stop: ['stop_sequences'] },
  thoughts: 'anthropic',
};

/** `minimal` is not among its efforts, and is refused where it is written. */
function thinkingOf({ reasoningEffort }: BundleModel['parameters']): Readonly<Record<string, JSONValue>> {
  if (reasoningEffort === undefined || reasoningEffort === 'minimal') return {};
  return reasoningEffort === 'none' ? { thinking: { type: 'disabled' } } : { effort: reasoningEffort };
}
