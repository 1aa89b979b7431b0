import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PersonRole } from '../../src/policy/person.ts';
import { readApproval } from '../../src/store/approval-list.ts';
import { send } from '../api/fixture.ts';
import { openApprovals } from '../store/approval-fixture.ts';
import { startTokenServer, type TokenServer } from '../support/token-server.ts';

const { database, asked, close } = await openApprovals();

let server: TokenServer;
let request: { readonly id: string; readonly digest: string };

beforeAll(async () => {
  server = await startTokenServer(database);
  const { id } = await asked();
  request = { id, digest: (await readApproval(database, id))?.action_digest ?? '' };
});
afterAll(async () => {
  await server.close();
  await close();
});

const tokens = new Map<string, string>();
async function tokenOf(role: PersonRole, namespace: string): Promise<string> {
  const key = `${role}-${namespace}`;
  const known = tokens.get(key);
  if (known !== undefined) return known;
  const token = await server.tokenOf(key, role, { namespaces: [namespace] });
  tokens.set(key, token);
  return token;
}

interface Attempt {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly id?: string;
}

async function decide({ token, headers, body, id = request.id }: Attempt): Promise<readonly [number, unknown]> {
  const answer = await send(server.address, `/v1/approvals/${id}/decisions`, {
    method: 'POST',
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    body: JSON.stringify({ digest: request.digest, as: 'approve', ...body }),
  });
  return [answer.status, (JSON.parse(answer.body) as { code?: string }).code];
}

const untouched = async () => {
  const row = await readApproval(database, request.id);
  expect([row?.state, row?.votes]).toEqual(['pending', []]);
};

test.each(['reader', 'author', 'operator'] as const)('a %s approves nothing', async (role) => {
  expect(await decide({ token: await tokenOf(role, 'default') })).toEqual([403, 'api.forbidden']);
  await untouched();
});

test('nobody approves without a token, or with a name in a header', async () => {
  expect((await decide({}))[0]).toBe(401);
  for (const name of ['x-forwarded-user', 'x-remote-user', 'x-pawl-actor', 'cookie'])
    expect((await decide({ headers: { [name]: 'root@here' } }))[0]).toBe(401);
  await untouched();
});

test('an approver of another namespace is told the same as of a request that is not there', async () => {
  const token = await tokenOf('approver', 'elsewhere');
  const [there, none] = [await decide({ token }), await decide({ token, id: '0'.repeat(10) })];
  expect(there[0]).toBe(404);
  expect(none).toEqual(there);
  await untouched();
});

test.each<[string, object]>([
  ['says who it is', { by: 'root@here' }],
  ['says as whom it acts', { actor: 'root@here' }],
  ['brings a person', { person: { name: 'root@here', roles: ['admin'] } }],
  ['brings roles', { roles: ['admin'] }],
  ['edits the arguments', { arguments: { to: 'eve' } }],
  ['approves of all alike', { batch: 1_000 }],
  ['names no action', { digest: undefined }],
  ['names an action by too little', { digest: 'a' }],
  ['names an action by a pattern', { digest: '%'.repeat(8) }],
  ['wants a state', { as: 'consumed' }],
])('a decision that %s is refused', async (_name, body) => {
  expect((await decide({ token: await tokenOf('approver', 'default'), body }))[0]).toBe(400);
  await untouched();
});
