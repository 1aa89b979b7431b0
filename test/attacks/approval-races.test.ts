import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ordinaryRules } from '../../src/manifest/rules.ts';
import { openRepository } from '../../src/source/repository.ts';
import type { Worker } from '../../src/run/worker.ts';
import { readApproval, readApprovalsOf } from '../../src/store/approval-list.ts';
import { send } from '../api/fixture.ts';
import { asking, rule, sendNode } from '../run/approval-play.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { httpTool, install, submit, until, workerOn } from '../support/runs.ts';
import { seeded } from '../support/seeded.ts';
import { startTokenServer, type TokenServer } from '../support/token-server.ts';

/** Of a run each: people who answer all at once, each by a request of their own. */
const rounds = 12;
const people = 8;
const seed = 1 + Math.floor(Math.random() * 1_000_000);

let opened: OpenedDatabase;
let effects: EffectServer;
let repository: TestRepository;
let server: TokenServer;
let worker: Worker;
let leads: readonly string[];
let stranger: string;

const pawl = `apiVersion: pawl/v1
environments: [{ name: production, branch: main, paths: [agents], apply: auto }]
groups: { leads: { github: { users: [octocat] } } }
`;

beforeAll(async () => {
  [opened, effects, repository] = await Promise.all([
    openTestDatabase('postgres'),
    startEffectServer(),
    createRepository(),
  ]);
  await repository.commit({ 'pawl.yaml': pawl });
  server = await startTokenServer(opened.database, { repository: await openRepository({ path: repository.path }) });
  leads = await Promise.all(
    Array.from({ length: people }, (_, index) =>
      server.tokenOf(`lead-${index}`, 'reader', { namespaces: ['default'], groups: ['leads'] }),
    ),
  );
  stranger = await server.tokenOf('eve', 'approver', { namespaces: ['default'], groups: ['guests'] });
  worker = workerOn(opened.database, { graceMs: 100 });
  await worker.start();
});
afterAll(async () => {
  await worker.stop();
  await server.close();
  await Promise.all([effects.close(), repository.remove()]);
  await opened.close();
});

interface Said {
  readonly status: number;
  readonly state?: string;
  readonly code?: string;
}

async function say(token: string, id: string, body: object): Promise<Said> {
  const answer = await send(server.address, `/v1/approvals/${id}/decisions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  return { status: answer.status, ...(JSON.parse(answer.body) as object) };
}

/** A run that waits for `min` of the leads to release one call. */
async function waiting(path: string, min: number) {
  const made = sendNode({ to: 'ada' }, httpTool(`${effects.url}${path}`));
  const terms = { ttlMs: 600_000, fourEyes: false, approvers: { groups: ['leads'], users: [], min } };
  await install(opened.database, made, asking(made, ['send'], { [rule]: terms }));
  const rules = { ...ordinaryRules, groups: { leads: { github: { users: ['octocat'] } } } };
  await sql`update environment set rules = ${JSON.stringify(rules)}::jsonb`.execute(opened.database.db);
  const { id: run } = await submit(opened.database);
  await until(opened.database, run, 'Waiting');
  const [request] = await readApprovalsOf(opened.database, run);
  if (request === undefined) throw new Error('nobody is asked');
  return { run, id: request.id, digest: request.action_digest };
}

test.each(Array.from({ length: rounds }, (_, index) => [seed + index, 1 + (index % 3)] as const))(
  'whoever answers at once, one thing becomes of a request and the call is made once or never: seed %i, %i of them',
  async (one, min) => {
    const random = seeded(one);
    const path = `/round-${one}`;
    const { run, id, digest } = await waiting(path, min);
    const answers = leads.map(() => (random() < 0.7 ? 'approve' : 'deny'));
    const texts = (as: string) => (as === 'deny' ? { text: 'no' } : {});
    const forged = [
      say(stranger, id, { digest, as: 'approve' }),
      say(leads[0] ?? '', id, { digest: 'f'.repeat(64), as: 'approve' }),
      say(leads[1] ?? '', id, { digest, as: 'approve', by: 'root@here' }),
    ];
    const said = await Promise.all([
      ...leads.map((token, index) => say(token, id, { digest, as: answers[index], ...texts(answers[index] ?? '') })),
      ...forged,
    ]);
    const counted = said.slice(0, people);
    expect(said.slice(people).map(({ status }) => status)).toEqual([
      expect.toSatisfy((status) => status === 403 || status === 409),
      409,
      400,
    ]);
    const others = counted.filter(({ status }) => status !== 200).map(({ status, code }) => [status, code]);
    expect(others).toEqual(others.map(() => [409, 'approval.decided']));
    const { state = '', votes = [] } = (await readApproval(opened.database, id)) ?? {};
    const last = counted.flatMap((answer) =>
      answer.status === 200 && answer.state !== 'pending' ? [answer.state] : [],
    );
    expect(last).toHaveLength(1);
    const isApproved = last[0] === 'approved';
    // Each counted vote is of one person, as they said it, and no more were counted than were needed.
    expect(votes).toHaveLength(counted.filter(({ status }) => status === 200).length);
    expect(new Set(votes.map(({ by }) => by)).size).toBe(votes.length);
    expect(votes.every(({ by, as }) => as === answers[Number(by.slice('lead-'.length))])).toBe(true);
    if (isApproved) expect(votes.filter(({ as }) => as === 'approve')).toHaveLength(min);
    const ended = await until(opened.database, run);
    expect([state, ended.state]).toEqual([
      expect.toSatisfy((now) => (isApproved ? now === 'approved' || now === 'consumed' : now === 'denied')),
      isApproved ? 'Succeeded' : 'Failed',
    ]);
    // What was decided is not decided again, whoever asks and however.
    const late = await Promise.all(leads.map((token) => say(token, id, { digest, as: 'approve' })));
    expect(late.map(({ status, code }) => [status, code])).toEqual(leads.map(() => [409, 'approval.decided']));
    expect((await effects.effects()).filter((effect) => effect.path === path)).toHaveLength(isApproved ? 1 : 0);
    expect((await readApproval(opened.database, id))?.state).toBe(isApproved ? 'consumed' : 'denied');
  },
  60_000,
);
