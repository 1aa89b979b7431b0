import type { BundleAuth, SecretUse } from '../../manifest/bundle-secret.ts';
import type { BundleServer, BundleVariable } from '../../manifest/bundle-world.ts';
import { sha256 } from '../../manifest/digest.ts';
import type { Secrets } from '../secrets.ts';
import { refusal } from './fault.ts';

export type HttpServer = Extract<BundleServer, { transport: 'http' }>;
export type LocalServer = Exclude<BundleServer, { transport: 'http' }>;

/** Tells sessions with other credentials apart, and tells nothing else: a value that changed is another session. */
export async function credentialsDigest(server: BundleServer, secrets: Secrets): Promise<string> {
  const values = await Promise.all(usesOf(server).map((use) => secrets.resolve(use)));
  return sha256(JSON.stringify(values));
}

function usesOf(server: BundleServer): readonly SecretUse[] {
  const variables = server.transport === 'http' ? server.headers : server.env;
  const named = variables.flatMap((variable) => ('secret' in variable ? [variable.secret] : []));
  const auth = server.transport === 'http' ? authOf(server) : undefined;
  return auth === undefined ? named : [...named, auth.secret];
}

/** As whom a server is called: its gateway may have credentials of its own. */
export function authOf({ auth, gateway }: HttpServer): BundleAuth | undefined {
  return gateway?.auth ?? auth;
}

/** Framing, and what the protocol itself says: a header of an author's would lie about one of them. */
const reserved: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'accept',
  'accept-encoding',
  'content-type',
  'last-event-id',
  'mcp-protocol-version',
  'mcp-session-id',
]);

/** Headers of every request, by lower-case name. */
export async function headersOf({ headers }: HttpServer, secrets: Secrets): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const header of headers) {
    const name = header.name.toLowerCase();
    if (reserved.has(name))
      throw refusal(
        'tool.template_invalid',
        `The header ${header.name} is the protocol’s own; take it out of the server.`,
      );
    const value = await valueOf(header, secrets);
    if (!/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value))
      throw refusal('secret.unavailable', `The header ${header.name} would hold a character that no header may hold.`);
    values[name] = value;
  }
  return values;
}

async function valueOf(variable: BundleVariable, secrets: Secrets): Promise<string> {
  return 'secret' in variable ? await secrets.resolve(variable.secret) : variable.value;
}
