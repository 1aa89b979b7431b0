import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandsTick } from '../../src/github/commands.ts';
import { pullRequestsTick } from '../../src/github/pull-requests.ts';
import { apply } from '../../src/apply/apply.ts';
import { readEnvironment } from '../../src/controller/environments.ts';
import { planCommit } from '../../src/controller/planning.ts';
import { recordPushers } from '../../src/store/pull-hands.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { type GitHubFixture, gitHubFixture } from '../github/fixture.ts';

const name = 'acme/agents';
const signal = new AbortController().signal;
const settings = `apiVersion: pawl/v1
groups:
  security: { github: { users: [sam, sue, ann], teams: [acme/security] } }
environments:
  - name: production
    branch: main
    paths: [agents]
    namespaces: [support]
    apply: auto
`;
const model = `apiVersion: pawl/v1
kind: ModelEndpoint
metadata: { name: small, namespace: support }
spec: { provider: openaiCompatible, model: small, baseUrl: 'https://models.example.com/v1', pricing: { inputPerMTok: 1, outputPerMTok: 1 } }
`;
const agent = (prompt: string): string => `apiVersion: pawl/v1
kind: Agent
metadata: { name: triage, namespace: support }
spec: { modelRef: small, prompt: ${prompt} }
`;

let fixture: GitHubFixture;
beforeAll(async () => {
  fixture = await gitHubFixture(
    { 'pawl.yaml': settings, 'agents/model.yaml': model, 'agents/triage.yaml': agent('Sort it.') },
    { ann: 'write', sam: 'write', sue: 'triage', eve: 'read', tom: 'write', team: 'triage' },
  );
  fixture.hub.setTeam('acme/security', { team: 'member', tom: 'pending' });
  const { plane } = fixture.round();
  await plane.repository.fetch();
  const production = await readEnvironment(plane.repository, 'production');
  const plan = await planCommit(plane, { settings: production, commit: await plane.repository.resolve('main') });
  await applyAcknowledged(fixture.database, plan, 'ann');
}, 120_000);
afterAll(() => fixture.close());

let count = 0;
/** A pull request of ann's that edits pawl.yaml, which is a risk, with its plan's comment. */
async function opened(): Promise<{ number: number; branch: string; id: string }> {
  count += 1;
  const branch = `work-${count}`;
  const files = { 'pawl.yaml': settings.replace('[sam, sue, ann]', `[sam, sue, ann, more-${count}]`) };
  await fixture.hub.people.push(name, { branch, files, as: 'ann' });
  const { number } = await fixture.hub.people.openPullRequest(name, { head: branch, as: 'ann' });
  await pullRequestsTick(fixture.round(), signal);
  const [, id] = /\b(R13-[0-9a-f]{4,})/.exec(planOf(number)?.body ?? '') ?? [];
  if (id === undefined) throw new Error(`no risk is shown: ${planOf(number)?.body ?? 'no comment'}`);
  await nextSecond();
  return { number, branch, id };
}

const comments = (number: number) =>
  [...fixture.hub.state(name).comments.values()].filter(({ issue }) => issue === number);
const planOf = (number: number) => comments(number).find(({ body }) => body.includes('<!-- pawl:plan'));
const answersOn = (number: number) => comments(number).filter(({ body }) => body.includes('<!-- pawl:answers -->'));

/** GitHub's times are whole seconds. */
async function nextSecond(): Promise<void> {
  const from = Math.floor(Date.now() / 1_000);
  await expect.poll(() => Math.floor(Date.now() / 1_000), { interval: 20 }).toBeGreaterThan(from);
}

async function say(number: number, as: string, body: string) {
  const comment = await fixture.hub.people.comment(name, number, { body, as });
  await commandsTick(fixture.round(), signal);
  return fixture.hub
    .state(name)
    .comments.get(comment.id)
    ?.reactions.map(({ content }) => content);
}

const given = async () =>
  (
    await fixture.database.db
      .selectFrom('acknowledgement')
      .select(['given_by', 'shown_id'])
      .where('shown_id', 'like', 'R13-%')
      .execute()
  ).map(({ given_by: by, shown_id: id }) => `${by} ${id}`);

test('only those acknowledge whom rules and GitHub name, and who had no hand in it', async () => {
  const { number, id, branch } = await opened();
  const ack = `/pawl ack ${id} looked at it`;
  const before = await given();
  expect(await say(number, 'eve', ack)).toEqual(['-1']);
  expect(await say(number, 'ghost', ack)).toEqual(['-1']);
  expect(answersOn(number)).toEqual([]);
  expect(await say(number, 'ann', ack)).toEqual(['confused']);
  expect(answersOn(number)[0]?.body).toContain('opened');
  expect(await say(number, 'tom', ack)).toEqual(['confused']);
  expect(answersOn(number)).toHaveLength(1);
  const edited = await fixture.hub.people.comment(name, number, { body: 'Fine.', as: 'sam' });
  await nextSecond();
  await fixture.hub.people.editComment(name, edited.id, { body: ack, as: 'tom' });
  await commandsTick(fixture.round(), signal);
  expect(await given()).toEqual(before);
  await fixture.hub.people.review(name, number, { as: 'sam', state: 'approved', body: ack });
  await commandsTick(fixture.round(), signal);
  expect(await given()).toEqual(before);
  expect(await say(number, 'team', ack)).toEqual(['+1']);
  expect(await given()).toEqual([...before, `github:team ${id}`]);
  await commandsTick(fixture.round(), signal);
  expect(await given()).toHaveLength(before.length + 1);
  // Whoever pushes afterwards had a hand in it, whatever name stands in the commit.
  await fixture.hub.people.push(name, { branch, files: { 'notes.txt': 'x\n' }, as: 'sam' });
  await pullRequestsTick(fixture.round(), signal);
  await nextSecond();
  expect(await say(number, 'sam', ack)).toEqual(['confused']);
  expect(answersOn(number)[0]?.body).toContain('pushed to');
}, 120_000);

test('what was pushed between the look and the word is not agreed to', async () => {
  const { number, id, branch } = await opened();
  const before = await given();
  // Planned anew, but the comment is not written yet.
  await fixture.hub.people.push(name, {
    branch,
    files: { 'pawl.yaml': settings.replace('[sam, sue, ann]', '[sam, sue, ann, mallory]') },
    as: 'ann',
  });
  expect(await say(number, 'sam', `/pawl ack ${id}`)).toEqual(['confused']);
  // Written in the same second as the word, or after it.
  const early = await fixture.hub.people.comment(name, number, { body: `/pawl ack ${id}`, as: 'sue' });
  await nextSecond();
  await pullRequestsTick(fixture.round(), signal);
  await commandsTick(fixture.round(), signal);
  expect(
    fixture.hub
      .state(name)
      .comments.get(early.id)
      ?.reactions.map(({ content }) => content),
  ).toEqual(['confused']);
  expect(await given()).toEqual(before);
  expect(answersOn(number)).toHaveLength(1);
}, 120_000);

test('who pushed is asked again after the merge, and judged again at apply', async () => {
  const { number, id, branch } = await opened();
  expect(await say(number, 'sam', `/pawl ack ${id}`)).toEqual(['+1']);
  await fixture.hub.people.push(name, { branch, files: { 'notes.txt': `${count}\n` }, as: 'sam' });
  await fixture.hub.people.merge(name, number, { method: 'squash', as: 'tom' });
  await commandsTick(fixture.round(), signal);
  const { plane } = fixture.round();
  await plane.repository.fetch();
  const production = await readEnvironment(plane.repository, 'production');
  const commit = await plane.repository.resolve('main');
  await recordPushers(fixture.database.db, { repository: name, number }, ['sam']);
  const plan = await planCommit(plane, { settings: production, commit });
  await expect(apply(fixture.database, plan, 'controller')).rejects.toMatchObject({ code: 'plan.unacknowledged' });
}, 120_000);
