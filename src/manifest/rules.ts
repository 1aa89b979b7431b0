import type { PawlSettings } from './types.gen.ts';

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
  /** Who may ask what of the doors; absent: nobody but whose token says so. */
  readonly access?: readonly AccessRule[];
  /** What else `pawl.yaml` says of the environment; absent: a build that kept none of it. */
  readonly environment?: EnvironmentRules;
}

/** How an environment comes from Git to be live. It judges no plan, and who changes it decides what the next one is. */
export interface EnvironmentRules {
  readonly branch: string;
  /** The branch that the commit was taken from, where that is another one than it names itself. */
  readonly takenFrom?: string;
  /** In their order: later ones patch earlier ones. */
  readonly paths: readonly string[];
  readonly namespaces?: readonly string[];
  readonly apply: 'auto' | 'manual';
  readonly drift: 'alert' | 'heal';
  readonly windows: readonly Window[];
  readonly signatures: Signatures;
  readonly alerts: readonly string[];
  /** How a revision is watched after its apply; absent: as `ordinaryHealth`. */
  readonly health?: HealthSettings;
  /** Whom values of secrets are encrypted for. */
  readonly recipients: readonly string[];
}

type Environment = PawlSettings['environments'][number];
export type Window = NonNullable<Environment['windows']>[number];
export type HealthSettings = NonNullable<Environment['health']>;
export type Signatures = NonNullable<Environment['signatures']> & {
  /** Digest of the files that it names: another file is another rule. Absent: nobody read them. */
  readonly files?: string;
};

export interface Group {
  readonly github?: { readonly teams?: readonly string[]; readonly users?: readonly string[] };
  readonly oidc?: readonly { readonly issuer?: string; readonly claim: string; readonly value: string }[];
}

/** A role for everybody whom it names. */
export interface AccessRule {
  readonly role: 'reader' | 'author' | 'operator' | 'approver' | 'admin';
  /** Absent: in all. */
  readonly namespaces?: readonly string[];
  readonly groups: readonly string[];
  readonly users: readonly string[];
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

/** What holds where `pawl.yaml` says nothing of `health`. */
export const ordinaryHealth: HealthSettings = { window: '10m', minRuns: 20, maxErrorRate: 10, onFailure: 'alert' };
