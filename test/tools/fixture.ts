import { onTestFinished } from 'vitest';
import type { BundleTool } from '../../src/manifest/bundle.ts';
import type { Network } from '../../src/tools/connect.ts';
import type { EgressRequest } from '../../src/tools/egress.ts';
import type { HttpTool } from '../../src/tools/http.ts';
import type { ToolCallOptions } from '../../src/tools/options.ts';
import { bundleSecrets, type Secrets } from '../../src/tools/secrets.ts';
import { type LoopbackServer, listen } from '../support/loopback.ts';

/** Starts a loopback server that ends with the test. */
export async function serve(answer: Parameters<typeof listen>[0]): Promise<LoopbackServer> {
  const server = await listen(answer);
  onTestFinished(() => server.close());
  return server;
}

/** A resolver with these answers, in turn; it stands for DNS, which is not ours. */
export function resolving(...answers: readonly (readonly string[])[]): Network & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    resolve: (hostname) => {
      asked.push(hostname);
      return Promise.resolve(answers[asked.length - 1] ?? []);
    },
  };
}

export function requestTo(url: string, change: Partial<EgressRequest> = {}): EgressRequest {
  return {
    method: 'GET',
    url,
    headers: {},
    credentials: [],
    deadlineMs: 5000,
    responseBytesMax: 65_536,
    signal: new AbortController().signal,
    ...change,
  };
}

export const canary = 'canary/7f3a+Zq é"9';

/** The secret `default/crm` with the key `token`, whose value is the canary. */
export function canarySecrets(value: string = canary): Secrets {
  return bundleSecrets({ 'default/crm': { source: 'env', keys: { token: 'PAWL_SECRET_CRM' } } }, () =>
    Promise.resolve({ kind: 'read', value }),
  );
}

export function optionsWith(change: Partial<ToolCallOptions> = {}): ToolCallOptions {
  return {
    signal: new AbortController().signal,
    idempotencyKey: 'key-1',
    secrets: canarySecrets('unused-value'),
    ...change,
  };
}

export function httpTool(
  http: Partial<HttpTool['impl']> & { readonly url: string },
  change: Partial<BundleTool> = {},
): HttpTool {
  const { url } = http;
  return {
    name: 'crm',
    description: 'Asks the CRM.',
    inputSchema: {},
    operations: ['read'],
    idempotent: false,
    timeoutMs: 5000,
    maxResultBytes: 65_536,
    costPerCall: 0,
    ...change,
    impl: {
      type: 'http',
      method: 'GET',
      headers: {},
      query: {},
      egress: { hosts: [/^https?:\/\/[^/]+/.exec(url)?.[0] ?? ''], allowPrivate: true },
      ...http,
    },
  };
}
