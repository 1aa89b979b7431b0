import type { SyncOperations, SyncRecord } from './operations-sync.ts';

interface Sending {
  readonly get: <Result>(path: string) => Promise<Result>;
  readonly post: <Result>(path: string, body: object) => Promise<Result>;
  /** The path of an environment. */
  readonly of: (environment: string) => string;
}

export function syncClient({ get, post, of }: Sending): SyncOperations {
  return {
    syncState: (environment) => get<SyncRecord>(`${of(environment)}/sync`),
    requestSync: (environment) => post<SyncRecord>(`${of(environment)}/sync`, {}),
    suspendSync: ({ environment, ...body }) => post<SyncRecord>(`${of(environment)}/sync/suspend`, body),
    resumeSync: (environment) => post<SyncRecord>(`${of(environment)}/sync/resume`, {}),
    claimSync: (environment) => post<SyncRecord>(`${of(environment)}/sync/claim`, {}),
  };
}
