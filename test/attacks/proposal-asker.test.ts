import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apply } from '../../src/apply/apply.ts';
import { readEnvironment } from '../../src/controller/environments.ts';
import { planCommit } from '../../src/controller/planning.ts';
import { commandsTick } from '../../src/github/commands.ts';
import { wantedOf } from '../../src/github/proposals.ts';
import { pullRequestsTick } from '../../src/github/pull-requests.ts';
import { exclusionOf } from '../../src/plan/excluded.ts';
import type { Membership } from '../../src/policy/person.ts';
import { recordProposal, wantProposal } from '../../src/store/proposal.ts';
import { type GitHubFixture, gitHubFixture } from '../github/fixture.ts';
import { sound } from '../support/small-repository.ts';

describe('who asked pawl for a pull request', () => {
  const by = (login: string): Membership => ({ groups: [], proof: 'github', github: { login, teams: [] } });
  const local: Membership = { groups: [], proof: 'local' };
  const oidc: Membership = { groups: [], proof: 'oidc' };
  const at = new Date(0);

  test.each([
    ['ada', 'github:Ada', by('Ada')],
    ['oidc:ada@example.com', 'github:ada', by('ada')],
    ['token:ada', 'github:ada', by('ada')],
    ['github:ada', 'ada', local],
    ['token:Ada', 'oidc:ada@example.com', oidc],
    ['oidc:1+ada@users.noreply.github.com', 'github:ada', by('ada')],
  ])('%s may not agree to it as %s', (askedBy, name, membership) => {
    expect(exclusionOf({ name, ...membership }, at, [{ login: askedBy, why: 'asked' }])?.login).toBe(askedBy);
  });

  test.each([
    ['oidc:ada@example.com', 'github:bob', by('bob')],
    ['ada', 'github:adam', by('adam')],
  ])('%s is somebody else than %s', (askedBy, name, membership) => {
    expect(exclusionOf({ name, ...membership }, at, [{ login: askedBy, why: 'asked' }])).toBeUndefined();
  });
});

const name = 'acme/agents';
const signal = new AbortController().signal;
const settings = `apiVersion: pawl/v1
groups: { security: { github: { users: [sam, sue] } } }
environments: [{ name: production, branch: main, paths: [agents], apply: auto }]
`;

describe('a pull request that pawl opened', () => {
  let fixture: GitHubFixture;
  beforeAll(async () => {
    fixture = await gitHubFixture({ ...sound, 'pawl.yaml': settings }, { ann: 'write', sam: 'write', sue: 'write' });
    const { plane } = fixture.round();
    await plane.repository.fetch();
    const production = await readEnvironment(plane.repository, 'production');
    const plan = await planCommit(plane, { settings: production, commit: await plane.repository.resolve('main') });
    const ids = [...plan.risks.filter(({ gate }) => gate === 'ack'), ...plan.guards].map((one) => one.id);
    await apply(plane.database, plan, { by: 'sue', acknowledge: ids });
  }, 120_000);
  afterAll(() => fixture.close());

  const comments = (number: number) =>
    [...fixture.hub.state(name).comments.values()].filter(({ issue }) => issue === number);
  const given = async () =>
    (await fixture.database.db.selectFrom('acknowledgement').select('given_by').orderBy('id').execute()).map(
      ({ given_by: who }) => who,
    );

  /** GitHub's times are whole seconds. */
  async function nextSecond(): Promise<void> {
    const from = Math.floor(Date.now() / 1_000);
    await expect.poll(() => Math.floor(Date.now() / 1_000), { interval: 20 }).toBeGreaterThan(from);
  }

  async function say(number: number, as: string, body: string): Promise<void> {
    await fixture.hub.people.comment(name, number, { body, as });
    await commandsTick(fixture.round(), signal);
  }

  test('is acknowledged neither by any who asked for it, nor by pawl, whatever its comments say', async () => {
    const { hub, database } = fixture;
    const files = { 'pawl.yaml': settings.replace('[sam,', '[mallory, sam,') };
    await hub.people.push(name, { branch: 'wish', files, as: 'ann' });
    const { number } = await hub.people.openPullRequest(name, { head: 'wish', title: 'wish', as: 'ann' });
    const request = { kind: 'revert', environment: 'production', revision: 1 } as const;
    const wanted = wantedOf(name, request, 'oidc:Sam@example.com');
    await wantProposal(database.db, wanted);
    await recordProposal(database.db, wanted, { number, state: 'open' });
    await pullRequestsTick(fixture.round(), signal);
    const [, id = 'none'] = /\b(R13-[0-9a-f]{4,})/.exec(comments(number)[0]?.body ?? '') ?? [];
    const before = await given();
    await nextSecond();
    const { github } = fixture.round();
    await github.octokit.rest.issues.createComment({
      ...github.repository,
      issue_number: number,
      body: `/pawl ack ${id}`,
    });
    await commandsTick(fixture.round(), signal);
    expect(await given()).toEqual(before);
    expect(comments(number)).toHaveLength(2);
    await say(number, 'sam', `/pawl ack ${id}`);
    expect(comments(number).at(-1)?.body).toContain('asked pawl for `acme/agents#1`');
    // Whoever asks for the same next does not clear the first.
    await wantProposal(database.db, wantedOf(name, request, 'token:tom'));
    await say(number, 'sam', `/pawl ack ${id} again`);
    expect(await given()).toEqual(before);
    await say(number, 'sue', `/pawl ack ${id}`);
    expect(await given()).toEqual([...before, 'github:sue']);
  }, 120_000);
});
