import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import type { BundleModel } from '../manifest/bundle.ts';
import type { Provider, ProviderSettings } from './provider.ts';
import { converseWire } from './wires.ts';

/** Bedrock's converse. The answer does not say which model it is of, so that there is nothing to compare. */
export const bedrock: Provider = {
  wire: converseWire,
  baseUrl: ({ region = '' }) =>
    `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`,
  open: (settings) => amazonBedrock(settings)(settings.model.model),
  embedder: (settings) => amazonBedrock(settings).embedding(settings.model.model),
  providerOptions: ({ parameters }) => ({ bedrock: effortOf(parameters) }),
  format: () => 'instruction',
  fields: {
    temperature: ['inferenceConfig', 'temperature'],
    topP: ['inferenceConfig', 'topP'],
    stop: ['inferenceConfig', 'stopSequences'],
    reasoningEffort: ['additionalModelRequestFields'],
  },
  thoughts: 'bedrock',
};

function amazonBedrock(settings: ProviderSettings) {
  const { model, baseUrl, fetch } = settings;
  return createAmazonBedrock({ baseURL: baseUrl, region: model.region ?? '', fetch, ...credentialsOf(settings) });
}

/**
 * A Bedrock API key is sent as it is; `id:secret` or `id:secret:session` are credentials that sign the request. A blank
 * key keeps the package from looking for one in the environment.
 */
function credentialsOf({ key }: ProviderSettings) {
  const [accessKeyId = '', secretAccessKey, sessionToken] = key.split(':');
  if (secretAccessKey === undefined) return { apiKey: key };
  return { apiKey: ' ', accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/** It has no way to switch thinking off: `none` and `minimal` are refused where they are written. */
function effortOf({ reasoningEffort }: BundleModel['parameters']) {
  switch (reasoningEffort) {
    case 'low':
    case 'medium':
    case 'high':
      return { reasoningConfig: { maxReasoningEffort: reasoningEffort } };
    default:
      return {};
  }
}
