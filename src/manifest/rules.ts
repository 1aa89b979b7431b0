/**
 * What judges a plan: who may acknowledge what, who owns which files, when a plan is refused. From the base side: the
 * rules of the commit that is live, kept with the environment when it was applied; on the first apply the target's own.
 */
export interface Rules {
  readonly groups: Readonly<Record<string, Group>>;
  readonly ownership: readonly Owned[];
  /** By risk name (`access.widened`), in place of the class's default. */
  readonly approvals: Readonly<Record<string, Approvers>>;
  readonly guards: GuardLimits;
}

export interface Group {
  readonly github?: { readonly teams?: readonly string[]; readonly users?: readonly string[] };
  readonly oidc?: readonly { readonly issuer?: string; readonly claim: string; readonly value: string }[];
}

export interface Owned {
  readonly path: string;
  readonly namespaces?: readonly string[];
  readonly kinds?: readonly string[];
  readonly owners?: readonly string[];
}

/** Groups and users of whom `min` different people must agree. Neither: whoever asks, once. */
export interface Approvers {
  readonly groups: readonly string[];
  readonly users: readonly string[];
  readonly min: number;
}

export interface GuardLimits {
  readonly maxDeletes: number;
  readonly maxDeletePercent: number;
  readonly maxUpdates: number;
  readonly maxUpdatePercent: number;
  readonly protectedKinds: readonly string[];
}

/** What holds where `pawl.yaml` says nothing. */
export const ordinaryRules: Rules = {
  groups: {},
  ownership: [],
  approvals: {},
  guards: { maxDeletes: 5, maxDeletePercent: 10, maxUpdates: 10, maxUpdatePercent: 30, protectedKinds: [] },
};
