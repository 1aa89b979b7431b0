import { createOpenAI } from '@ai-sdk/openai';
import { chatFields } from './chat-fields.ts';
import type { Provider } from './provider.ts';
import { chatWire } from './wires.ts';

/**
 * OpenAI's chat completions: stateless, with arguments as the text that the model wrote. The responses API keeps what it
 * is sent unless told otherwise, and gives conversations ids that would not outlive a run's journal.
 */
export const openai: Provider = {
  wire: chatWire,
  baseUrl: () => 'https://api.openai.com/v1',
  open: ({ model, baseUrl, key, fetch }) => createOpenAI({ baseURL: baseUrl, apiKey: key, fetch }).chat(model.model),
  embedder: ({ model, baseUrl, key, fetch }) =>
    createOpenAI({ baseURL: baseUrl, apiKey: key, fetch }).embedding(model.model),
  providerOptions: ({ parameters: { reasoningEffort } }) => ({
    openai: { strictJsonSchema: false, ...(reasoningEffort === undefined ? {} : { reasoningEffort }) },
  }),
  format: () => 'schema',
  fields: chatFields,
};
