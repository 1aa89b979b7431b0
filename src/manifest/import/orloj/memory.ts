import type { JsonObject } from '../../json.ts';
import { isServiceUrl } from '../../meaning-memory.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { ignored, mapped } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { foreignKey } from '../foreign-estate.ts';
import { given } from '../given.ts';
import { orlojMetadata, orlojVersions } from './orloj-metadata.ts';
import { isOrloj, orlojName, sameName } from './orloj-name.ts';
import { orlojSecret } from './secret-reference.ts';
import { orlojPrivate } from './private-host.ts';

/** What agents remember. */
export const memory: ForeignKind = {
  kind: 'Memory',
  apiVersions: orlojVersions,
  fields: {
    ...orlojMetadata,
    'spec.type': ignored('string', 'It only describes: the provider decides.'),
    'spec.provider': mapped('string', '`Memory.spec.type`; providers of plugins are refused'),
    'spec.embedding_model': mapped('string', '`Memory.spec.longTerm.embeddingRef`, where its model is known'),
    'spec.endpoint': mapped('string', '`Memory.spec.http.url`; the database of `pgvector` is left behind'),
    'spec.endpoint_secret_ref': mapped('string', 'a Secret is not read for a URL: refused for `http`'),
    'spec.auth.secretRef': mapped('string', '`Memory.spec.http.auth.secretRef`, with the key `value`'),
    'spec.options.table': ignored('string', 'Orloj documents it and does not keep it.'),
  },
  fate: { fate: 'mapped', becomes: 'Memory', convert },
};

function convert(document: ForeignDocument, conversion: Conversion): void {
  const provider = document.spec.get('provider');
  const written = provider.text()?.trim().toLowerCase() ?? '';
  switch (written === '' ? 'in-memory' : written) {
    case 'in-memory':
    case 'memory':
      return convertLocal(document, conversion);
    case 'pgvector':
      return convertVectors(document, conversion);
    case 'http':
      return convertService(document, conversion);
    default:
      provider.refuse({
        message: `The provider \`${shownText(written)}\` is a plugin of that installation.`,
        help: 'Put it behind an HTTP service and use `http`, or reach it with a Tool.',
      });
  }
}

/** pawl's `inMemory` has sessions alone: where agents use keys and search, the database keeps them. */
function convertLocal(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  leaveBehind(spec, 'A memory in the process has no address.');
  leaveOut(spec.get('embedding_model'), 'Nothing is searched by meaning in the memory of a process.');
  if (!isUsedByTools(document, conversion)) {
    conversion.become(document, { type: 'inMemory' });
    return;
  }
  const message =
    'Agents read and write it with tools, which pawl has for memories in its database alone: it is `postgres`, and outlives the process.';
  document.root.at('metadata', 'name').flag('import.store', message);
  conversion.become(document, { type: 'postgres', longTerm: {} });
}

function isUsedByTools(document: ForeignDocument, { estate }: Conversion): boolean {
  return [...estate.documents.keys()].some((agent) => {
    if (!isOrloj(agent, 'Agent')) return false;
    const { value } = agent.spec.at('memory', 'ref');
    if (typeof value !== 'string' || agent.spec.at('memory', 'allow').items().length === 0) return false;
    const { namespace = agent.namespace, name } = orlojName(value);
    return namespace === document.namespace && sameName(name, document.name);
  });
}

/** Lengths of the embeddings of models that are known by name; pawl wants them written down. */
const dimensionsOf: Readonly<Record<string, number>> = {
  'text-embedding-3-large': 3072,
  'text-embedding-3-small': 1536,
  'text-embedding-ada-002': 1536,
  'nomic-embed-text': 768,
  'mxbai-embed-large': 1024,
};

function convertVectors(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  leaveBehind(spec, 'Memories are kept in the database of pawl: there is no other to name.');
  conversion.become(document, { type: 'postgres', longTerm: embeddingOf(spec.get('embedding_model'), conversion) });
}

function embeddingOf(node: ForeignNode, conversion: Conversion): JsonObject {
  const written = node.text()?.trim() ?? '';
  const { namespace = node.document.namespace, name } = orlojName(written);
  const endpoint = conversion.estate.find(foreignKey('ModelEndpoint', namespace, name), node.document);
  const model = endpoint?.spec.get('default_model').value;
  const dimensions = typeof model === 'string' && Object.hasOwn(dimensionsOf, model) ? dimensionsOf[model] : undefined;
  if (endpoint !== undefined && dimensions !== undefined) {
    const embeddingRef = conversion.refer(node, { kinds: ['ModelEndpoint'], namespace, name, as: 'ModelEndpoint' });
    return { embeddingRef, dimensions };
  }
  const why =
    written === ''
      ? 'it names no model that embeds them'
      : endpoint === undefined
        ? `no file declares a ModelEndpoint \`${shownText(written)}\``
        : 'nothing says how long the embeddings of its model are';
  const message = `Memories are found by their words, and not by meaning: ${why}. Write \`embeddingRef\` and \`dimensions\` for that.`;
  node.flag('import.store', message);
  return {};
}

function convertService(document: ForeignDocument, conversion: Conversion): void {
  const { spec } = document;
  leaveOut(spec.get('embedding_model'), 'The service makes its own embeddings.');
  const endpoint = spec.get('endpoint');
  const hidden = spec.get('endpoint_secret_ref');
  if (hidden.text() !== undefined)
    return hidden.refuse({ message: 'pawl reads no URL from a Secret.', help: 'Write the URL into `endpoint`.' });
  const url = endpoint.text()?.trim() ?? '';
  if (url === '' || !URL.canParse(url)) {
    endpoint.refuse({ code: 'import.schema', message: 'A memory of `http` needs the URL of its service.' });
    return;
  }
  if (!isServiceUrl(url)) {
    const message = 'pawl asks the service at paths beneath the URL, behind which no `?` and no `#` can stand.';
    return endpoint.refuse({ message, help: 'Put what it says into the path, or the token into a Secret.' });
  }
  if (/^[a-z]+:\/\/[^/]*@/.test(url)) {
    endpoint.refuse({ message: 'The URL holds a user or a password.', help: 'Put the token into a Secret.' });
    return;
  }
  const allowPrivate = orlojPrivate(endpoint, url);
  if (allowPrivate === undefined && new URL(url).protocol === 'http:') {
    const message =
      'pawl speaks to a service over TLS where `allowPrivate` does not say that its address is a private one.';
    return endpoint.refuse({ message, help: 'Write `https://`, or the Memory by hand with `allowPrivate: true`.' });
  }
  endpoint.flag(
    'import.store',
    'pawl asks the service by its own protocol, as docs/memory.md has it: put that in front of it.',
  );
  const secretRef = orlojSecret(spec.at('auth', 'secretRef'), conversion);
  const auth = secretRef === undefined ? undefined : { profile: 'bearer', secretRef: { ...secretRef } };
  conversion.become(document, { type: 'http', http: given({ url, auth, allowPrivate }) });
}

/** Where the other system keeps it is of no use to pawl; a password in the address is known to whoever reads the file. */
function leaveBehind(spec: ForeignNode, reason: string): void {
  const endpoint = spec.get('endpoint');
  if (endpoint.exists) {
    if (typeof endpoint.value === 'string' && /^[a-z]+:\/\/[^/]*:[^/]*@/.test(endpoint.value))
      endpoint.flag(
        'import.secret_value',
        'The address holds a password. It is not carried over: set another one there.',
      );
    else endpoint.ignore(reason);
  }
  leaveOut(spec.get('endpoint_secret_ref'), reason);
  leaveOut(spec.at('auth', 'secretRef'), reason);
}

function leaveOut(node: ForeignNode, reason: string): void {
  if (node.exists) node.ignore(reason);
}
