import { onTestFinished } from 'vitest';
import type { BundleModel } from '../../src/manifest/bundle.ts';
import type { Json } from '../../src/manifest/json.ts';
import type { ModelMessage, ModelRequest } from '../../src/models/model.ts';
import type { ModelCallOptions } from '../../src/models/options.ts';
import { type ModelScript, type ModelServer, startModelServer } from '../support/model-server.ts';
import { canarySecrets } from '../tools/fixture.ts';

/** Starts a model server that ends with the test. */
export async function serverWith(script: ModelScript): Promise<ModelServer> {
  const server = await startModelServer(script);
  onTestFinished(() => server.close());
  return server;
}

export function endpoint(baseUrl: string, change: Partial<BundleModel> = {}): BundleModel {
  return {
    provider: 'openaiCompatible',
    model: 'small',
    baseUrl,
    allowPrivate: true,
    parameters: { maxOutputTokens: 1000 },
    ...change,
  };
}

export function scripted(replies: Json): BundleModel {
  return {
    provider: 'scripted',
    model: 'script',
    allowPrivate: false,
    parameters: { maxOutputTokens: 1000 },
    script: { replies },
  };
}

export function asking(change: Partial<ModelRequest> = {}): ModelRequest {
  return {
    agent: 'default/support',
    system: 'You help.',
    messages: [{ role: 'user', text: 'Where is order 7?' }],
    tools: [],
    maxOutputTokens: 300,
    ...change,
  };
}

/** The conversation after `turns` answers. */
export function after(turns: number): readonly ModelMessage[] {
  const answers = Array.from(
    { length: turns },
    (): ModelMessage => ({ role: 'assistant', text: 'So.', toolCalls: [] }),
  );
  return [{ role: 'user', text: 'Where is order 7?' }, ...answers];
}

export function optionsWith(change: Partial<ModelCallOptions> = {}): ModelCallOptions {
  return { signal: new AbortController().signal, secrets: canarySecrets(), ...change };
}
