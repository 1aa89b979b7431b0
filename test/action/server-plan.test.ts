import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { serverPlans } from '../../src/action/server-plan.ts';

const secret = 'the-runners-own-token';
const token = 'a.job.token';

/** A server and the runner's token service on one port; `answer` is the server's. */
async function ask(answer: RequestListener, identity: RequestListener = giveToken) {
  const asked: { readonly url: string; readonly authorization: string; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const { url = '', headers } = request;
      asked.push({ url, authorization: headers.authorization ?? '', body });
      (url.startsWith('/token') ? identity : answer)(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const hidden: string[] = [];
  const plans = serverPlans({
    server: { address, audience: 'https://pawl.example' },
    identity: { url: `${address}/token?api-version=2.0`, token: secret },
    commit: 'a'.repeat(40),
    environments: undefined,
    hide: (text) => hidden.push(text),
    pauseMs: 1,
  });
  const outcome = await plans.catch((error: unknown) => error);
  return { outcome, asked, hidden };
}

const giveToken: RequestListener = (_request, response) => void response.end(JSON.stringify({ value: token }));
const json =
  (status: number, body: unknown): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const plans = { format_version: '1.0', plans: [{ environment: 'production', plan: {}, markdown: 'x' }] };

test('a token for the audience is asked for and hidden, and with the commit it is all that is sent', async () => {
  const { outcome, asked, hidden } = await ask(json(200, plans));
  expect(outcome).toEqual([{ environment: 'production', json: {}, markdown: 'x' }]);
  expect(hidden).toEqual([token]);
  expect(asked).toEqual([
    {
      url: '/token?api-version=2.0&audience=https%3A%2F%2Fpawl.example',
      authorization: `Bearer ${secret}`,
      body: '',
    },
    { url: '/v1/actions/plan', authorization: `Bearer ${token}`, body: `{"commit":"${'a'.repeat(40)}"}` },
  ]);
});

test.each<[string, RequestListener, object]>([
  ['an older server', json(401, { code: 'api.unauthorised' }), { code: 'action.server_failed', exit: 4 }],
  ['a newer server', json(200, { ...plans, format_version: '2.0' }), { code: 'action.server_failed' }],
  ['a page of a proxy', (_q, r) => void r.end('<html>'), { code: 'action.server_failed' }],
  ['plans that are none', json(200, { ...plans, plans: [{ environment: 1 }] }), { code: 'action.server_failed' }],
  ['a code that is none', json(400, { code: '::error::', detail: 'x' }), { code: 'action.server_failed' }],
  ['a refusal in its own words', json(403, { code: 'actions.refused', detail: 'No.', exit: 4 }), { exit: 4 }],
  ['a way elsewhere', (_q, r) => void r.writeHead(307, { location: 'https://evil.example/' }).end(), {}],
])('%s is said, and no secret with it', async (_name, answer, expected) => {
  const { outcome, asked } = await ask(answer);
  expect(outcome).toMatchObject(expected);
  expect(outcome).toBeInstanceOf(Error);
  expect(JSON.stringify(outcome) + String(outcome)).not.toMatch(/the-runners-own-token|a\.job\.token/);
  expect(asked.every(({ url }) => !url.includes('evil'))).toBe(true);
});

test('what may pass is tried three times, each time with a new token', async () => {
  let count = 0;
  const answer: RequestListener = (request, response) => json((count += 1) < 3 ? 503 : 200, plans)(request, response);
  const { outcome, hidden } = await ask(answer);
  expect(outcome).toHaveLength(1);
  expect(hidden).toHaveLength(3);
  expect((await ask(json(503, {}))).asked).toHaveLength(6);
});

test.each<[string, RequestListener]>([
  ['refuses', json(500, { message: secret })],
  ['gives none', json(200, {})],
  ['gives one that would end its header', json(200, { value: 'a\r\nx: y' })],
])('a token service that %s', async (_name, identity) => {
  const { outcome, asked } = await ask(json(200, plans), identity);
  expect(outcome).toMatchObject({ code: 'action.identity_failed', exit: 4 });
  expect(String(outcome)).not.toContain(secret);
  expect(asked.every(({ url }) => url.startsWith('/token'))).toBe(true);
});
