import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { orlojPrivate } from './private-host.ts';
import { toolAuth } from './tool-auth.ts';
import { argumentNames, inputSchemaOf, isPlaceholderName } from './tool-input.ts';

/** Where the tool says nothing of its arguments, Orloj gives the service whatever the model writes. */
const assumedInput: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['input'],
  properties: { input: { type: 'string', description: 'What the tool is asked.' } },
};

/** A POST of the arguments as JSON. */
export function httpBlock(document: ForeignDocument, conversion: Conversion): JsonObject | undefined {
  const { spec } = document;
  const node = spec.get('endpoint');
  const url = urlOf(node, document);
  const schema = inputSchemaOf(document, assumedInput);
  const body = schema === undefined ? undefined : bodyOf(document, schema);
  const auth = toolAuth(spec.get('auth'), conversion);
  if (url === undefined || schema === undefined || body === undefined || document.isRefused) return undefined;
  const hosts = [hostOf(url), ...(auth?.tokenUrl === undefined ? [] : [hostOf(new URL(auth.tokenUrl))])];
  const mode = spec.at('runtime', 'isolation_mode');
  if (mode.exists) mode.ignore('The tool runs elsewhere: there is nothing to isolate.');
  return given({
    type: 'http',
    inputSchema: schema,
    http: { method: 'POST', url: url.href.replaceAll('{', '%7B').replaceAll('}', '%7D'), body },
    egress: given({ hosts: [...new Set(hosts)], allowPrivate: orlojPrivate(node, url.href) }),
    auth: auth?.auth,
  });
}

function urlOf(node: ForeignNode, document: ForeignDocument): URL | undefined {
  const text = node.text()?.trim() ?? '';
  const at = node.exists ? node : document.root.at('metadata', 'name');
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    const message = text === '' ? 'The tool has no `endpoint`.' : 'The `endpoint` is no address of HTTP.';
    at.refuse({ message, help: 'Write the address that is called: `https://…`.' });
    return undefined;
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    const help = 'Put them into a Secret, name it in `auth.secretRef`, and change them: they stood in the file.';
    at.refuse({ code: 'import.secret_value', message: 'The address holds credentials.', help });
    return undefined;
  }
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(url.hostname)) {
    at.refuse({ message: 'pawl cannot declare this host.', help: 'Give the host a DNS name, or an IPv4 address.' });
    return undefined;
  }
  return url;
}

/** As `egress.hosts` has it: with the port where it is not the scheme's, and the scheme where it is not TLS. */
function hostOf({ protocol, host }: URL): string {
  return protocol === 'http:' ? `http://${host}` : host;
}

/** Each argument under its name, as Orloj sends what the model wrote. */
function bodyOf(document: ForeignDocument, schema: JsonObject): JsonObject | undefined {
  const names = argumentNames(schema);
  const node = document.spec.get('input_schema');
  const odd = names.find((name) => !isPlaceholderName(name));
  if (odd !== undefined) {
    const help = 'Call the argument by letters, digits, `_` and `-`.';
    node.at('properties', odd).refuse({ message: 'A request of pawl cannot name this argument.', help });
    return undefined;
  }
  if (schema['additionalProperties'] !== false && node.exists) {
    const message =
      'Arguments that the schema does not name are not sent, as pawl writes the body from the names: say `additionalProperties: false`.';
    node.flag('import.stricter', message);
  }
  return Object.fromEntries(names.map((name) => [name, `{${name}}`]));
}
