import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storedTokens, waysIn } from '../../src/api/identity.ts';
import { createLocalOperations } from '../../src/api/local.ts';
import { type ApiServer, startServer } from '../../src/api/server.ts';
import { accessRules } from '../../src/app-api.ts';
import { createControlPlane } from '../../src/controller/planning.ts';
import { TerminalError } from '../../src/errors.ts';
import { ordinaryRules } from '../../src/manifest/rules.ts';
import { localPerson, type Person, type PersonRole } from '../../src/policy/person.ts';
import { unreachableRepository } from '../../src/source/unreachable.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { silent } from '../support/runs.ts';
import { send } from './fixture.ts';

let opened: OpenedDatabase;
let server: ApiServer;
const nowhere = unreachableRepository(new TerminalError('It is not there.', { code: 'git.unreachable' }));
const operationsOf = (person: Person) =>
  createLocalOperations({
    plane: createControlPlane(nowhere, opened.database),
    person,
    workingCopy: undefined,
    close: () => Promise.resolve(),
  });

beforeAll(async () => {
  opened = await openTestDatabase('embedded');
  const { database } = opened;
  const access = [{ role: 'admin', namespaces: ['team-a'], groups: [], users: ['lead'] }];
  await sql`insert into environment (name, root, revision, rules)
    values ('one', '', 1, ${JSON.stringify({ ...ordinaryRules, access })})`.execute(database.db);
  server = await startServer({
    operations: operationsOf,
    identify: waysIn({ others: [storedTokens(database)], database, log: silent }),
    rules: accessRules(database),
    version: '0',
    log: silent,
    ready: () => Promise.resolve(),
    port: 0,
  });
}, 120_000);
afterAll(async () => {
  await server.close();
  await opened.close();
});

async function tokenOf(name: string, role: PersonRole, namespaces?: readonly string[]): Promise<string> {
  const wanted = { name, role, groups: [], lifeMs: 3_600_000, ...(namespaces === undefined ? {} : { namespaces }) };
  return (await operationsOf(localPerson('root@here')).createToken(wanted)).token;
}

type Halted = { readonly id: string; readonly code?: string; readonly setAs?: string; readonly detail?: string };

async function ask(token: string, method: string, path: string, body?: object) {
  const answer = await send(server.address, `/v1/environments/one/halts${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: JSON.parse(answer.body) as unknown };
}

async function halt(token: string, scope: string) {
  const { status, body } = await ask(token, 'POST', '', { scope, reason: 'a look', force: true });
  return { status, ...(body as Halted) };
}

async function lift(token: string, which: string) {
  const { status, body } = await ask(token, 'POST', '/resume', { which, reason: 'over' });
  return [status, (body as Halted).code];
}

const inForce = async (token: string) => ((await ask(token, 'GET', '')).body as readonly Halted[]).map(({ id }) => id);

test('an operator sets, sees and lifts halts of their namespace, and of no other', async () => {
  const [token, other] = [await tokenOf('ann', 'operator', ['team-a']), await tokenOf('bob', 'operator', ['team-b'])];
  const { id, status, setAs } = await halt(token, 'tool/team-a/mail');
  expect([status, setAs]).toEqual([200, 'operator']);
  expect(await inForce(token)).toEqual([id]);
  expect(await inForce(other)).toEqual([]);
  expect(await lift(other, id)).toEqual([404, 'resource.not_found']);
  for (const scope of ['global', 'environment/one', 'provider/openai'])
    expect(await halt(token, scope), scope).toMatchObject({ status: 403, code: 'api.forbidden' });
  expect(await halt(token, 'namespace/team-b')).toMatchObject({ status: 404, code: 'resource.not_found' });
  expect(await halt(await tokenOf('eve', 'reader', ['team-a']), 'tool/team-a/mail')).toMatchObject({ status: 403 });
  expect(await lift(token, id)).toEqual([200, undefined]);
  expect(await inForce(token)).toEqual([]);
});

test('what an admin has set an operator lifts neither by its id nor by its scope, though theirs by its id', async () => {
  const [token, admin] = [await tokenOf('ann2', 'operator', ['team-a']), await tokenOf('root', 'admin')];
  const high = await halt(admin, 'namespace/team-a');
  const low = await halt(token, 'namespace/team-a');
  expect([high.setAs, low.setAs]).toEqual(['admin', 'operator']);
  expect(await lift(token, high.id)).toEqual([403, 'halt.set_by_admin']);
  expect(await lift(token, 'namespace/team-a')).toEqual([403, 'halt.set_by_admin']);
  expect(await inForce(token)).toEqual([low.id, high.id]);
  expect(await lift(token, low.id)).toEqual([200, undefined]);
  expect(await lift(await tokenOf('ann3', 'operator'), high.id)).toEqual([403, 'halt.set_by_admin']);
  // Who is an admin there by pawl.yaml is as high.
  expect(await lift(await tokenOf('lead', 'reader'), high.id)).toEqual([200, undefined]);
});
