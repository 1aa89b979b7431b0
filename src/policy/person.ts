import type { JsonObject } from '../manifest/json.ts';

/** What the door that let a person in vouches for of the groups that they are of. */
export interface Membership {
  /** Names of `groups` of pawl.yaml: a token's. */
  readonly groups: readonly string[];
  /** Of an identity provider's token: what `groups.<name>.oidc` are held against. */
  readonly claims?: { readonly issuer: string; readonly values: JsonObject };
}

/**
 * Who asks for something, as the door that let them in has proved it. Never taken from a body: a local command is its
 * operating-system user, a request is its token.
 */
export interface Person extends Membership {
  /** Unique among the people of an installation; what records and votes say. */
  readonly name: string;
  readonly proof: 'local' | 'token' | 'oidc';
  readonly roles: readonly RoleBinding[];
}

/** Whoever opens the database directly, or the folder that holds its token, owns it. */
export function localPerson(name: string): Person {
  return { name, proof: 'local', groups: [], roles: [{ role: 'admin' }] };
}

/** In rising order of what they may do; `approver` and `operator` do not contain each other. */
export type PersonRole = 'reader' | 'author' | 'operator' | 'approver' | 'admin';

export interface RoleBinding {
  readonly role: PersonRole;
  /** Absent: in all. */
  readonly namespaces?: readonly string[];
}
