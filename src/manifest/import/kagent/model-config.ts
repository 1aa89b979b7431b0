import { own, type JsonObject } from '../../json.ts';
import { keyHeaders, messageHeaders } from '../../meaning-model.ts';
import { secretKind } from '../../secret-literal.ts';
import { namedSecret } from '../../secret-name.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { configValue } from './config-value.ts';
import { modelConfigFieldsV1, modelConfigFieldsV2, modelConfigFieldsV3 } from './model-config-fields.ts';
import { modelConfigRules, modelConfigRulesV1, providerDefault } from './model-config-rules.ts';
import { providers } from './model-provider.ts';
import { readTls } from './tls.ts';

const fate = { fate: 'mapped', becomes: 'ModelEndpoint', convert } as const;

/** A model and how it is asked, in three versions. */
export const modelConfigs: readonly ForeignKind[] = [
  {
    kind: 'ModelConfig',
    apiVersions: ['kagent.dev/v1alpha1'],
    fields: modelConfigFieldsV1,
    rules: modelConfigRulesV1,
    fate,
  },
  {
    kind: 'ModelConfig',
    apiVersions: ['kagent.dev/v1alpha2'],
    fields: modelConfigFieldsV2,
    rules: modelConfigRules,
    fate,
  },
  {
    kind: 'ModelConfig',
    apiVersions: ['kagent.dev/v1alpha3'],
    fields: modelConfigFieldsV3,
    rules: modelConfigRules,
    fate,
  },
];

function convert(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  const provider = spec.get('provider').text() ?? providerDefault;
  const convertProvider = own(providers, provider);
  if (convertProvider === undefined) {
    const help = 'Use another provider, or a gateway in front that speaks chat completions, named in `openAI.baseUrl`.';
    return spec.get('provider').refuse({ message: `pawl does not reach ${shownText(provider)}.`, help });
  }
  const passthrough = spec.get('apiKeyPassthrough');
  if (passthrough.boolean() === true)
    passthrough.refuse({
      message: 'pawl hands no caller’s token on to a model: every run would act with the rights of who asked.',
      help: 'Put a key into a Secret, and name it in `apiKeySecret` and `apiKeySecretKey`.',
    });
  const endpoint = convertProvider(spec, (from) => configValue(conversion, from));
  const tls = readTls(spec.get('tls'));
  const auth = authOf(document, { conversion, provider });
  const headers = headersOf(spec);
  if (document.isRefused) return;
  const written = given({
    ...endpoint,
    auth,
    headers,
    tls: tls && { caSecretRef: conversion.secretKey(tls.node, { name: tls.name, key: tls.key }) },
  });
  conversion.become(document, written);
}

/** Where the keys of the providers stand that read more than one value, or another kind of it, out of the Secret. */
const credentials: Readonly<Record<string, { readonly key: string; readonly what: string }>> = {
  Bedrock: {
    key: 'credentials',
    what: 'one value: an API key of Bedrock, or `id:secret`, or `id:secret:session`',
  },
  GeminiVertexAI: { key: 'credentials', what: 'an access token; kagent mounts the key file of a service account' },
};

function authOf(
  { spec }: ForeignDocument,
  { conversion, provider }: { readonly conversion: Conversion; readonly provider: string },
): JsonObject | undefined {
  const ref = spec.get('apiKeySecretRef').exists ? spec.get('apiKeySecretRef') : spec.get('apiKeySecret');
  const [written, key] = [ref.text(), spec.get('apiKeySecretKey').text()];
  if (written === undefined || written === '') {
    if (provider !== 'Ollama')
      spec
        .get('model')
        .flag(
          'import.credential',
          'No key is named, so none is sent: kagent’s agents may find one in their environment.',
        );
    return undefined;
  }
  const special = own(credentials, provider);
  if (special !== undefined)
    ref.flag('import.credential', `pawl reads ${special.what}. Set the Secret’s key accordingly.`);
  const chosen = key === undefined || key === '' ? special?.key : key;
  if (chosen === undefined) {
    ref.refuse({ message: 'Which key of the Secret holds the API key is not said.', help: 'Write `apiKeySecretKey`.' });
    return undefined;
  }
  const slash = written.indexOf('/');
  const namespace = slash < 0 ? {} : { namespace: written.slice(0, slash) };
  return { secretRef: conversion.secretKey(ref, { ...namespace, name: written.slice(slash + 1), key: chosen }) };
}

function headersOf(spec: ForeignNode): JsonObject | undefined {
  const headers: Record<string, string> = {};
  for (const [name, node] of spec.get('defaultHeaders').entries()) {
    const value = node.text() ?? '';
    if (messageHeaders.includes(name.toLowerCase())) node.ignore('pawl writes this header itself.');
    else if (isSecret(name, value))
      node.refuse({
        code: 'import.secret_value',
        message: `The header \`${shownText(name)}\` looks like a credential in the manifest.`,
        help: 'Replace that credential: it has been in a file. Put the new one into a Secret named in the ModelConfig.',
      });
    else headers[name] = value;
  }
  const organization = spec.at('openAI', 'organization').text();
  if (organization !== undefined && organization !== '') headers['OpenAI-Organization'] = organization;
  return Object.keys(headers).length === 0 ? undefined : headers;
}

function isSecret(name: string, value: string): boolean {
  if (keyHeaders.includes(name.toLowerCase()) || secretKind(value) !== undefined) return true;
  return namedSecret(name, value) !== undefined;
}
