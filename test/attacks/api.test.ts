import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApprovalRecord } from '../../src/api/operations-approval.ts';
import type { Operations } from '../../src/api/operations.ts';
import { type ApiServer, startServer } from '../../src/api/server.ts';
import { TerminalError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import type { Person, RoleBinding } from '../../src/policy/person.ts';
import { recordingOperations } from '../api/answers.ts';
import { send } from '../api/fixture.ts';

const theirs = '0123456789';
const own = 'abcdefghij';
const foreignHalt = '00000000-0000-4000-8000-00000000000b';
const calls: unknown[][] = [];
let server: ApiServer;

/** Of two namespaces: a request for an approval, a halt and a stored value in each. */
function operations(): Operations {
  const recording = recordingOperations(calls);
  const approval = (id: string) => {
    const namespace = id === own ? 'team-a' : id === theirs ? 'team-b' : undefined;
    if (namespace !== undefined) return Promise.resolve({ id, environment: 'one', namespace } as ApprovalRecord);
    return Promise.reject(new TerminalError('No such request.', { code: 'approval.unknown', help: 'See team-b.' }));
  };
  const halts: Operations['halts'] = async (request) => {
    const [halt] = await recording.halts(request);
    if (halt === undefined) return [];
    const scopes = ['namespace/team-a', 'tool/team-b/mail', 'provider/acme', 'global'];
    return scopes.map((scope) => ({ ...halt, scope, id: scope.includes('team-b') ? foreignHalt : scope }));
  };
  const storedSecrets = (environment: string) =>
    Promise.resolve(
      ['team-a/db', 'team-b/db'].map((secret) => ({
        environment,
        secret,
        key: 'password',
        version: 1,
        versions: 1,
        kek: 'k1',
        setAt: undefined,
        setBy: undefined,
        named: true,
      })),
    );
  return { ...recording, approval, halts, storedSecrets };
}

const roles: Readonly<Record<string, RoleBinding>> = Object.fromEntries(
  ['reader', 'author', 'operator', 'approver', 'admin'].flatMap((role) => [
    [role, { role } as RoleBinding],
    [`${role}-of-a`, { role, namespaces: ['team-a'] } as RoleBinding],
  ]),
);

beforeAll(async () => {
  server = await startServer({
    operations,
    identify: (token) => {
      const role = roles[token];
      const person: Person | undefined = role && { name: token, proof: 'token', groups: [], roles: [role] };
      return Promise.resolve(person);
    },
    version: '0',
    log: createLog('silent'),
    ready: () => Promise.resolve(),
    port: 0,
  });
});
afterAll(() => server.close());

async function ask(who: string, route: string, body?: object) {
  calls.length = 0;
  const [method = '', path = ''] = route.split(' ');
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await send(server.address, path, { method, headers: { authorization: `Bearer ${who}` }, ...sent });
  const changed = calls.map(([name]) => name).filter((name) => name !== 'halts');
  return { status: answer.status, body: JSON.parse(answer.body) as unknown, changed };
}

const environment = '/v1/environments/one';
const decision = { digest: 'a'.repeat(64), as: 'approve' };

describe('an id of another namespace', () => {
  test.each<[string, string, string, (object | undefined)?]>([
    ['approver-of-a', `GET /v1/approvals/${theirs}`, 'GET /v1/approvals/zzzzzzzzzz'],
    ['approver-of-a', `POST /v1/approvals/${theirs}/decisions`, 'POST /v1/approvals/zzzzzzzzzz/decisions', decision],
  ])('%s: %s is answered as one that is not there', async (who, there, nowhere, body) => {
    const [other, none] = [await ask(who, there, body), await ask(who, nowhere, body)];
    expect(other).toMatchObject({ status: 404, body: { code: 'resource.not_found' }, changed: [] });
    expect(other).toEqual(none);
    expect(JSON.stringify(none)).not.toContain('team-b');
  });

  test.each<[string, object]>([
    [`POST ${environment}/halts/resume`, { which: foreignHalt, reason: 'x' }],
    [`POST ${environment}/halts/resume`, { which: 'tool/team-b/mail', reason: 'x' }],
    [`POST ${environment}/halts`, { scope: 'agent/team-b/clerk', reason: 'x' }],
    [`POST ${environment}/secrets`, { secret: 'team-b/db', key: 'password', value: 'x' }],
    [`POST ${environment}/secrets`, { secret: 'db', key: 'password', value: 'x' }],
    [`POST ${environment}/secrets`, { secret: 'team-b/team-a/db', key: 'password', value: 'x' }],
    [`POST ${environment}/secrets/remove`, { secret: 'team-b/db', key: 'password' }],
  ])('%s %j is not there, and nothing is done', async (route, body) => {
    const answer = await ask('operator-of-a', route, body);
    expect(answer).toMatchObject({ status: 404, body: { code: 'resource.not_found' }, changed: [] });
  });

  test.each(['global', 'environment/one', 'provider/acme', 'Namespace/team-a', 'tool/team-a/x/y', 'nonsense'])(
    'a halt of %s, which is not of one namespace, takes the role in all',
    async (scope) => {
      for (const [route, body] of [
        [`POST ${environment}/halts`, { scope, reason: 'x' }],
        [`POST ${environment}/halts/resume`, { which: scope, reason: 'x' }],
      ] as const) {
        expect(await ask('operator-of-a', route, body)).toMatchObject({ status: 403, changed: [] });
      }
    },
  );

  test('is in no list', async () => {
    expect((await ask('operator-of-a', `GET ${environment}/secrets`)).body).toMatchObject([{ secret: 'team-a/db' }]);
    const halts = (await ask('reader-of-a', `GET ${environment}/halts`)).body as { scope: string }[];
    expect(halts.map(({ scope }) => scope)).toEqual(['namespace/team-a', 'provider/acme', 'global']);
    await ask('reader-of-a', `GET ${environment}/approvals?limit=5`);
    expect(calls).toEqual([['approvals', { environment: 'one', limit: 5, namespaces: ['team-a'] }]]);
  });
});

test.each<[string, readonly string[], object]>([
  [`POST /v1/approvals/${own}/decisions`, ['approver', 'approver-of-a', 'admin', 'admin-of-a'], decision],
  [
    `POST ${environment}/halts`,
    ['operator', 'operator-of-a', 'admin', 'admin-of-a'],
    { scope: 'namespace/team-a', reason: 'x' },
  ],
  [
    `POST ${environment}/secrets`,
    ['operator', 'operator-of-a', 'admin', 'admin-of-a'],
    { secret: 'team-a/db', key: 'password', value: 'x' },
  ],
  [`POST ${environment}/secrets/rotate`, ['admin'], {}],
])('%s is for %j alone', async (route, allowed, body) => {
  for (const who of Object.keys(roles)) {
    const { status, changed } = await ask(who, route, body);
    expect([who, status, changed.length]).toEqual([who, ...(allowed.includes(who) ? [200, 1] : [403, 0])]);
  }
});

describe('what a query, a path or a body smuggles', () => {
  test.each([
    `GET ${environment}/approvals?states=pending'%20or%20'1`,
    `GET ${environment}/approvals?run=1'--`,
    `GET ${environment}/approvals?after=';drop`,
    `GET ${environment}/approvals?limit=1e9`,
    `GET ${environment}/approvals?limit=1000000000`,
    `GET ${environment}/approvals?limit=-1`,
    `GET ${environment}/approvals?offset=1000000000`,
    `GET ${environment}/approvals?namespaces=team-b`,
    `GET ${environment}/runs?namespaces=team-b`,
    `GET ${environment}/runs?before=$.id`,
    `GET ${environment}/history?limit=1e9`,
    `GET ${environment}/history?limit=5&before=-1`,
    `GET ${environment}/questions?limit=-1`,
    `GET ${environment}/audit?after=-1`,
    `GET ${environment}/audit?since=now()`,
    `GET ${environment}/halts?all=1`,
    `GET /v1/approvals/${'a'.repeat(11)}`,
    'GET /v1/approvals/..%2Ftokens',
  ])('%s is refused before anything is asked', async (route) => {
    const answer = await ask('admin', route);
    expect(answer).toMatchObject({ status: 400, body: { code: 'api.invalid_request' }, changed: [] });
  });

  test.each([
    [`/v1/approvals/${own}/decisions`, { ...decision, by: 'root' }],
    [`/v1/approvals/${own}/decisions`, { ...decision, person: { name: 'root' } }],
    [`/v1/approvals/${own}/decisions`, { ...decision, digest: '%' }],
    [`${environment}/halts`, { scope: 'namespace/team-a', reason: 'x', actor: 'root' }],
    [`${environment}/secrets`, { secret: 'team-a/db', key: 'a"; --', value: 'x' }],
    [`${environment}/overrides`, { address: 'Agent/a/b', spec: {}, reason: 'x', by: 'root' }],
  ])('POST %s with %j is refused', async (path, body) => {
    expect(await ask('admin', `POST ${path}`, body)).toMatchObject({ status: 400, changed: [] });
  });
});

test.each([
  ['PUT', `${environment}/resources`],
  ['PUT', `${environment}/resources/Agent/team-a/clerk`],
  ['PATCH', `${environment}/resources/Agent/team-a/clerk`],
  ['DELETE', `${environment}/resources/Agent/team-a/clerk`],
  ['POST', `${environment}/resources`],
  ['PUT', `/v1/approvals/${own}`],
])('no one changes by %s %s what comes from Git: there is no such route', async (method, path) => {
  const answer = await ask('admin', `${method} ${path}`);
  expect(answer).toMatchObject({ status: 404, body: { code: 'api.not_found' }, changed: [] });
});

test('a method in a header or a query is not another method', async () => {
  for (const name of ['x-http-method-override', 'x-method-override']) {
    const headers = { authorization: 'Bearer reader', [name]: 'POST' };
    const answer = await send(server.address, `${environment}/halts`, { headers });
    expect([answer.status, calls.some(([called]) => called === 'halt')]).toEqual([200, false]);
  }
});

test('a page of another site is told so, with a good token too', async () => {
  const headers = { authorization: 'Bearer admin', origin: 'https://evil.example' };
  calls.length = 0;
  const answer = await send(server.address, `${environment}/halts`, { method: 'POST', headers, body: '{}' });
  expect(JSON.parse(answer.body)).toMatchObject({
    status: 403,
    code: 'api.origin',
    detail: 'The request comes from a page of another site.',
  });
  expect([calls, answer.headers['access-control-allow-origin']]).toEqual([[], undefined]);
});
