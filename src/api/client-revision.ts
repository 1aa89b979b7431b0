import type * as records from './operations-revision.ts';
import type { RevisionOperations } from './operations-revision.ts';

/** How a client sends: a path alone is read, with a body it is posted. */
export interface Sending {
  readonly get: <Result>(path: string) => Promise<Result>;
  readonly post: <Result>(path: string, body: object) => Promise<Result>;
}

/** The operations on older states, over the API of a running `pawl up`. */
export function revisionClient({ get, post }: Sending): RevisionOperations {
  return {
    planRollback: ({ environment, revision }) =>
      get<records.RollbackPlan>(`${of(environment)}/revisions/${revision}/rollback`),
    rollback: ({ environment, revision, ...body }) =>
      post<records.RolledBack>(`${of(environment)}/revisions/${revision}/rollback`, body),
    quarantine: (environment) => get<records.WithdrawnRecord[]>(`${of(environment)}/quarantine`),
    releaseQuarantine: ({ environment, ...body }) =>
      post<records.WithdrawnRecord[]>(`${of(environment)}/quarantine/release`, body),
    show: ({ environment, revision }) => get<records.ShownRevision>(`${of(environment)}/revisions/${revision}`),
    compare: ({ environment, from, to }) =>
      get<records.ComparisonRecord>(`${of(environment)}/diff?${new URLSearchParams({ from, to }).toString()}`),
    blame: ({ environment, address }) =>
      get<records.BlameRecord>(`${of(environment)}/blame?${new URLSearchParams({ address }).toString()}`),
  };
}

function of(environment: string): string {
  return `/v1/environments/${encodeURIComponent(environment)}`;
}
