import type { AccessAnswer } from '../plan/access-answer.ts';
import type { RecordedUse } from '../plan/recorded-use.ts';
import type { AccessOperations } from './operations-access.ts';

interface Sending {
  readonly post: <Result>(path: string, body: object) => Promise<Result>;
  /** The path of an environment. */
  readonly of: (environment: string) => string;
}

export function accessClient({ post, of }: Sending): AccessOperations {
  return {
    access: ({ environment, ...body }) => post<AccessAnswer>(`${of(environment)}/access`, body),
    recordedUse: ({ environment, ...body }) => post<RecordedUse>(`${of(environment)}/use`, body),
  };
}
