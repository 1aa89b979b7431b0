import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { permissions } from '../../src/api/permissions.ts';
import { openRepository } from '../../src/source/repository.ts';
import { requestApproval } from '../../src/store/approval-request.ts';
import { openApprovals, requestOf } from '../store/approval-fixture.ts';
import { environment, submit, system } from '../support/runs.ts';
import { startTokenServer, type TokenServer } from '../support/token-server.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { applyTriggers } from '../support/triggers.ts';
import { terms } from '../run/approval-play.ts';
import { send } from './fixture.ts';

type Ask = readonly [path: string, body: object];

/** What an action leaves in the record, and who is seen to leave it: by asking for it here, or in a test that is named. */
type Shown =
  | { readonly event: string; readonly ask: () => Ask | Promise<Ask> }
  | { readonly event: string; readonly test: string };

const of = (rest: string) => `/v1/environments/${environment}/${rest}`;
const { database, running, close } = await openApprovals();
let git: TestRepository;
let server: TokenServer;
let ada: string;

const pawl = `apiVersion: pawl/v1
environments: [{ name: ${environment}, branch: main, paths: [agents], apply: auto }]
`;

/** What is asked for and changes nothing. */
const reading = [
  'POST /v1/audit/verify',
  'POST /v1/environments/{environment}/access',
  'POST /v1/environments/{environment}/plan',
  'POST /v1/environments/{environment}/proposals/preview',
  'POST /v1/environments/{environment}/use',
];

const acting: Readonly<Record<string, Shown>> = {
  'POST /v1/tokens': {
    event: 'token.created',
    ask: () => ['/v1/tokens', { name: 'eve', role: 'reader', groups: [], lifeMs: 60_000 }],
  },
  'POST /v1/tokens/{id}/revoke': {
    event: 'token.revoked',
    ask: async () => {
      const token = await server.tokenOf('mallory', 'reader');
      return [`/v1/tokens/${token.split('_')[1] ?? ''}/revoke`, {}];
    },
  },
  'POST /v1/environments/{environment}/sync': { event: 'sync.ask', ask: () => [of('sync'), {}] },
  'POST /v1/environments/{environment}/sync/suspend': {
    event: 'sync.suspend',
    ask: () => [of('sync/suspend'), { reason: 'a look' }],
  },
  'POST /v1/environments/{environment}/sync/resume': { event: 'sync.resume', ask: () => [of('sync/resume'), {}] },
  'POST /v1/environments/{environment}/sync/claim': { event: 'sync.claim', ask: () => [of('sync/claim'), {}] },
  'POST /v1/approvals/{id}/decisions': {
    event: 'approval.approved',
    ask: async () => {
      const request = requestOf(await running());
      const asks = request.asks.map((ask) => ({ ...ask, ...terms, fourEyes: false }));
      const answer = await requestApproval(database, { ...request, asks });
      if (answer.kind !== 'asked') throw new TypeError('the run is this worker’s');
      return [`/v1/approvals/${answer.state.id}/decisions`, { digest: request.actionDigest, as: 'approve' }];
    },
  },
  'POST /v1/environments/{environment}/halts': {
    event: 'halt.begin',
    ask: () => [of('halts'), { scope: 'tool/default/send', reason: 'a look', force: true }],
  },
  'POST /v1/environments/{environment}/halts/resume': {
    event: 'halt.end',
    ask: () => [of('halts/resume'), { which: 'tool/default/send', reason: 'over' }],
  },
  'POST /v1/runs': { event: 'run.submitted', ask: () => ['/v1/runs', { environment, system, input: {} }] },
  'POST /v1/environments/{environment}/audit/anchor': {
    event: 'audit.anchor',
    ask: () => [of('audit/anchor'), { write: true }],
  },
  'POST /v1/tasks/start': {
    event: 'task.started',
    ask: () => ['/v1/tasks/start', { environment, kind: 'Task', name: 'default/tidy', input: {} }],
  },
  'POST /v1/runs/{id}/cancel': { event: 'run.cancelled', ask: async () => [`/v1/runs/${await queued()}/cancel`, {}] },
  'POST /v1/runs/{id}/resolve': { event: 'call.resolved', test: 'test/run/execute.test.ts' },
  'POST /v1/runs/{id}/retry': {
    event: 'run.retried',
    ask: async () => [`/v1/runs/${await ended('Failed')}/retry`, {}],
  },
  'POST /v1/environments/{environment}/redrive': {
    event: 'run.retried',
    ask: async () => {
      await ended('DeadLetter');
      return [of('redrive'), { system, limit: 5 }];
    },
  },
  'POST /v1/environments/{environment}/rollouts': { event: 'rollout.promoted', test: 'test/run/rollouts.test.ts' },
  'POST /v1/environments/{environment}/secrets': { event: 'secret.set', test: 'test/tools/secret-stored.test.ts' },
  'POST /v1/environments/{environment}/secrets/remove': {
    event: 'secret.remove',
    test: 'test/tools/secret-stored.test.ts',
  },
  'POST /v1/environments/{environment}/secrets/rotate': {
    event: 'secret.rotate',
    test: 'test/tools/secret-stored.test.ts',
  },
  'POST /v1/environments/{environment}/alerts/test': {
    event: 'alert.test',
    ask: () => [of('alerts/test'), { receiver: 'default/ops' }],
  },
  'POST /v1/environments/{environment}/proposals': { event: 'proposal.ask', test: 'test/github/proposals.test.ts' },
  'POST /v1/environments/{environment}/drift/heal': { event: 'drift.heal', test: 'test/apply/heal.test.ts' },
  'POST /v1/environments/{environment}/drift/heal/resume': { event: 'drift.resume', test: 'test/apply/heal.test.ts' },
  'POST /v1/runs/{id}/answers': { event: 'question.answered', test: 'test/run/people.test.ts' },
  'POST /v1/environments/{environment}/acknowledgements': {
    event: 'acknowledge',
    test: 'test/apply/acknowledge.test.ts',
  },
  'POST /v1/environments/{environment}/apply': { event: 'apply', test: 'test/apply/apply.test.ts' },
  'POST /v1/environments/{environment}/revisions/{revision}/rollback': {
    event: 'rollback',
    test: 'test/controller/rollback.test.ts',
  },
  'POST /v1/environments/{environment}/quarantine/release': {
    event: 'quarantine.release',
    test: 'test/controller/rollback.test.ts',
  },
  'POST /v1/environments/{environment}/overrides': { event: 'override.set', test: 'test/controller/override.test.ts' },
  'POST /v1/environments/{environment}/overrides/end': {
    event: 'override.end',
    test: 'test/controller/override.test.ts',
  },
};

const queued = async () => (await submit(database)).id;

async function ended(state: 'Failed' | 'DeadLetter'): Promise<string> {
  const id = await queued();
  await sql`update run set state = ${state}, ended_at = now() where id = ${id}`.execute(database.db);
  return id;
}

beforeAll(async () => {
  git = await createRepository();
  await git.commit({ 'pawl.yaml': pawl });
  server = await startTokenServer(database, { repository: await openRepository({ path: git.path }) });
  ada = await server.tokenOf('ada', 'admin');
  await sql`insert into sync (environment, repository) values (${environment}, 'here')`.execute(database.db);
  await applyTriggers(database, {
    set: { 'Task/tidy': { systemRef: 'work', priority: 5 }, 'AlertReceiver/ops': { type: 'githubIssue' } },
  });
});
afterAll(async () => {
  await server.close();
  await git.remove();
  await close();
});

async function events(): Promise<readonly { readonly actor: string; readonly action: string }[]> {
  const { rows } = await sql<{ actor: string; action: string }>`select actor, action from event order by id`.execute(
    database.db,
  );
  return rows;
}

test('every request that may be sent to the API either changes nothing or leaves an event', () => {
  const sent = Object.keys(permissions).filter((route) => !route.startsWith('GET '));
  expect([...reading, ...Object.keys(acting)].toSorted()).toEqual(sent.toSorted());
});

describe('an event with whoever asked for it is left by', () => {
  const here = Object.entries(acting).flatMap(([route, shown]) => ('ask' in shown ? [[route, shown] as const] : []));
  test.each(here)('%s', async (_route, { event, ask }) => {
    const [path, body] = await ask();
    const before = (await events()).length;
    const headers = { authorization: `Bearer ${ada}` };
    const answer = await send(server.address, path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.status, answer.body).toBe(200);
    expect((await events()).slice(before)).toEqual([{ actor: 'ada', action: event }]);
  });

  const elsewhere = Object.entries(acting).flatMap(([route, shown]) =>
    'test' in shown ? [[route, shown] as const] : [],
  );
  test.each(elsewhere)('%s, which another test looks at', async (_route, { event, test: file }) => {
    expect(await readFile(file, 'utf8')).toContain(event);
  });
});
