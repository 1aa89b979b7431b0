import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ordinaryRules } from '../../src/manifest/rules.ts';
import type { PersonRole } from '../../src/policy/person.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { startTokenServer, type TokenServer } from '../support/token-server.ts';
import { send } from './fixture.ts';

let opened: OpenedDatabase;
let server: TokenServer;

beforeAll(async () => {
  opened = await openTestDatabase('embedded');
  const { database } = opened;
  const access = [{ role: 'admin', namespaces: ['team-a'], groups: [], users: ['lead'] }];
  await sql`insert into environment (name, root, revision, rules)
    values ('one', '', 1, ${JSON.stringify({ ...ordinaryRules, access })})`.execute(database.db);
  server = await startTokenServer(database);
}, 120_000);
afterAll(async () => {
  await server.close();
  await opened.close();
});

const tokenOf = (name: string, role: PersonRole, namespaces?: readonly string[]) =>
  server.tokenOf(name, role, { namespaces });

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
