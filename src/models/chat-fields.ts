import type { Provider } from './provider.ts';

/** Where chat completions hold the parameters. */
export const chatFields: Provider['fields'] = {
  temperature: ['temperature'],
  topP: ['top_p'],
  stop: ['stop'],
  seed: ['seed'],
  reasoningEffort: ['reasoning_effort'],
};
