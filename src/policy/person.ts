import type { JsonObject } from '../manifest/json.ts';

/** What the door that let a person in vouches for of the groups that they are of. */
export interface Membership {
  /** Names of `groups` of pawl.yaml: a token's. */
  readonly groups: readonly string[];
  /** Of an identity provider's token: what `groups.<name>.oidc` are held against. */
  readonly claims?: { readonly issuer: string; readonly values: JsonObject };
  /** Of somebody whom GitHub has authenticated: what `groups.<name>.github` are held against. */
  readonly github?: GitHubMembership;
  /** Absent: the name is a local person's, who holds the database itself. */
  readonly proof?: Proof;
}

/** How a door knows who somebody is. */
export type Proof = 'local' | 'token' | 'oidc' | 'github';

export interface GitHubMembership {
  readonly login: string;
  /** `organization/slug`, of those that were asked about: GitHub said at that moment that they are an active member. */
  readonly teams: readonly string[];
}

/**
 * Who asks for something, as the door that let them in has proved it. Never taken from a body: a local command is its
 * operating-system user, a request is its token, a comment on a pull request whoever GitHub says has written it.
 */
export interface Person extends Membership {
  /** Unique among the people of an installation; what records and votes say. */
  readonly name: string;
  readonly proof: Proof;
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
