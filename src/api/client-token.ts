import type { CreatedToken, TokenOperations, TokenRecord, WhoamiRecord } from './operations-token.ts';

interface Sending {
  readonly get: <Result>(path: string) => Promise<Result>;
  readonly post: <Result>(path: string, body: object) => Promise<Result>;
}

export function tokenClient({ get, post }: Sending): TokenOperations {
  return {
    whoami: () => get<WhoamiRecord>('/v1/whoami'),
    tokens: () => get<TokenRecord[]>('/v1/tokens'),
    createToken: (request) => post<CreatedToken>('/v1/tokens', request),
    revokeToken: (id) => post<TokenRecord>(`/v1/tokens/${encodeURIComponent(id)}/revoke`, {}),
  };
}
