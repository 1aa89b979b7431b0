import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ordinaryRules } from '../../src/manifest/rules.ts';
import type { PersonRole } from '../../src/policy/person.ts';
import { openRepository } from '../../src/source/repository.ts';
import { readApproval } from '../../src/store/approval-list.ts';
import { requestApproval } from '../../src/store/approval-request.ts';
import { send } from '../api/fixture.ts';
import { terms } from '../run/approval-play.ts';
import { openApprovals, requestOf } from '../store/approval-fixture.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { startTokenServer, type TokenServer } from '../support/token-server.ts';

const { database, running, close } = await openApprovals();

let repository: TestRepository;
let server: TokenServer;

const pawl = `apiVersion: pawl/v1
environments: [{ name: production, branch: main, paths: [agents], apply: auto }]
groups: { leads: { github: { users: [octocat] } } }
`;

beforeAll(async () => {
  repository = await createRepository();
  await repository.commit({ 'pawl.yaml': pawl });
  const rules = { ...ordinaryRules, groups: { leads: { github: { users: ['octocat'] } } } };
  await sql`update environment set rules = ${JSON.stringify(rules)}::jsonb where name = 'production'`.execute(
    database.db,
  );
  server = await startTokenServer(database, { repository: await openRepository({ path: repository.path }) });
});
afterAll(async () => {
  await server.close();
  await repository.remove();
  await close();
});

type Approvers = NonNullable<(typeof terms)['approvers']>;

/** A request of one rule that names people, and maybe of one that names nobody. */
async function asked(approvers: Approvers, also: readonly (typeof terms)[] = []) {
  const of = await running();
  const named = { rule: 'ToolPermission/default/send', ...terms, fourEyes: false, approvers };
  const others = also.map((one, index) => ({ rule: `AgentPolicy/default/also${index}`, ...one }));
  const request = { ...requestOf(of), asks: [named, ...others] };
  const answer = await requestApproval(database, request);
  if (answer.kind !== 'asked') throw new Error('fenced');
  return { id: answer.state.id, digest: request.actionDigest };
}

const tokenOf = (name: string, role: PersonRole, of: { groups?: string[]; namespaces?: string[] } = {}) =>
  server.tokenOf(name, role, { namespaces: ['default'], ...of });

async function decide(token: string, { id, digest }: { readonly id: string; readonly digest: string }, as = 'approve') {
  const answer = await send(server.address, `/v1/approvals/${id}/decisions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ digest, as, ...(as === 'deny' ? { text: 'no' } : {}) }),
  });
  const { code, state } = JSON.parse(answer.body) as { readonly code?: string; readonly state?: string };
  return [answer.status, code ?? state];
}

const bob: Approvers = { groups: [], users: ['bob'], min: 1 };
const leads: Approvers = { groups: ['leads'], users: [], min: 1 };

test('whoever a rule names decides with the role reader, by name or by group, and may deny too', async () => {
  const named = await tokenOf('bob', 'reader');
  expect(await decide(named, await asked(bob))).toEqual([200, 'approved']);
  expect(await decide(named, await asked(bob), 'deny')).toEqual([200, 'denied']);
  expect(await decide(await tokenOf('lea', 'reader', { groups: ['leads'] }), await asked(leads))).toEqual([
    200,
    'approved',
  ]);
});

test('they decide for the rule that names them alone: another one that asks still waits for its own people', async () => {
  const request = await asked({ ...bob, users: ['bob2'] }, [{ ...terms, fourEyes: false }]);
  expect(await decide(await tokenOf('bob2', 'reader'), request)).toEqual([200, 'pending']);
  expect((await readApproval(database, request.id))?.votes).toMatchObject([{ by: 'bob2', asks: [0] }]);
});

test('and on nothing else: not on what names others, names nobody or is of a namespace that they do not read', async () => {
  const named = await tokenOf('bob3', 'reader', { groups: ['leads'] });
  const elsewhere = await tokenOf('bob4', 'reader', { namespaces: ['elsewhere'] });
  const nobody = await asked({ groups: [], users: [], min: 1 });
  const others = await asked(bob);
  const mine = await asked({ ...bob, users: ['bob4'] });
  expect(await decide(named, nobody)).toEqual([403, 'api.forbidden']);
  expect(await decide(named, others)).toEqual([403, 'api.forbidden']);
  // A login of GitHub is not proved by a token whose maker gave it that name.
  expect(await decide(await tokenOf('octocat', 'reader'), await asked(leads))).toEqual([403, 'api.forbidden']);
  expect(await decide(elsewhere, mine)).toEqual([404, 'resource.not_found']);
  for (const { id } of [nobody, others, mine]) expect((await readApproval(database, id))?.votes).toEqual([]);
});

test('the role approver alone decides nothing that names others', async () => {
  const request = await asked(bob);
  expect(await decide(await tokenOf('eve', 'approver'), request)).toEqual([403, 'approval.not_approver']);
  expect((await readApproval(database, request.id))?.votes).toEqual([]);
});
