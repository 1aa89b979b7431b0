import type { HaltOperations, HaltRecord } from './operations-halt.ts';

interface Sending {
  readonly get: <Result>(path: string) => Promise<Result>;
  readonly post: <Result>(path: string, body: object) => Promise<Result>;
  /** The path of an environment. */
  readonly of: (environment: string) => string;
}

export function haltClient({ get, post, of }: Sending): HaltOperations {
  return {
    halts: ({ environment, all = false }) => get<HaltRecord[]>(`${of(environment)}/halts?all=${all}`),
    halt: ({ environment, ...body }) => post<HaltRecord>(`${of(environment)}/halts`, body),
    resume: ({ environment, ...body }) => post<HaltRecord[]>(`${of(environment)}/halts/resume`, body),
  };
}
