import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { listAt, objectAt } from '../manifest/manifest-reference.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Resource } from '../manifest/resource.ts';
import { kept } from '../policy/kept.ts';
import { usesOf } from './uses.ts';

/** Where calls through one resource go by themselves, and which secrets they read. */
export interface Destinations {
  /** `called`: a URL of the resource has it. `declared`: it may be connected to, e.g. by a redirect. */
  readonly hosts: ReadonlyMap<string, 'called' | 'declared'>;
  /** `Secret/ns/name#key`. */
  readonly secrets: ReadonlySet<string>;
}

export const destinationsOf = kept((resource: Resource): Destinations => {
  const spec = objectAt(resource.manifest, 'spec');
  const hosts = new Map<string, 'called' | 'declared'>();
  for (const host of declaredBy(spec)) hosts.set(host, 'declared');
  for (const url of urlsOf(resource, spec)) hosts.set(hostOf(url), 'called');
  const secrets = usesOf(resource).flatMap(({ kind, address, key }) =>
    kind === 'Secret' ? [`${address}#${key ?? '*'}`] : [],
  );
  return { hosts, secrets: new Set(secrets) };
});

function declaredBy(spec: JsonObject): readonly string[] {
  return listAt(objectAt(spec, 'egress'), 'hosts').flatMap((host) =>
    typeof host === 'string' ? [canonical(host)] : [],
  );
}

function urlsOf({ kind }: Resource, spec: JsonObject): readonly string[] {
  const tokens = [objectAt(spec, 'auth')['tokenUrl']];
  switch (kind) {
    case 'Tool':
      return texts([objectAt(spec, 'http')['url'], ...tokens]);
    case 'ModelEndpoint':
      return endpointUrls(spec);
    case 'McpServer':
    case 'Gateway':
      return texts([spec['url'], ...tokens]);
    case 'Memory':
      return urlAndToken(objectAt(spec, 'http'));
    case 'Guard':
      return guardUrls(objectAt(spec, 'provider'));
    case 'Agent':
      return agentUrls(spec);
    case 'AlertReceiver':
      return texts([objectAt(spec, 'webhook')['url'], mailUrl(objectAt(spec, 'email'))]);
    default:
      return [];
  }
}

/** Where a provider answers when nothing else is written. */
const providerUrls: Readonly<Record<string, (spec: JsonObject) => string>> = {
  openai: () => 'https://api.openai.com',
  anthropic: () => 'https://api.anthropic.com',
  google: ({ region }) =>
    typeof region === 'string'
      ? `https://${region}-aiplatform.googleapis.com`
      : 'https://generativelanguage.googleapis.com',
  bedrock: ({ region }) => `https://bedrock-runtime.${typeof region === 'string' ? region : '*'}.amazonaws.com`,
  ollama: () => 'http://localhost:11434',
};

/** Through a gateway a call goes to the gateway, whose own destination is counted then. */
function endpointUrls(spec: JsonObject): readonly string[] {
  const { provider, baseUrl, gatewayRef } = spec;
  if (typeof gatewayRef === 'string' || provider === 'scripted') return [];
  if (typeof baseUrl === 'string') return [baseUrl];
  const known = typeof provider === 'string' ? providerUrls[provider] : undefined;
  return known === undefined ? [] : [known(spec)];
}

function guardUrls(provider: JsonObject): readonly string[] {
  const { baseUrl } = objectAt(provider, 'openaiModeration');
  return [
    ...urlAndToken(objectAt(provider, 'http')),
    ...urlAndToken(objectAt(provider, 'presidio')),
    ...texts([baseUrl]),
  ];
}

function agentUrls(spec: JsonObject): readonly string[] {
  const runtime = spec['runtime'];
  const others = listAt(spec, 'agents').filter(isJsonObject);
  return [...others, ...(isJsonObject(runtime) ? [objectAt(runtime, 'external')] : [])].flatMap(urlAndToken);
}

function urlAndToken(holder: JsonObject): readonly string[] {
  return texts([holder['url'], objectAt(holder, 'auth')['tokenUrl']]);
}

function mailUrl({ host, port }: JsonObject): string | undefined {
  return typeof host === 'string' ? `https://${host}:${typeof port === 'number' ? port : 587}` : undefined;
}

function texts(values: readonly (Json | undefined)[]): readonly string[] {
  return values.filter((value) => typeof value === 'string');
}

/** In the grammar of `egress.hosts`: `http://` where there is no TLS, the port where it is not the scheme's. */
function hostOf(url: string): string {
  const [, scheme = 'https', authority = url] = /^(https?):\/\/([^/?#]*)/i.exec(url) ?? [];
  // What is before an @ is a credential. A host with a placeholder is no host yet, and is shown as it is written.
  return canonical(
    `${scheme.toLowerCase() === 'http' ? 'http://' : ''}${authority.slice(authority.lastIndexOf('@') + 1)}`,
  );
}

function canonical(entry: string): string {
  const [, scheme = 'https', wildcard = '', host = ''] = /^(?:(https?):\/\/)?(\*\.)?(.+)$/.exec(entry) ?? [];
  const written = `${scheme}://${host}`;
  const plain = URL.canParse(written) && !/[{}*]/.test(host) ? new URL(written).host : host;
  return neutral(`${scheme === 'http' ? 'http://' : ''}${wildcard}${plain}`);
}
