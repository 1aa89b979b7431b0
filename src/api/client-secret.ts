import type { SecretOperations, SecretSet, StoredSecretRecord } from './operations-secret.ts';

interface Sending {
  readonly get: <Result>(path: string) => Promise<Result>;
  readonly post: <Result>(path: string, body: object) => Promise<Result>;
  /** The path of an environment. */
  readonly of: (environment: string) => string;
}

export function secretClient({ get, post, of }: Sending): SecretOperations {
  return {
    storedSecrets: (environment) => get<StoredSecretRecord[]>(`${of(environment)}/secrets`),
    setSecret: ({ environment, ...body }) => post<SecretSet>(`${of(environment)}/secrets`, body),
    removeSecret: ({ environment, ...body }) => post<{ removed: number }>(`${of(environment)}/secrets/remove`, body),
    rotateSecrets: (environment) => post<{ rewrapped: number; kek: string }>(`${of(environment)}/secrets/rotate`, {}),
  };
}
