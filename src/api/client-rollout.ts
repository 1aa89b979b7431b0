import type { RolloutOperations, RolloutRecord } from './operations-rollout.ts';

interface Sending {
  readonly get: <Result>(path: string) => Promise<Result>;
  readonly post: <Result>(path: string, body: object) => Promise<Result>;
  /** The path of an environment. */
  readonly of: (environment: string) => string;
}

export function rolloutClient({ get, post, of }: Sending): RolloutOperations {
  return {
    rollouts: (environment) => get<RolloutRecord[]>(`${of(environment)}/rollouts`),
    orderRollout: ({ environment, ...body }) => post<RolloutRecord>(`${of(environment)}/rollouts`, body),
  };
}
