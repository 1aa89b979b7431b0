import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface ActionsIssuer {
  readonly issuer: string;
  /** Paths that were asked for, oldest first. */
  readonly asked: readonly string[];
  /** Signs claims over those of a pull request, with its key unless told otherwise. */
  sign(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>;
  /** The public key as PEM would be known to a liar. */
  readonly publicText: string;
  close(): Promise<void>;
}

export const actionsAudience = 'https://pawl.example';
export const actionsRepositoryId = '1296269';
export const actionsCommit = 'a'.repeat(40);

/** What a pull request's job is, as GitHub's documentation shows its claims. */
export function pullRequestClaims(issuer: string): Readonly<Record<string, unknown>> {
  const now = Math.floor(Date.now() / 1_000);
  return {
    iss: issuer,
    aud: actionsAudience,
    sub: 'repo:octo/agents:pull_request',
    jti: crypto.randomUUID(),
    iat: now,
    nbf: now - 300,
    exp: now + 300,
    repository: 'octo/agents',
    repository_id: actionsRepositoryId,
    repository_owner: 'octo',
    repository_owner_id: '1',
    event_name: 'pull_request',
    ref: 'refs/pull/12/merge',
    ref_type: 'branch',
    sha: actionsCommit,
    head_ref: 'topic',
    base_ref: 'main',
    actor: 'octo',
    run_id: '42',
    run_attempt: '1',
    runner_environment: 'github-hosted',
  };
}

/** Signs tokens as GitHub does for jobs, and whatever a liar would like signed. */
export async function startActionsIssuer(): Promise<ActionsIssuer> {
  const pair = await generateKeyPair('RS256', { extractable: true });
  const publicJwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const asked: string[] = [];
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on('request', (request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('content-type', 'application/json');
    const isDiscovery = request.url === '/.well-known/openid-configuration';
    const body = isDiscovery ? { issuer, jwks_uri: `${issuer}/keys` } : { keys: [publicJwk] };
    response.end(JSON.stringify(body));
  });
  return {
    issuer,
    asked,
    publicText: JSON.stringify(publicJwk),
    sign: (claims = {}, header = {}) =>
      new SignJWT({ ...pullRequestClaims(issuer), ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'one', typ: 'JWT', ...header })
        .sign(pair.privateKey),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
