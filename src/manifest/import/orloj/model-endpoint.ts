import type { JsonObject } from '../../json.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { mapped } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { isPrivateUrl } from '../private-url.ts';
import { orlojMetadata, orlojVersions } from './orloj-metadata.ts';
import { orlojSecret } from './secret-reference.ts';

/** Where a model is asked. */
export const modelEndpoint: ForeignKind = {
  kind: 'ModelEndpoint',
  apiVersions: orlojVersions,
  fields: {
    ...orlojMetadata,
    'spec.provider': mapped('string', '`ModelEndpoint.spec.provider`; `mock` and providers of plugins are refused'),
    'spec.base_url': mapped('string', '`ModelEndpoint.spec.baseUrl`, with the path that pawl expects'),
    'spec.default_model': mapped({ type: 'string', required: true, minLength: 1 }, '`ModelEndpoint.spec.model`'),
    'spec.options.*': mapped('string', '`ModelEndpoint.spec.parameters`, `apiVersion` or `region`, by its name'),
    'spec.auth.secretRef': mapped('string', '`ModelEndpoint.spec.auth.secretRef`, with the key `value`'),
    'spec.allowPrivate': mapped('boolean', '`ModelEndpoint.spec.allowPrivate`'),
  },
  fate: { fate: 'mapped', becomes: 'ModelEndpoint', convert },
};

const providers: Readonly<Record<string, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  'azure-openai': 'azureOpenai',
  ollama: 'ollama',
  'openai-compatible': 'openaiCompatible',
  bedrock: 'bedrock',
};

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const provider = providerOf(spec.get('provider'));
  const baseUrl = baseUrlOf(spec.get('base_url'), provider);
  const options = optionsOf(spec.get('options'), provider);
  const allowPrivate = allowPrivateOf(spec.get('allowPrivate'), { provider, baseUrl });
  const secretRef = orlojSecret(spec.at('auth', 'secretRef'), conversion);
  conversion.become(
    document,
    given({
      provider,
      model: spec.get('default_model').text(),
      baseUrl,
      ...options,
      auth: secretRef === undefined ? undefined : { secretRef: { ...secretRef } },
      allowPrivate,
    }),
  );
}

function providerOf(node: ForeignNode): string {
  const written = (node.text() ?? 'openai').trim().toLowerCase();
  const provider = Object.hasOwn(providers, written) ? providers[written] : undefined;
  if (provider !== undefined) return provider;
  if (written === 'mock') {
    const help = 'Import with `--scripted`: all models then answer from a script that you can edit.';
    node.refuse({ message: 'The provider `mock` answers by code inside of Orloj.', help });
  } else {
    const message = `The provider \`${shownText(written)}\` is a plugin of that installation.`;
    node.refuse({ message, help: 'Reach it as `openai-compatible`, if it speaks that protocol.' });
  }
  return 'openai';
}

/** pawl names the root of the API with its version; Orloj adds a part of it by itself for two of the providers. */
const apiPaths: Readonly<Record<string, string>> = { ollama: '/v1', azureOpenai: '/openai' };

function baseUrlOf(node: ForeignNode, provider: string): string | undefined {
  const written = node.text()?.trim() ?? '';
  if (written === '') {
    if (provider === 'azureOpenai' || provider === 'openaiCompatible')
      node.refuse({ code: 'import.schema', message: `A \`${provider}\` endpoint needs a \`base_url\`.` });
    return undefined;
  }
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') {
    const message = url === undefined ? 'This is no URL.' : 'The URL holds a user or a password.';
    node.refuse({ message, help: 'Write the URL alone; credentials go into a Secret.' });
    return undefined;
  }
  const path = apiPaths[provider];
  if (path === undefined || (url.pathname !== '/' && url.pathname !== '')) return written;
  return `${written.replace(/\/+$/, '')}${path}`;
}

function allowPrivateOf(
  node: ForeignNode,
  { provider, baseUrl }: { readonly provider: string; readonly baseUrl: string | undefined },
): boolean | undefined {
  const written = node.boolean();
  if (written !== undefined) return written;
  // Orloj lets Ollama alone be on a private address without being told so.
  if (provider === 'ollama') return true;
  if (baseUrl !== undefined && isPrivateUrl(baseUrl))
    node.document.spec
      .get('base_url')
      .flag('import.stricter', 'The address is a private one: pawl connects to it only with `allowPrivate: true`.');
  return undefined;
}

type Options = Readonly<Record<string, JsonObject | string | undefined>>;

/** Numbers among the options, by their names in Orloj. */
const numbers: Readonly<Record<string, string>> = {
  max_tokens: 'maxOutputTokens',
  max_output_tokens: 'maxOutputTokens',
  temperature: 'temperature',
  top_p: 'topP',
  seed: 'seed',
};

function optionsOf(node: ForeignNode, provider: string): Options {
  const parameters: Record<string, string> = {};
  const fields: Record<string, string> = {};
  for (const [key, option] of node.entries()) {
    const name = key.trim().toLowerCase();
    const value = option.text()?.trim() ?? '';
    const parameter = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
    if (parameter !== undefined) {
      if (Number.isFinite(Number(value)) && value !== '') parameters[parameter] = value;
      else option.refuse({ message: `\`${shownText(key)}\` is no number.`, help: 'Write a number, or remove it.' });
    } else if (name === 'api_version' && provider === 'azureOpenai') fields['apiVersion'] = value;
    else if (name === 'region' && provider === 'bedrock') fields['region'] = value;
    else if (name === 'anthropic_version') option.ignore('pawl says itself which version of the API it speaks.');
    else dropOption(key, option);
  }
  const isEmpty = Object.keys(parameters).length === 0;
  return { parameters: isEmpty ? undefined : parameters, ...fields };
}

function dropOption(key: string, option: ForeignNode): void {
  option.drop({
    message: `pawl has no option \`${shownText(key)}\` for this provider: calls are made without it.`,
    help: 'Look through `parameters` and `headers` of a ModelEndpoint: `pawl explain ModelEndpoint.spec`.',
  });
}
