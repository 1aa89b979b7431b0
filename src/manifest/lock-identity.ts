import { canonicalText } from './digest.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { PinnedServer } from './lock.ts';
import { listAt } from './manifest-reference.ts';
import { compareText } from './problem.ts';

type ServerIdentity = PinnedServer['identity'];

/** What of an McpServer's `spec` says which server it is. Values of variables and headers do not. */
export function identityOf(spec: JsonObject): ServerIdentity {
  const { transport, command, url, image } = spec;
  const args = listAt(spec, 'args').filter((arg) => typeof arg === 'string');
  const env = namesIn(listAt(spec, 'env'));
  const headers = namesIn(listAt(spec, 'headersFrom')).map((name) => name.toLowerCase());
  return {
    transport: transport === 'http' || transport === 'container' ? transport : 'stdio',
    ...(typeof command === 'string' ? { command } : {}),
    ...(args.length === 0 ? {} : { args }),
    ...(env.length === 0 ? {} : { env: env.sort(compareText) }),
    ...(typeof url === 'string' ? { url } : {}),
    ...(headers.length === 0 ? {} : { headers: headers.sort(compareText) }),
    ...(typeof image === 'string' ? { image } : {}),
  };
}

/** The first field of the `spec` that is another than when the server was pinned. */
export function changedField(spec: JsonObject, pinned: ServerIdentity): string | undefined {
  const declared: Readonly<Record<string, Json | undefined>> = { ...identityOf(spec) } as JsonObject;
  const before: Readonly<Record<string, Json | undefined>> = { ...pinned } as JsonObject;
  const field = fields.find((name) => textOf(declared[name]) !== textOf(before[name]));
  return field === 'headers' ? 'headersFrom' : field;
}

const fields = ['transport', 'command', 'args', 'env', 'url', 'headers', 'image'];

function textOf(value: Json | undefined): string {
  return value === undefined ? '' : canonicalText(value);
}

function namesIn(entries: readonly Json[]): string[] {
  return entries.flatMap((entry) => (isJsonObject(entry) && typeof entry['name'] === 'string' ? [entry['name']] : []));
}
