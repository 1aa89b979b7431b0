import { isPawlError } from '../errors.ts';
import type { BundleModel } from '../manifest/bundle.ts';
import { type AuthHeader, authorised } from '../tools/auth.ts';
import { type Network, systemNetwork } from '../tools/connect.ts';
import { egress, type EgressOutcome } from '../tools/egress.ts';
import type { Secrets } from '../tools/secrets.ts';
import { isRecord, listAt, textAt } from './wire.ts';

export interface ModelFinding {
  readonly subject: 'endpoint' | 'model';
  readonly state: 'ok' | 'failing' | 'unknown';
  /** A stable word. */
  readonly reason: string;
  /** Names and codes alone; nothing of an answer. */
  readonly detail: string;
}

export interface ProbeOptions {
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  /** Absent: the machine's own resolver and roots. */
  readonly network?: Network;
}

const responseBytesMax = 1024 * 1024;

/** Providers that tell of one model by its name, aliases included, at `models/<name>` below their address. */
const tellsOfOne: ReadonlySet<BundleModel['provider']> = new Set(['openai', 'anthropic']);
/** Those that list what they have, and nothing else under other names. */
const lists: ReadonlySet<BundleModel['provider']> = new Set(['openaiCompatible', 'ollama']);

const baseUrls: Readonly<Partial<Record<BundleModel['provider'], string>>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  ollama: 'http://127.0.0.1:11434/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
};

/**
 * Whether an endpoint answers, and whether it has its model: one request that asks no model anything, under the same
 * guard, to the same host and with the same key as calls.
 */
export async function probeModel(model: BundleModel, options: ProbeOptions): Promise<readonly ModelFinding[]> {
  const base = (model.baseUrl ?? baseUrls[model.provider] ?? bedrockUrl(model))?.replace(/\/+$/, '');
  if (model.provider === 'scripted' || base === undefined) return [];
  const asks = tellsOfOne.has(model.provider) || lists.has(model.provider);
  const path = tellsOfOne.has(model.provider) ? `/models/${encodeURIComponent(model.model)}` : '/models';
  try {
    const outcome = await ask(model, asks ? `${base}${path}` : base, { ...options, base });
    const endpoint = endpointOf(outcome, asks);
    if (!asks || outcome.kind !== 'answered') return [endpoint];
    return [endpoint, ...modelOf(model, outcome)];
  } catch (error) {
    // The key that it is asked with cannot be read: the Secret's own row says why.
    const detail = isPawlError(error) ? error.code : 'internal.unexpected';
    return [{ subject: 'endpoint', state: 'unknown', reason: 'not_asked', detail }];
  }
}

function bedrockUrl({ provider, region }: BundleModel): string | undefined {
  return provider === 'bedrock' && region !== undefined ? `https://bedrock-runtime.${region}.amazonaws.com` : undefined;
}

async function ask(
  model: BundleModel,
  url: string,
  { secrets, signal, deadlineMs, network = systemNetwork, base }: ProbeOptions & { readonly base: string },
): Promise<EgressOutcome> {
  const key = model.auth && (await secrets.resolve(model.auth));
  const ca = model.tls && (await secrets.certificate(model.tls.ca));
  const headers: Record<string, string> = { ...model.headers, ...keyHeaders(model, key) };
  const { protocol, host } = new URL(base);
  const { allowPrivate } = model;
  const send = (auth: AuthHeader | undefined, leftMs: number): Promise<EgressOutcome> => {
    const own = auth === undefined ? headers : { ...headers, [auth.name]: auth.value };
    return egress(
      { method: 'GET', url, headers: own, credentials: [], deadlineMs: leftMs, responseBytesMax, redirects: 0, signal },
      { hosts: [`${protocol}//${host}`], allowPrivate },
      ca === undefined ? network : { ...network, ca },
    );
  };
  return authorised(model.gateway?.auth, { allowPrivate, network, secrets, signal, deadlineMs }, send);
}

/** Only where the model's list is asked: a bare address needs none. */
function keyHeaders({ provider }: BundleModel, key: string | undefined): Readonly<Record<string, string>> {
  if (key === undefined || !(tellsOfOne.has(provider) || lists.has(provider))) return {};
  if (provider === 'anthropic') return { 'x-api-key': key, 'anthropic-version': '2023-06-01' };
  return { authorization: `Bearer ${key}` };
}

function endpointOf(outcome: EgressOutcome, isAuthentic: boolean): ModelFinding {
  const subject = 'endpoint';
  if (outcome.kind !== 'answered')
    return { subject, state: 'failing', reason: outcome.kind, detail: outcome.message.slice(0, 300) };
  const { status } = outcome;
  const detail = `HTTP ${status}`;
  if (isAuthentic && (status === 401 || status === 403))
    return { subject, state: 'failing', reason: 'credentials_refused', detail };
  if (status >= 500) return { subject, state: 'failing', reason: 'server_error', detail };
  return { subject, state: 'ok', reason: 'answered', detail };
}

function modelOf(
  { provider, model }: BundleModel,
  { status, body }: Extract<EgressOutcome, { kind: 'answered' }>,
): readonly ModelFinding[] {
  const finding = (state: ModelFinding['state'], reason: string): readonly ModelFinding[] => [
    { subject: 'model', state, reason, detail: `${model}, HTTP ${status}` },
  ];
  if (tellsOfOne.has(provider)) {
    if (status === 404) return finding('failing', 'model_unknown');
    return status === 200 ? finding('ok', 'known') : finding('unknown', 'not_told');
  }
  const names = status === 200 ? namesIn(body) : [];
  if (names.length === 0) return finding('unknown', 'not_told');
  const isThere = names.includes(model) || names.includes(`${model}:latest`);
  return isThere ? finding('ok', 'known') : finding('failing', 'model_unknown');
}

function namesIn(body: Uint8Array): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
    return isRecord(parsed) ? listAt(parsed, 'data').flatMap((one) => textAt(one, 'id') ?? []) : [];
  } catch {
    return []; // A server without such a list answers with what it likes.
  }
}
