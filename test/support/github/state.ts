/** What a person may do in a repository, as GitHub names it. */
export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none';

export interface User {
  readonly id: number;
  readonly login: string;
  readonly type: 'User' | 'Organization' | 'Bot';
}

export interface Pull {
  readonly id: number;
  readonly number: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  draft: boolean;
  readonly user: string;
  readonly head: {
    /** `owner/name`; undefined once that repository is deleted. */
    repository: string | undefined;
    readonly owner: string;
    readonly branch: string;
    sha: string;
  };
  base: { branch: string; sha: string };
  merged: boolean;
  mergedBy: string | undefined;
  mergedAt: string | undefined;
  /** Before the merge the trial's commit, after it the commit that arrived on the base branch. */
  mergeCommit: string | null;
  /** What the API says; null until somebody has asked once. */
  mergeable: boolean | null;
  /** What is known already, and is said at the next question. */
  trial: boolean | null;
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | undefined;
  labels: string[];
  readonly reviews: Review[];
}

export interface Review {
  readonly id: number;
  readonly user: string;
  readonly body: string;
  readonly state: 'approved' | 'changes_requested' | 'commented';
  readonly sha: string;
  readonly submittedAt: string;
}

export interface Issue {
  readonly id: number;
  readonly number: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: 'completed' | 'not_planned' | 'reopened' | null;
  readonly user: string;
  labels: string[];
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | undefined;
}

export interface Reaction {
  readonly id: number;
  readonly user: string;
  readonly content: string;
  readonly createdAt: string;
}

export interface IssueComment {
  readonly id: number;
  /** The issue's or pull request's number. */
  readonly issue: number;
  readonly user: string;
  /** Written by the App, not by its user's token. */
  readonly byApp: boolean;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
  readonly reactions: Reaction[];
}

export interface Annotation {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly level: string;
  readonly message: string;
  readonly title: string | null;
}

export interface CheckRun {
  readonly id: number;
  readonly sha: string;
  name: string;
  status: string;
  conclusion: string | null;
  externalId: string;
  detailsUrl: string | null;
  output: { title: string | null; summary: string | null; text: string | null };
  readonly annotations: Annotation[];
  startedAt: string;
  completedAt: string | null;
}

export interface CommitStatus {
  readonly id: number;
  readonly sha: string;
  readonly state: string;
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly user: string;
  readonly createdAt: string;
}

export interface DeploymentStatus {
  readonly id: number;
  readonly state: string;
  readonly description: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly user: string;
  readonly createdAt: string;
}

export interface Deployment {
  readonly id: number;
  readonly ref: string;
  readonly sha: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: unknown;
  readonly user: string;
  readonly createdAt: string;
  readonly statuses: DeploymentStatus[];
}

export interface Protection {
  /** Names of checks or statuses that must have passed; empty: none. */
  readonly requiredChecks: readonly string[];
  readonly requiredSignatures: boolean;
  readonly requiredReviews: number;
  readonly allowForcePushes: boolean;
  readonly enforceAdmins: boolean;
}

export interface Activity {
  readonly id: number;
  readonly before: string;
  readonly after: string;
  readonly ref: string;
  readonly at: string;
  readonly kind: 'push' | 'force_push' | 'branch_creation' | 'branch_deletion' | 'pr_merge' | 'merge_queue_merge';
  readonly actor: string;
}

export interface MergeGroup {
  readonly ref: string;
  readonly sha: string;
  readonly baseSha: string;
  readonly base: string;
  readonly pull: number;
  readonly by: string;
}

/** Plain values throughout: an old copy of it is what a read shortly after a write may see. */
export interface Repository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly private: boolean;
  /** `owner/name` of what it was forked from. */
  readonly parent: string | undefined;
  readonly defaultBranch: string;
  readonly createdAt: string;
  /** The App is installed on it. */
  installed: boolean;
  readonly roles: Map<string, Role>;
  lastNumber: number;
  readonly pulls: Map<number, Pull>;
  readonly issues: Map<number, Issue>;
  readonly comments: Map<number, IssueComment>;
  readonly checks: Map<number, CheckRun>;
  readonly statuses: CommitStatus[];
  readonly deployments: Map<number, Deployment>;
  readonly protections: Map<string, Protection>;
  /** Oldest first. */
  readonly activity: Activity[];
  readonly queue: MergeGroup[];
}

export const noCommit = '0'.repeat(40);

export function fullName(repository: { readonly owner: string; readonly name: string }): string {
  return `${repository.owner}/${repository.name}`;
}
