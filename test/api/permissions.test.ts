import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storedTokens, waysIn } from '../../src/api/identity.ts';
import { createLocalOperations } from '../../src/api/local.ts';
import { permissions } from '../../src/api/permissions.ts';
import { createApi, type ApiServer, startServer } from '../../src/api/server.ts';
import { accessRules } from '../../src/app-api.ts';
import { createControlPlane } from '../../src/controller/planning.ts';
import { createLog } from '../../src/log.ts';
import { localPerson, type Person, type PersonRole } from '../../src/policy/person.ts';
import { unreachableRepository } from '../../src/source/unreachable.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { send } from './fixture.ts';

const said: string[] = [];
const log = createLog('trace', { write: (line: string) => void said.push(line) });

let opened: OpenedDatabase;
let server: ApiServer;
const operationsOf = (person: Person) =>
  createLocalOperations({
    plane: createControlPlane(unreachableRepository(new Error('no repository')), opened.database),
    person,
    workingCopy: undefined,
    close: () => Promise.resolve(),
  });

const runs = { a: '00000000-0000-4000-8000-00000000000a', b: '00000000-0000-4000-8000-00000000000b' };
const nobodys = '00000000-0000-4000-8000-0000000000ff';

beforeAll(async () => {
  opened = await openTestDatabase('embedded');
  const { database } = opened;
  await database.db
    .insertInto('environment')
    .values({ name: 'one', root: '0'.repeat(64) })
    .execute();
  server = await startServer({
    operations: operationsOf,
    identify: waysIn({ others: [storedTokens(database)], database, log }),
    rules: accessRules(database),
    version: '0',
    log,
    ready: () => Promise.resolve(),
    port: 0,
  });
}, 120_000);
afterAll(async () => {
  await server.close();
  await opened.close();
});

const admin = localPerson('root@here');

async function tokenOf(name: string, role: PersonRole, namespaces?: readonly string[]): Promise<string> {
  const made = await operationsOf(admin).createToken({
    name,
    role,
    groups: [],
    lifeMs: 3_600_000,
    ...(namespaces === undefined ? {} : { namespaces }),
  });
  return made.token;
}

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
    operations: () => operationsOf(admin),
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
    const harmless = ['POST /v1/environments/{environment}/access', 'POST /v1/audit/verify'];
    const writing = Object.entries(permissions).filter(([route, { to }]) => route.startsWith('POST') && to === 'read');
    expect(writing.map(([route]) => route).sort()).toEqual(harmless.sort());
  });
});
