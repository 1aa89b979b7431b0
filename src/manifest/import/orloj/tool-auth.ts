import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';
import { orlojSecret } from './secret-reference.ts';

const profiles: Readonly<Record<string, string>> = {
  bearer: 'bearer',
  api_key_header: 'apiKeyHeader',
  basic: 'basic',
  oauth2_client_credentials: 'oauth2ClientCredentials',
};

export interface ToolAuth {
  readonly auth: JsonObject;
  /** Where a token is got first. */
  readonly tokenUrl?: string;
}

/** How a tool or a server is authenticated to; `bearer` where a Secret is named and no profile. */
export function toolAuth(node: ForeignNode, conversion: Conversion): ToolAuth | undefined {
  const secretRef = orlojSecret(node.get('secretRef'), conversion);
  const profile = profiles[node.get('profile').text() ?? 'bearer'] ?? 'bearer';
  const headerName = fieldOf(node.get('headerName'), profile === 'apiKeyHeader' && secretRef !== undefined);
  const tokenUrl = fieldOf(node.get('tokenURL'), profile === 'oauth2ClientCredentials' && secretRef !== undefined);
  const scopes = scopesOf(node.get('scopes'), profile === 'oauth2ClientCredentials' && secretRef !== undefined);
  if (secretRef === undefined) return undefined;
  if (tokenUrl !== undefined && !isAddress(tokenUrl)) {
    node
      .get('tokenURL')
      .refuse({ message: 'This is no address of HTTP without credentials.', help: 'Write `https://…`.' });
    return undefined;
  }
  if (profile === 'basic' || profile === 'oauth2ClientCredentials') {
    const form = profile === 'basic' ? 'user:password' : 'client_id:client_secret';
    node.get('secretRef').flag('import.assumed', `The value is \`${form}\` in pawl: set it so.`);
  }
  const auth = given({ profile, secretRef, headerName, tokenUrl, scopes });
  return tokenUrl === undefined ? { auth } : { auth, tokenUrl };
}

function fieldOf(node: ForeignNode, isUsed: boolean): string | undefined {
  const text = node.text()?.trim() ?? '';
  if (text === '') return undefined;
  if (!isUsed) node.ignore('The profile does not use it.');
  return isUsed ? text : undefined;
}

function scopesOf(node: ForeignNode, isUsed: boolean): string[] | undefined {
  const scopes = [...new Set(node.texts().map((scope) => scope.trim()))].filter((scope) => scope !== '');
  if (scopes.length === 0) return undefined;
  if (!isUsed) node.ignore('The profile does not use it.');
  return isUsed ? scopes : undefined;
}

function isAddress(text: string): boolean {
  return /^https?:\/\/[^\s@\\]+$/.test(text) && URL.canParse(text);
}
