import type { Bundle } from '../manifest/bundle.ts';
import type { BundleGuard } from '../manifest/bundle-guard.ts';
import type { BundleAuth } from '../manifest/bundle-secret.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import type { SpecOf } from './typed.ts';

type Auth = NonNullable<SpecOf<'Tool'>['auth']>;

/** How pawl authenticates to the other side, as an absent or present member. */
export function authOf(resource: Resource, auth: Auth | undefined): { readonly auth?: BundleAuth } {
  if (auth === undefined) return {};
  const { profile, secretRef, headerName, tokenUrl, scopes } = auth;
  const secret = { secret: qualify(secretRef.name, resource.namespace), key: secretRef.key };
  if (profile !== 'oauth2ClientCredentials')
    return { auth: { profile, secret, ...(headerName === undefined ? {} : { headerName }) } };
  if (tokenUrl === undefined)
    throw new TypeError(`${resource.address} says nowhere to get a token: validation comes first`);
  const some = scopes === undefined || scopes.length === 0 ? {} : { scopes: [...scopes].sort(compareText) };
  return { auth: { profile, secret, tokenUrl, ...some } };
}

/** A worker of an older engine would send no token. */
export function needsTokens(
  { models, tools }: Pick<Bundle, 'models' | 'tools'>,
  guards: Readonly<Record<string, BundleGuard>> = {},
): boolean {
  const auths = [
    ...Object.values(models).map(({ gateway }) => gateway?.auth),
    ...Object.values(tools).map(({ impl }) => (impl.type === 'http' ? impl.auth : undefined)),
    ...Object.values(guards).map(({ provider }) => ('auth' in provider ? provider.auth : undefined)),
  ];
  return auths.some((auth) => auth?.profile === 'oauth2ClientCredentials');
}
