import { afterAll, beforeAll, expect, test } from 'vitest';
import { RetryableError } from '../../src/errors.ts';
import { commandsTick } from '../../src/github/commands.ts';
import type { GitHubRound } from '../../src/github/context.ts';
import { pullRequestsTick } from '../../src/github/pull-requests.ts';
import { plansOfPull } from '../../src/store/pull-plan.ts';
import { type GitHubFixture, gitHubFixture } from '../github/fixture.ts';
import { agent, sound } from '../support/small-repository.ts';

const name = 'acme/agents';
const signal = new AbortController().signal;
const settings = `apiVersion: pawl/v1
environments:
  - { name: production, branch: main, paths: [agents], apply: auto }
`;
let fixture: GitHubFixture;
beforeAll(async () => {
  fixture = await gitHubFixture({ ...sound, 'pawl.yaml': settings }, { ann: 'write', eve: 'write' });
}, 120_000);
afterAll(() => fixture.close());

/** A round in which the merge of one branch never ends. */
function poisonedBy(branch: string, more: Partial<GitHubRound> = {}): { round: GitHubRound; asked: string[] } {
  const round = { ...fixture.round(), ...more };
  const asked: string[] = [];
  const repository = new Proxy(round.plane.repository, {
    get(target, property) {
      if (property !== 'merge') {
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      }
      return async (...[base, head]: Parameters<typeof target.merge>) => {
        asked.push(head);
        if (head === (await target.resolve(branch)))
          throw new RetryableError('It did not end.', { code: 'git.timeout' });
        return target.merge(base, head);
      };
    },
  });
  return { round: { ...round, plane: { ...round.plane, repository } }, asked };
}

async function opened(as: string, branch: string): Promise<number> {
  const files = { 'agents/clerk.yaml': agent('clerk').replace('Be kind', `Be ${branch}`) };
  await fixture.hub.people.push(name, { branch, files, as });
  return (await fixture.hub.people.openPullRequest(name, { head: branch, as })).number;
}

test('a pull request whose merge never ends keeps no other from its plan and its answers', async () => {
  const poison = await opened('eve', 'huge');
  const calm = await opened('ann', 'calm');
  const first = poisonedBy('huge');
  await expect(pullRequestsTick(first.round, signal)).rejects.toMatchObject({ code: 'git.timeout' });
  expect((await plansOfPull(fixture.database.db, name, calm)).size).toBeGreaterThan(0);
  // It is tried again with the sweeps, and not at every wake-up.
  await expect(pullRequestsTick(poisonedBy('huge').round, signal)).rejects.toMatchObject({ code: 'git.timeout' });
  const between = poisonedBy('huge', { isSweep: false });
  await pullRequestsTick(between.round, signal);
  expect(between.asked).toEqual([]);
  const sweep = poisonedBy('huge');
  await expect(pullRequestsTick(sweep.round, signal)).rejects.toMatchObject({ code: 'git.timeout' });
  expect(sweep.asked).toHaveLength(1);

  await fixture.hub.people.comment(name, poison, { as: 'eve', body: '/pawl explain Agent/default/clerk' });
  const word = await fixture.hub.people.comment(name, calm, { as: 'ann', body: '/pawl help' });
  await expect(commandsTick(poisonedBy('huge').round, signal)).rejects.toMatchObject({ code: 'git.timeout' });
  expect(fixture.hub.state(name).comments.get(word.id)?.reactions).toHaveLength(1);
  // It is answered when it does.
  await commandsTick(fixture.round(), signal);
  expect(
    [...fixture.hub.state(name).comments.values()].filter(({ body }) => body.includes('pawl:answers')),
  ).toHaveLength(2);
}, 120_000);
