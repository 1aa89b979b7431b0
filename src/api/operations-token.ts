import type { PersonRole, Proof, RoleBinding } from '../policy/person.ts';

/** What the doors ask of the ways in: who somebody is there, and the tokens. */
export interface TokenOperations {
  /** Who asks, as the door has proved it. */
  whoami(): Promise<WhoamiRecord>;
  /** Those in use, and those that ended lately; the newest first. */
  tokens(): Promise<readonly TokenRecord[]>;
  /** The answer alone has the token; it is kept nowhere. */
  createToken(request: CreateTokenRequest): Promise<CreatedToken>;
  revokeToken(id: string): Promise<TokenRecord>;
}

export interface WhoamiRecord {
  readonly name: string;
  readonly proof: Proof;
  /** That their token carries. */
  readonly groups: readonly string[];
  readonly roles: readonly RoleBinding[];
  /** By environment: the roles there, with what `access` of its pawl.yaml adds, and the groups they are of. */
  readonly environments: readonly {
    readonly environment: string;
    readonly roles: readonly RoleBinding[];
    readonly groups: readonly string[];
  }[];
}

export interface CreateTokenRequest {
  /** Whose it is, for records and votes. */
  readonly name: string;
  readonly role: PersonRole;
  /** Absent: in all. */
  readonly namespaces?: readonly string[];
  /** Of pawl.yaml. */
  readonly groups: readonly string[];
  readonly lifeMs: number;
}

export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly RoleBinding[];
  readonly groups: readonly string[];
  readonly createdBy: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** To the minute. */
  readonly usedAt: string | undefined;
  readonly revokedAt: string | undefined;
}

export interface CreatedToken extends TokenRecord {
  readonly token: string;
}
