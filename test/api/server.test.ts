import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { permissions } from '../../src/api/permissions.ts';
import type { ApiServer } from '../../src/api/server.ts';
import { runId } from './control-answers.ts';
import { send, startTestServer, token } from './fixture.ts';

let server: ApiServer;
const calls: unknown[] = [];
const authorised = { authorization: `Bearer ${token}` };

beforeAll(async () => {
  server = await startTestServer(calls);
});
afterAll(() => server.close());

function problem(body: string): { code: string; status: number; detail: string } {
  return JSON.parse(body) as { code: string; status: number; detail: string };
}

describe('who may ask', () => {
  test('it listens on the loopback address alone', () => {
    expect(server.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test.each([
    ['no token', {}],
    ['another token', { authorization: 'Bearer another-token' }],
    ['a token that begins like the right one', { authorization: `Bearer ${token.slice(0, -1)}` }],
    ['the token under another scheme', { authorization: `Basic ${token}` }],
    ['an empty token', { authorization: 'Bearer ' }],
  ])('%s is refused with 401 and reaches no operation', async (_, headers) => {
    calls.length = 0;
    const answer = await send(server.address, '/v1/status', { headers });
    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(problem(answer.body).code).toBe('api.unauthorised');
    expect(calls).toEqual([]);
  });

  test('a page that lets its own name resolve to the loopback address is refused, token or not', async () => {
    for (const host of [
      'attacker.example',
      'attacker.example:80',
      '127.0.0.1.attacker.example',
      'localhost.attacker.example',
    ]) {
      const answer = await send(server.address, '/v1/status', { headers: { ...authorised, host } });
      expect([host, answer.status, problem(answer.body).code]).toEqual([host, 403, 'api.host']);
    }
  });

  test('health says so without a token, and nothing else', async () => {
    const answer = await send(server.address, '/healthz');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({ status: 'ok', version: '0.1.0' });
    expect((await send(server.address, '/readyz')).status).toBe(200);
  });
});

describe('what may be asked', () => {
  test('a body over the limit is refused with 413 and reaches no operation', async () => {
    calls.length = 0;
    const body = JSON.stringify({
      environment: 'production',
      system: 'a/b',
      input: { text: 'x'.repeat(2_000_000) },
    });
    const answer = await send(server.address, '/v1/runs', {
      method: 'POST',
      headers: { ...authorised, 'content-type': 'application/json' },
      body,
    });
    expect([answer.status, problem(answer.body).code]).toEqual([413, 'api.too_large']);
    expect(calls).toEqual([]);
  });

  test.each([
    ['not JSON', '{"environment":', /not JSON/],
    ['an unknown field', '{"environment":"p","system":"a/b","input":{},"root":true}', /root/],
    ['the name of an actor', '{"environment":"p","system":"a/b","input":{},"actor":"ada"}', /actor/],
    ['a missing field', '{"environment":"p","input":{}}', /system/],
  ])('a body that is %s is refused with 400 and a reason', async (_, body, reason) => {
    const answer = await send(server.address, '/v1/runs', { method: 'POST', headers: authorised, body });
    expect([answer.status, problem(answer.body).code]).toEqual([400, 'api.invalid_request']);
    expect(problem(answer.body).detail).toMatch(reason);
  });

  test.each([
    'limit=1000000000',
    'states=Lost',
    'states=Failed,',
    'before=1',
    'limit=-1',
    'limit=0',
    'limit=1;drop',
    'limit=1.5',
  ])('%s is refused with 400', async (query) => {
    const answer = await send(server.address, `/v1/environments/production/runs?${query}`, { headers: authorised });
    expect([answer.status, problem(answer.body).code]).toEqual([400, 'api.invalid_request']);
  });

  test('a run that is not there is 404, and an id that is none is 400', async () => {
    const other = runId.replace(/1$/, '2');
    const unknown = await send(server.address, `/v1/runs/${other}`, { headers: authorised });
    expect([unknown.status, problem(unknown.body).code]).toEqual([404, 'run.unknown']);
    const none = await send(server.address, "/v1/runs/1'%20or%20'1", { headers: authorised });
    expect(none.status).toBe(400);
  });

  test('a path that is not one of the API is 404', async () => {
    const answer = await send(server.address, '/v1/secrets', { headers: authorised });
    expect([answer.status, problem(answer.body).code]).toEqual([404, 'api.not_found']);
  });

  test('an error that nobody expected keeps its message to itself', async () => {
    const answer = await send(server.address, `/v1/runs/${runId}/cancel`, {
      method: 'POST',
      headers: authorised,
      body: '{}',
    });
    expect([answer.status, problem(answer.body).code]).toEqual([500, 'internal.unexpected']);
    expect(answer.body).not.toContain('secret detail');
  });

  test('the document holds every operation, each behind the token', async () => {
    const answer = await send(server.address, '/openapi.json');
    const document = JSON.parse(answer.body) as { paths: Record<string, Record<string, { security?: unknown }>> };
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const allowed = Object.keys(permissions).map((route) => route.replace(/^[A-Z]+/, (method) => method.toLowerCase()));
    expect(operations.sort()).toEqual(allowed.sort());
    expect(operations).toContain('post /v1/approvals/{id}/decisions');
    for (const methods of Object.values(document.paths)) {
      for (const operation of Object.values(methods)) expect(operation.security).toEqual([{ token: [] }]);
    }
  });
});
