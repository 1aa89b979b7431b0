import type { BundleModel } from '../manifest/bundle.ts';
import type { SecretUse } from '../manifest/bundle-secret.ts';
import type { JsonObject } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import type { SecretRef } from '../manifest/types.gen.ts';
import { modelRefsOf } from './runnable.ts';
import { specOf } from './typed.ts';

/** How an endpoint is asked. */
export function modelOf(endpoint: Resource): BundleModel {
  const { provider, model, baseUrl, allowPrivate, parameters, auth, pricing, script, ...spec } = specOf(
    endpoint,
    'ModelEndpoint',
  );
  const { headers, tls, region, project, apiVersion, rateLimit } = spec;
  return {
    provider,
    model,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    allowPrivate,
    parameters,
    ...(auth === undefined ? {} : { auth: secretUse(auth.secretRef, endpoint.namespace) }),
    ...(pricing === undefined ? {} : { pricing }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(headers === undefined ? {} : { headers: sorted(headers) }),
    ...(tls === undefined ? {} : { tls: { ca: secretUse(tls.caSecretRef, endpoint.namespace) } }),
    ...(region === undefined ? {} : { region }),
    ...(project === undefined ? {} : { project }),
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(script === undefined ? {} : { script: script as unknown as JsonObject }),
  };
}

function secretUse({ name, key }: SecretRef, namespace: string): SecretUse {
  return { secret: qualify(name, namespace), key };
}

function sorted(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).sort(([a], [b]) => compareText(a, b)));
}

/** `namespace/name` of every endpoint that an agent may ask: its own in order, then the one that sums up. */
export function modelsNamed(agent: Resource): readonly string[] {
  const summarizer = specOf(agent, 'Agent').context?.compaction?.summarizerRef;
  const names = summarizer === undefined ? modelRefsOf(agent) : [...modelRefsOf(agent), summarizer];
  return [...new Set(names.map((name) => qualify(name, agent.namespace)))];
}

/** Whether a worker of an older engine would ask the endpoint otherwise, or not at all. */
export function isNewerModel({ provider, parameters, pricing, headers, tls }: BundleModel): boolean {
  const newer = [parameters.reasoningEffort, pricing?.cachedInputPerMTok, headers, tls];
  return (provider !== 'scripted' && provider !== 'openaiCompatible') || newer.some((member) => member !== undefined);
}
