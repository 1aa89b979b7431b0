import { describe, expect, onTestFinished, test } from 'vitest';
import { callGuard } from '../../src/guards/call.ts';
import type { BundleAuth } from '../../src/manifest/bundle-secret.ts';
import { callTool } from '../../src/tools/call.ts';
import { grant, startOAuthServer } from '../support/oauth-server.ts';
import { canarySecrets, httpTool, optionsWith, serve } from './fixture.ts';

const clientSecret = 'p:ass/word+9é';
const credential = `client 1:${clientSecret}`;

async function tokens(...answer: Parameters<typeof startOAuthServer>) {
  const server = await startOAuthServer(...answer);
  onTestFinished(() => server.close());
  return server;
}

/** A service that takes only the tokens in `taken`, and says what it was sent. */
async function service(taken: (token: string) => boolean = () => true) {
  const seen: string[] = [];
  const server = await serve((request, response) => {
    const sent = request.headers.authorization ?? '';
    seen.push(sent);
    const status = taken(sent.replace('Bearer ', '')) ? 200 : 401;
    response.writeHead(status, { 'content-type': 'text/plain' }).end(`you sent ${sent}`);
  });
  return { url: server.url, seen };
}

function oauth(tokenUrl: string, scopes?: readonly string[]): BundleAuth {
  const secret = { secret: 'default/crm', key: 'token' };
  return {
    profile: 'oauth2ClientCredentials',
    secret,
    tokenUrl,
    ...(scopes === undefined ? {} : { scopes }),
  };
}

const hostsOf = (...urls: readonly string[]) => ({
  hosts: urls.map((url) => new URL(url).origin),
  allowPrivate: true,
});

function toolFor(url: string, tokenUrl: string, change: Parameters<typeof httpTool>[1] = {}) {
  return httpTool({ url, auth: oauth(tokenUrl, ['a', 'b']), egress: hostsOf(url, tokenUrl) }, change);
}

const options = (change: Parameters<typeof optionsWith>[0] = {}) =>
  optionsWith({ secrets: canarySecrets(credential), ...change });

describe('a tool that calls as an OAuth client', () => {
  test('gets a token as RFC 6749 says, sends it, and shows it to nobody', async () => {
    const [server, { url, seen }] = await Promise.all([tokens(), service()]);
    const outcome = await callTool(toolFor(url, server.tokenUrl), {}, options());
    expect(seen).toEqual(['Bearer token-1']);
    expect(outcome).toEqual({ kind: 'done', output: 'you sent Bearer [secret]' });
    expect(server.asked[0]?.body).toBe('grant_type=client_credentials&scope=a+b');
    const basic = Buffer.from('client+1:p%3Aass%2Fword%2B9%C3%A9').toString('base64');
    expect(server.asked[0]?.headers.authorization).toBe(`Basic ${basic}`);
  });

  test('asks once for all calls that need the token, and again only when it is nearly over', async () => {
    const [server, { url, seen }] = await Promise.all([tokens(), service()]);
    const tool = toolFor(url, server.tokenUrl);
    await Promise.all(Array.from({ length: 8 }, () => callTool(tool, {}, options())));
    await callTool(tool, {}, options());
    expect(server.asked).toHaveLength(1);
    expect(new Set(seen)).toEqual(new Set(['Bearer token-1']));
  });

  test.each([0, -5, '0'])('uses a token once that is over at once (%s)', async (expires_in) => {
    const server = await tokens((response, nth) => grant(response, nth, { expires_in }));
    const { url, seen } = await service();
    const tool = toolFor(url, server.tokenUrl);
    for (let call = 0; call < 2; call += 1) await callTool(tool, {}, options());
    expect(seen).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  test.each([undefined, 'soon', Number.MAX_SAFE_INTEGER])(
    'keeps a token for a while of which nothing usable is said (%s)',
    async (expires_in) => {
      const server = await tokens((response, nth) => grant(response, nth, { expires_in }));
      const { url } = await service();
      const tool = toolFor(url, server.tokenUrl);
      for (let call = 0; call < 2; call += 1) await callTool(tool, {}, options());
      expect(server.asked).toHaveLength(1);
    },
  );

  test('another client, another scope and other rules have a token of their own', async () => {
    const [server, { url }] = await Promise.all([tokens(), service()]);
    const egress = hostsOf(url, server.tokenUrl);
    await callTool(httpTool({ url, auth: oauth(server.tokenUrl), egress }), {}, options());
    await callTool(httpTool({ url, auth: oauth(server.tokenUrl, ['a']), egress }), {}, options());
    await callTool(
      httpTool({ url, auth: oauth(server.tokenUrl), egress }),
      {},
      options({ secrets: canarySecrets('other:client') }),
    );
    const within = [egress.hosts];
    await callTool(httpTool({ url, auth: oauth(server.tokenUrl), egress }), {}, options({ egress: within }));
    expect(server.asked).toHaveLength(4);
  });

  test('is refused a token once, renews it and calls once more', async () => {
    const [server, { url, seen }] = await Promise.all([tokens(), service((token) => token !== 'token-1')]);
    const outcome = await callTool(toolFor(url, server.tokenUrl, { operations: ['write'] }), {}, options());
    expect(outcome).toMatchObject({ kind: 'done' });
    expect(seen).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  test('is refused every token, and says so after the second', async () => {
    const [server, { url, seen }] = await Promise.all([tokens(), service(() => false)]);
    const outcome = await callTool(toolFor(url, server.tokenUrl), {}, options());
    expect(outcome).toEqual({
      kind: 'failed',
      code: 'tool.failed',
      message: 'The tool answered with status 401: you sent Bearer [secret]',
      retryable: false,
    });
    expect(seen).toHaveLength(2);
  });

  test('is not called again after a redirect, behind which nobody knows what had its effect', async () => {
    const server = await tokens();
    const end = await service(() => false);
    const first = await serve((_request, response) => void response.writeHead(307, { location: end.url }).end());
    const egress = hostsOf(first.url, end.url, server.tokenUrl);
    const tool = httpTool({ url: first.url, method: 'POST', auth: oauth(server.tokenUrl), egress });
    expect(await callTool(tool, {}, options())).toMatchObject({ code: 'tool.failed' });
    expect(end.seen).toEqual(['']);
  });
});

describe('a server of tokens', () => {
  const at = (tokenUrl: string) => `The token server ${new URL(tokenUrl).host} (for Secret/default/crm)`;
  type Answer = Parameters<typeof startOAuthServer>[0];

  test.each<[string, Answer, string, string, boolean]>([
    [
      'that refuses the client',
      (response) => void response.writeHead(401).end('{"error":"invalid_client","error_description":"p:ass/word"}'),
      'auth.token_refused',
      'gave no token: it answered with 401 (invalid_client).',
      false,
    ],
    [
      'that makes up an error',
      (response) => void response.writeHead(400).end('{"error":"<script>"}'),
      'auth.token_refused',
      'gave no token: it answered with 400.',
      false,
    ],
    [
      'that leads elsewhere',
      (response) => void response.writeHead(307, { location: 'http://169.254.169.254/' }).end(),
      'auth.token_refused',
      'gave no token: it answered with 307, a redirect, which is not followed.',
      false,
    ],
    [
      'that is broken',
      (response) => void response.writeHead(503).end(),
      'auth.token_unavailable',
      'answered with 503.',
      true,
    ],
    [
      'that breaks off',
      (response) => void response.destroy(),
      'auth.token_unavailable',
      'did not answer. The connection failed: UND_ERR_SOCKET.',
      true,
    ],
    [
      'that answers with a page',
      (response) => void response.writeHead(200).end('<html>Sign in</html>'),
      'auth.token_invalid',
      'answered with something that is no JSON object.',
      false,
    ],
    [
      'that never ends its answer',
      (response) => void response.writeHead(200).end(`{"a":"${'x'.repeat(70_000)}"}`),
      'auth.token_invalid',
      'answered with more than 65536 bytes.',
      false,
    ],
    [
      'that gives a token with a line break',
      (response) => grant(response, 1, { access_token: 'abc\r\nx-admin: 1' }),
      'auth.token_invalid',
      'answered with a token that no header may hold.',
      false,
    ],
    [
      'that gives no token',
      (response) => grant(response, 1, { access_token: 7 }),
      'auth.token_invalid',
      'answered without an `access_token`.',
      false,
    ],
    [
      'that gives a token of another kind',
      (response) => grant(response, 1, { token_type: 'mac' }),
      'auth.token_invalid',
      'answered with a token that is no bearer token.',
      false,
    ],
    [
      'that gives a token too short to be kept from outputs',
      (response) => grant(response, 1, { access_token: 'ab' }),
      'auth.token_invalid',
      'answered with a token of fewer than 4 characters.',
      false,
    ],
    [
      'that gives a token as long as a book',
      (response) => grant(response, 1, { access_token: 'x'.repeat(20_000) }),
      'auth.token_invalid',
      'answered with a token of more than 16384 characters.',
      false,
    ],
  ])('%s: the call is not made, and says why', async (_name, answer, code, message, retryable) => {
    const [server, { url, seen }] = await Promise.all([tokens(answer), service()]);
    const outcome = await callTool(toolFor(url, server.tokenUrl), {}, options());
    expect(outcome).toEqual({ kind: 'failed', code, message: `${at(server.tokenUrl)} ${message}`, retryable });
    expect(seen).toEqual([]);
  });

  test('that is slow is waited for as long as the call may take, and no longer', async () => {
    const [server, { url, seen }] = await Promise.all([tokens(() => undefined), service()]);
    const outcome = await callTool(toolFor(url, server.tokenUrl, { timeoutMs: 50 }), {}, options());
    const message = 'The call had no token after 50 ms.';
    expect(outcome).toEqual({ kind: 'failed', code: 'tool.timeout', message, retryable: true });
    expect(seen).toEqual([]);
  });

  test('is left when the worker gives the call up', async () => {
    const [server, { url }] = await Promise.all([tokens(() => giveUp.abort()), service()]);
    const giveUp = new AbortController();
    const outcome = await callTool(toolFor(url, server.tokenUrl), {}, options({ signal: giveUp.signal }));
    const message = 'The call was given up by its worker before it had a token.';
    expect(outcome).toEqual({ kind: 'failed', code: 'tool.aborted', message, retryable: true });
  });

  test('outside the hosts of the tool, or of a policy, is not connected to', async () => {
    const [server, { url }] = await Promise.all([tokens(), service()]);
    const { host, origin } = new URL(server.tokenUrl);
    const own = httpTool({ url, auth: oauth(server.tokenUrl), egress: hostsOf(url) });
    const policies = [[new URL(url).origin]];
    expect([
      await callTool(own, {}, options()),
      await callTool(toolFor(url, server.tokenUrl), {}, options({ egress: policies })),
    ]).toEqual([
      {
        kind: 'failed',
        code: 'egress.denied',
        message: `The token server ${host} (for Secret/default/crm) is not reached. Refused: ${origin} is not among the declared hosts.`,
        retryable: false,
      },
      {
        kind: 'failed',
        code: 'egress.denied',
        message: `The token server ${host} (for Secret/default/crm) is not reached. Refused: ${origin} is not among the hosts that are allowed.`,
        retryable: false,
      },
    ]);
    expect(server.asked).toEqual([]);
  });

  test.each(['no-colon', ':no-id', 'no-secret:'])('is not asked with a secret that is no client: %s', async (value) => {
    const [server, { url }] = await Promise.all([tokens(), service()]);
    const outcome = await callTool(toolFor(url, server.tokenUrl), {}, options({ secrets: canarySecrets(value) }));
    const message = 'Secret/default/crm key token is not `client_id:client_secret`.';
    expect(outcome).toEqual({ kind: 'failed', code: 'secret.unavailable', message, retryable: false });
    expect(server.asked).toEqual([]);
  });
});

test('a guard asks its service as an OAuth client, at a token server in no list but its own', async () => {
  const server = await tokens();
  const seen: (string | undefined)[] = [];
  const asked = await serve((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(seen.length === 1 ? 401 : 200).end('{"verdict":"allow"}');
  });
  const guard = {
    mode: ['preCall'],
    calls: ['tool'],
    action: 'block',
    timeoutMs: 5000,
    provider: { type: 'http', url: asked.url, allowPrivate: true, auth: oauth(server.tokenUrl) },
  } as const;
  const { signal, secrets } = options();
  const outcome = await callGuard(guard, { mode: 'preCall', call: 'tool', texts: ['a'] }, { signal, secrets });
  expect(outcome).toEqual({ kind: 'checked', findings: [{ found: {} }] });
  expect(seen).toEqual(['Bearer token-1', 'Bearer token-2']);
});
