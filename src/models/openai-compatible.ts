import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { chatFields } from './chat-fields.ts';
import type { Provider } from './provider.ts';
import { chatWire } from './wires.ts';

/** Any server that speaks OpenAI's chat completions. */
export const openaiCompatible: Provider = {
  wire: chatWire,
  baseUrl: () => undefined,
  open: ({ model, baseUrl, key, fetch }) =>
    createOpenAICompatible({
      name: 'pawl',
      baseURL: baseUrl,
      apiKey: key,
      supportsStructuredOutputs: true,
      fetch,
    }).chatModel(model.model),
  embedder: ({ model, baseUrl, key, fetch }) =>
    createOpenAICompatible({ name: 'pawl', baseURL: baseUrl, apiKey: key, fetch }).embeddingModel(model.model),
  // Strict mode takes only a part of JSON Schema; pawl validates the answer itself.
  providerOptions: ({ parameters: { reasoningEffort } }) => ({
    openaiCompatible: { strictJsonSchema: false, ...(reasoningEffort === undefined ? {} : { reasoningEffort }) },
  }),
  format: () => 'schema',
  fields: chatFields,
};

/** Its own machine by default: an address that `allowPrivate` has to allow. */
export const ollama: Provider = { ...openaiCompatible, baseUrl: () => 'http://127.0.0.1:11434/v1' };
