import type { ApiSettings } from '../config-api.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Check } from './app-port.ts';

/** Who is let in by the API of `pawl serve`, in counts and names of places: never a token, a claim or a person. */
export interface DoorInspection {
  /** Tokens that are good now; undefined: the database was not looked at. */
  readonly tokens: number | undefined;
  /** Of the identity provider, where one is set: why its keys cannot be had; undefined: they can. */
  readonly provider?: { readonly issuer: string; readonly fault: string | undefined };
}

export function checkIdentity({ tls, isProxied }: ApiSettings, { tokens, provider }: DoorInspection): readonly Check[] {
  const name = 'identity';
  const ways = [
    ...(tokens === undefined || tokens === 0 ? [] : [tokens === 1 ? '1 token' : `${tokens} tokens`]),
    ...(provider === undefined ? [] : [`identity provider ${neutral(provider.issuer)}`]),
  ];
  const wire = tls === undefined ? (isProxied ? ', behind a proxy that ends TLS' : '') : ', over TLS';
  const known = tokens === undefined ? ', and tokens that were not counted' : '';
  const detail = ways.length === 0 ? `this user alone${known}` : `this user, ${ways.join(', ')}${known}${wire}`;
  const checks: Check[] = [{ name, state: 'ok', detail }];
  if (provider?.fault !== undefined) {
    checks.push({
      name: 'identity provider',
      state: 'warning',
      detail: `${neutral(provider.issuer)} lets nobody in: ${neutral(provider.fault)}`,
      help: 'Check PAWL_OIDC_ISSUER, and that this machine reaches it.',
    });
  }
  return checks;
}
