import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { allowPrivate } from '../private-url.ts';

interface ApiParts {
  readonly conversion: Conversion;
  readonly field: (name: string) => ForeignNode;
  readonly inputSchema: JsonObject;
  readonly spec: ForeignNode;
}

/** A tool behind a URL: its arguments go into the query where the method has no body, else into a JSON body. */
export function apiBlock({ conversion, field, inputSchema, spec }: ApiParts): JsonObject | undefined {
  const url = urlOf(field('endpoint'), spec);
  const auth = authOf(conversion, field('auth'));
  const written = field('method');
  const method = written.text() ?? 'POST';
  if (!written.exists)
    spec.get('type').flag('import.assumed', 'The method is not said: here the arguments are posted as JSON.');
  if (url === undefined || spec.document.isRefused) return undefined;
  const names = isJsonObject(inputSchema['properties']) ? Object.keys(inputSchema['properties']) : [];
  const left = names.filter((name) => !url.text.includes(`{${name}}`));
  const places: Json = Object.fromEntries(left.map((name) => [name, `{${name}}`]));
  const hasBody = !['GET', 'HEAD', 'DELETE'].includes(method);
  const http = given({
    method,
    url: url.text,
    query: hasBody || left.length === 0 ? undefined : places,
    body: hasBody ? places : undefined,
  });
  return given({
    type: 'http',
    http,
    egress: given({ hosts: [url.host], allowPrivate: allowPrivate(field('endpoint'), url.origin) }),
    auth,
  });
}

function urlOf(node: ForeignNode, spec: ForeignNode): { text: string; host: string; origin: string } | undefined {
  const text = node.text() ?? '';
  const origin = /^(https?):\/\/([a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[1-9][0-9]{0,4})?)(?=[/?#]|$)/.exec(text);
  const [whole, scheme, host] = origin ?? [];
  if (whole === undefined || host === undefined) {
    const place = node.exists ? node : spec;
    place.refuse({
      code: 'import.schema',
      message: 'A tool of type `api` needs an `endpoint`: a URL with a host in small letters, and no user.',
    });
    return undefined;
  }
  return { text, host: scheme === 'http' ? `http://${host}` : host, origin: whole };
}

function authOf(conversion: Conversion, auth: ForeignNode): JsonObject | undefined {
  const type = auth.get('type').text() ?? 'bearer';
  const secret = auth.get('secretRef');
  const [name, key, header] = [secret.get('name').text(), secret.get('key').text(), auth.get('header').text()];
  if (!auth.exists || type === 'none') return undefined;
  if (name === undefined || key === undefined) {
    auth.refuse({
      code: 'import.schema',
      message: `\`${auth.field}\` needs a \`secretRef\` with \`name\` and \`key\`.`,
    });
    return undefined;
  }
  const profile = type === 'apiKey' || (header !== undefined && type === 'bearer') ? 'apiKeyHeader' : type;
  return given({
    profile,
    secretRef: conversion.secretKey(secret.get('name'), { name, key }),
    headerName: profile === 'apiKeyHeader' ? (header ?? 'X-API-Key') : undefined,
  });
}
