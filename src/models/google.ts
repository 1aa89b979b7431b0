import { createGoogleGenerativeAI } from '@ai-sdk/google';
import type { BundleModel } from '../manifest/bundle.ts';
import type { Provider, ProviderSettings } from './provider.ts';
import { geminiWire } from './wires.ts';

/** Gemini, by its own API with a key, or with `project` by Vertex AI with an access token. */
export const google: Provider = {
  wire: geminiWire,
  baseUrl: ({ project, region = 'global' }) => {
    if (project === undefined) return 'https://generativelanguage.googleapis.com/v1beta';
    const host = region === 'global' ? 'aiplatform.googleapis.com' : `${region}-aiplatform.googleapis.com`;
    return `https://${host}/v1/projects/${project}/locations/${region}/publishers/google`;
  },
  open: (settings) => gemini(settings)(settings.model.model),
  embedder: (settings) => gemini(settings).embedding(settings.model.model),
  providerOptions: ({ parameters }) => ({ google: thinkingOf(parameters) }),
  // Its older models take a schema or tools, not both.
  format: ({ tools }) => (tools.length === 0 ? 'schema' : 'instruction'),
  fields: {
    temperature: ['generationConfig', 'temperature'],
    topP: ['generationConfig', 'topP'],
    stop: ['generationConfig', 'stopSequences'],
    seed: ['generationConfig', 'seed'],
    reasoningEffort: ['generationConfig', 'thinkingConfig'],
  },
  thoughts: 'google',
};

function gemini({ model, baseUrl, key, fetch }: ProviderSettings) {
  return createGoogleGenerativeAI({
    baseURL: baseUrl,
    // One of two places takes the key, and the other goes: an empty header is no key.
    apiKey: key,
    ...(model.project === undefined ? {} : { headers: vertexHeaders(key) }),
    fetch,
  });
}

function vertexHeaders(key: string): Record<string, string | undefined> {
  return { 'x-goog-api-key': undefined, authorization: `Bearer ${key}` };
}

function thinkingOf({ reasoningEffort }: BundleModel['parameters']) {
  if (reasoningEffort === undefined) return {};
  if (reasoningEffort === 'none') return { thinkingConfig: { thinkingBudget: 0 } };
  return { thinkingConfig: { thinkingLevel: reasoningEffort } };
}
