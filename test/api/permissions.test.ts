import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { permissions } from '../../src/api/permissions.ts';
import { createApi } from '../../src/api/server.ts';
import { createLog } from '../../src/log.ts';
import { localPerson, type PersonRole } from '../../src/policy/person.ts';
import type { Database } from '../../src/store/database.ts';
import { ordinaryRules } from '../../src/manifest/rules.ts';
import { secretKind } from '../../src/manifest/secret-literal.ts';
import { listEvents } from '../../src/store/event.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { startTokenServer, type TokenServer } from '../support/token-server.ts';
import { send } from './fixture.ts';

const said: string[] = [];
const log = createLog('trace', { write: (line: string) => void said.push(line) });

let opened: OpenedDatabase;
let server: TokenServer;

const runs = { a: '00000000-0000-4000-8000-00000000000a', b: '00000000-0000-4000-8000-00000000000b' };
const nobodys = '00000000-0000-4000-8000-0000000000ff';

beforeAll(async () => {
  opened = await openTestDatabase('embedded');
  const { database } = opened;
  await fill(database);
  server = await startTokenServer(database, { log });
}, 120_000);
afterAll(async () => {
  await server.close();
  await opened.close();
});

const access = [
  { role: 'reader', groups: ['watchers'], users: [] },
  { role: 'operator', namespaces: ['team-b'], groups: [], users: ['ada'] },
];

/** Two runs, of systems in two namespaces of a live environment whose pawl.yaml gives some roles. */
async function fill({ db }: Database): Promise<void> {
  const rules = { ...ordinaryRules, groups: { watchers: { github: { users: ['octocat'] } } }, access };
  const content = '{"limits":{"timeoutMs":1000}}';
  const bundle = createHash('sha256').update(`{"authority":{},"content":${content}}`).digest('hex');
  await sql`insert into environment (name, root, revision, rules)
    values ('one', ${bundle}, 1, ${JSON.stringify(rules)})`.execute(db);
  await sql`insert into bundle (digest, engine_schema, timeout_ms, content, authority)
    values (${bundle}, 1, 1000, ${content}, '{}')`.execute(db);
  for (const [id, namespace] of [
    [runs.a, 'team-a'],
    [runs.b, 'team-b'],
  ]) {
    await sql`
      insert into run (id, environment, namespace, system, revision, bundle, state, submitted_by, input)
      values (${id}::uuid, 'one', ${namespace}, ${`${namespace}/work`}, 1, ${bundle}, 'Queued', 'root@here', '{}')`.execute(
      db,
    );
  }
}

const admin = localPerson('root@here');

const tokenOf = (name: string, role: PersonRole, namespaces?: readonly string[]) =>
  server.tokenOf(name, role, { namespaces });

async function ask(token: string, method: string, path: string, body?: unknown) {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await send(server.address, path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: JSON.parse(answer.body) as { code?: string } & Record<string, unknown> };
}

describe('the table of permissions', () => {
  const api = createApi({
    operations: () => server.operationsOf(admin),
    identify: () => Promise.resolve(undefined),
    version: '0',
    log,
    ready: () => Promise.resolve(),
    port: 0,
  });
  const routes = new Set(
    api.routes
      .filter(({ path, method }) => path.startsWith('/v1/') && method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`),
  );

  test('has a row for each route, and no row of a route that is none', () => {
    expect(Object.keys(permissions).sort()).toEqual([...routes].sort());
  });

  test('lets nobody change anything who may only read', () => {
    const harmless = [
      'POST /v1/environments/{environment}/use',
      'POST /v1/environments/{environment}/access',
      'POST /v1/environments/{environment}/proposals/preview',
      'POST /v1/audit/verify',
    ];
    const writing = Object.entries(permissions).filter(([route, { to }]) => route.startsWith('POST') && to === 'read');
    expect(writing.map(([route]) => route).sort()).toEqual(harmless.sort());
  });
});

const elsewhere = { status: 404, body: expect.objectContaining({ code: 'resource.not_found' }) };

describe('somebody with a role in one namespace', () => {
  test('sees its runs, and of another the same as of one that is not there', async () => {
    const token = await tokenOf('bob', 'operator', ['team-a']);
    expect((await ask(token, 'GET', `/v1/runs/${runs.a}`)).status).toBe(200);
    const [other, none] = [
      await ask(token, 'GET', `/v1/runs/${runs.b}`),
      await ask(token, 'GET', `/v1/runs/${nobodys}`),
    ];
    expect(other).toEqual(elsewhere);
    expect(other).toEqual(none);
    const ids = (await ask(token, 'GET', '/v1/environments/one/runs?limit=10')).body as unknown as { id: string }[];
    expect(ids.map(({ id }) => id)).toEqual([runs.a]);
  });

  test.each([
    ['GET', `/v1/runs/${runs.b}/trace`, undefined],
    ['GET', `/v1/runs/${runs.b}/standing`, undefined],
    ['POST', `/v1/runs/${runs.b}/cancel`, {}],
    ['POST', `/v1/runs/${runs.b}/retry`, {}],
    ['POST', '/v1/runs', { environment: 'one', system: 'team-b/work', input: {} }],
    ['POST', '/v1/runs', { environment: 'one', system: 'work', input: {} }],
    ['POST', '/v1/runs', { environment: 'one', system: 'team-c/ghost', input: {} }],
    ['POST', '/v1/environments/one/rollouts', { system: 'team-b/work', action: 'abort', reason: '' }],
    ['POST', '/v1/environments/one/drift/heal', { addresses: ['Agent/team-a/x', 'Agent/team-b/x'] }],
    ['POST', '/v1/environments/one/halts', { scope: 'namespace/team-b', reason: 'x' }],
    ['POST', '/v1/environments/one/halts', { scope: 'tool/mail', reason: 'x' }],
  ])('%s %s of another is not there', async (method, path, body) => {
    const token = await tokenOf('bob', 'operator', ['team-a']);
    expect(await ask(token, method, path, body)).toEqual(elsewhere);
  });

  test.each([
    ['GET', '/v1/status', undefined],
    ['GET', '/v1/environments/one/history', undefined],
    ['GET', '/v1/tokens', undefined],
    ['POST', '/v1/tokens', { name: 'eve', role: 'admin', groups: [], lifeMs: 60_000 }],
    ['POST', '/v1/environments/one/halts', { scope: 'global', reason: 'x' }],
    ['POST', '/v1/environments/one/halts', { scope: 'environment/two', reason: 'x' }],
    ['POST', '/v1/environments/one/drift/heal', { addresses: [] }],
  ])('%s %s, which is of all of them, takes the role in all', async (method, path, body) => {
    const token = await tokenOf('bob', 'admin', ['team-a']);
    expect(await ask(token, method, path, body)).toMatchObject({ status: 403, body: { code: 'api.forbidden' } });
  });
});

describe('a role', () => {
  test.each([
    ['reader', '/v1/runs', { environment: 'one', system: 'team-a/work', input: {} }],
    ['author', `/v1/runs/${runs.a}/cancel`, {}],
    ['approver', `/v1/runs/${runs.a}/cancel`, {}],
    ['operator', `/v1/runs/${runs.a}/answers`, { as: 'approve' }],
    ['operator', '/v1/tokens', { name: 'eve', role: 'admin', groups: [], lifeMs: 60_000 }],
  ] as const)('%s may not ask for %s', async (role, path, body) => {
    const token = await tokenOf('bob', role);
    expect(await ask(token, 'POST', path, body)).toMatchObject({ status: 403, body: { code: 'api.forbidden' } });
  });

  test('comes from access of pawl.yaml too, by name and by group, where it says', async () => {
    const ada = await tokenOf('ada', 'reader', ['team-a']);
    expect((await ask(ada, 'POST', `/v1/runs/${runs.a}/cancel`, {})).status).toBe(403);
    expect((await ask(ada, 'POST', `/v1/runs/${runs.b}/cancel`, {})).status).toBe(200);
    const watcher = await server.operationsOf(admin).createToken({
      name: 'eve',
      role: 'author',
      namespaces: ['team-c'],
      groups: ['watchers'],
      lifeMs: 60_000,
    });
    expect((await ask(watcher.token, 'GET', `/v1/runs/${runs.a}`)).status).toBe(200);
    expect(await ask(watcher.token, 'POST', `/v1/runs/${runs.a}/cancel`, {})).toMatchObject({ status: 403 });
    expect((await ask(watcher.token, 'GET', '/v1/whoami')).body).toMatchObject({
      name: 'eve',
      proof: 'token',
      environments: [{ environment: 'one', groups: ['watchers'] }],
    });
  });
});

describe('a token', () => {
  test('that is unknown, expired or revoked gets the same 401, and so does none', async () => {
    const [expired, revoked] = [await tokenOf('old', 'admin'), await tokenOf('gone', 'admin')];
    const idOf = (token: string) => token.split('_')[1] ?? '';
    await sql`update api_token set created_at = now() - interval '2 hours', expires_at = now() - interval '1 second'
      where id = ${idOf(expired)}`.execute(opened.database.db);
    await server.operationsOf(admin).revokeToken(idOf(revoked));
    const good = await tokenOf('bob', 'reader');
    const forged = `pawl_${idOf(good)}_${'A'.repeat(43)}`;
    const answers = await Promise.all(
      [expired, revoked, forged, `pawl_${'0'.repeat(12)}_${'A'.repeat(43)}`, 'x', good.toUpperCase()].map((token) =>
        ask(token, 'GET', '/v1/whoami'),
      ),
    );
    const none = await send(server.address, '/v1/whoami');
    for (const answer of answers) expect(answer).toEqual({ status: 401, body: JSON.parse(none.body) as unknown });
    const events = await listEvents(opened.database.db, '', 100);
    const refusals = events.filter(({ action }) => action === 'door.refused');
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.length).toBeLessThanOrEqual(6);
  });

  test('is never a cookie', async () => {
    const token = await tokenOf('bob', 'admin');
    const headers = { cookie: `token=${token}; authorization=Bearer ${token}` };
    expect((await send(server.address, '/v1/whoami', { headers })).status).toBe(401);
  });

  test('is in no row, no log line and no answer but the one that made it', async () => {
    const token = await tokenOf('canary', 'admin');
    const secret = token.split('_').slice(2).join('_');
    await ask(token, 'GET', '/v1/tokens');
    await ask(`${token}x`, 'GET', '/v1/tokens');
    const listed = await ask(token, 'GET', '/v1/tokens');
    const { rows } = await sql<{ text: string }>`
      select row_to_json(t)::text as text from api_token t union all select row_to_json(e)::text from event e`.execute(
      opened.database.db,
    );
    const everything = [JSON.stringify(listed.body), ...rows.map(({ text }) => text), ...said].join('\n');
    expect(everything).toContain('canary');
    for (const form of [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')]) {
      expect(everything).not.toContain(form);
    }
    expect(secretKind(`token: ${token}`)).toBe('a pawl token');
  });
});

describe('what a request is made of', () => {
  test.each([
    ['a key twice', '{"environment":"one","system":"team-a/work","system":"team-b/work","input":{}}'],
    ['a nest', `{"environment":"one","system":"a/b","input":${'{"a":'.repeat(100)}1${'}'.repeat(101)}`],
    ['a number that is not exact', '{"environment":"one","system":"a/b","input":{"n":9007199254740993}}'],
    ['half a surrogate pair', '{"environment":"one","system":"a/b","input":{"n":"\\ud800"}}'],
  ])('%s is refused', async (_, body) => {
    const token = await tokenOf('bob', 'author');
    const headers = { authorization: `Bearer ${token}` };
    const answer = await send(server.address, '/v1/runs', { method: 'POST', headers, body });
    expect([answer.status, answer.headers['content-type']]).toEqual([400, 'application/problem+json']);
  });

  test.each(['limit=5&limit=1000', 'sort=created_at;drop', 'offset=1e9', 'limit=1e9', 'limit=-1'])(
    'the query %s is refused',
    async (query) => {
      const token = await tokenOf('bob', 'reader');
      expect((await ask(token, 'GET', `/v1/environments/one/runs?${query}`)).status).toBe(400);
    },
  );

  test.each([
    ['origin', 'https://evil.example'],
    ['origin', 'null'],
    ['sec-fetch-site', 'cross-site'],
    ['sec-fetch-site', 'same-site'],
  ])('%s %s, of a page of another site, is refused before its token is looked at', async (name, value) => {
    const headers = { authorization: 'Bearer x', [name]: value };
    const answer = await send(server.address, '/v1/runs', { method: 'POST', headers, body: '{}' });
    expect([answer.status, (JSON.parse(answer.body) as { code: string }).code]).toEqual([403, 'api.origin']);
  });
});
