import { createAzure } from '@ai-sdk/azure';
import { openai } from './openai.ts';
import type { Provider, ProviderSettings } from './provider.ts';

/**
 * Azure's chat completions; `model` is the deployment. The answer names the model behind it, which Azure's own
 * configuration decides on, so that the two are not compared. An `apiVersion` means the older URLs with the deployment.
 */
export const azureOpenai: Provider = {
  ...openai,
  baseUrl: () => undefined,
  open: (settings) => azure(settings).chat(settings.model.model),
  embedder: (settings) => azure(settings).embedding(settings.model.model),
  answersUnderOtherNames: true,
};

function azure({ model, baseUrl, key, fetch }: ProviderSettings) {
  const { apiVersion } = model;
  const version = apiVersion === undefined ? {} : { apiVersion, useDeploymentBasedUrls: apiVersion !== 'v1' };
  return createAzure({ baseURL: baseUrl, apiKey: key, fetch, ...version });
}
