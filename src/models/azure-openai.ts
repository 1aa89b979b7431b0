import { createAzure } from '@ai-sdk/azure';
import { openai } from './openai.ts';
import type { Provider } from './provider.ts';

/**
 * Azure's chat completions; `model` is the deployment. The answer names the model behind it, which Azure's own
 * configuration decides on, so that the two are not compared. An `apiVersion` means the older URLs with the deployment.
 */
export const azureOpenai: Provider = {
  ...openai,
  baseUrl: () => undefined,
  open: ({ model, baseUrl, key, fetch }) => {
    const { apiVersion } = model;
    const version = apiVersion === undefined ? {} : { apiVersion, useDeploymentBasedUrls: apiVersion !== 'v1' };
    return createAzure({ baseURL: baseUrl, apiKey: key, fetch, ...version }).chat(model.model);
  },
  answersUnderOtherNames: true,
};
