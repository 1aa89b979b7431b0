import type { RunRecord } from './operations.ts';
import type { Operations } from './operations.ts';
import type { PoolRecord, RedriveRecord, RetryOperations } from './operations-retry.ts';

interface Sending {
  readonly get: <Result>(path: string) => Promise<Result>;
  readonly post: <Result>(path: string, body: object) => Promise<Result>;
  /** The path of an environment, and of a run. */
  readonly of: (environment: string) => string;
  readonly run: (id: string) => string;
}

export function retryClient({ get, post, of, run }: Sending): RetryOperations & Pick<Operations, 'retry'> {
  return {
    retry: async (id, request) => post<RunRecord>(`${run(id)}/retry`, request),
    redrive: ({ environment, ...body }) => post<RedriveRecord>(`${of(environment)}/redrive`, body),
    pools: (environment) => get<PoolRecord[]>(`${of(environment)}/pools`),
  };
}
