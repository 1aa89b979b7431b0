import { afterAll, beforeAll, expect, test } from 'vitest';
import { pullRequestsTick } from '../../src/github/pull-requests.ts';
import { editByHand } from '../../src/store/hand-edit.ts';
import { readShown } from '../../src/store/review.ts';
import { loosened, openDesk } from '../github/desk.ts';
import type { GitHubFixture } from '../github/fixture.ts';

const name = 'acme/agents';
const signal = new AbortController().signal;
/** Stands in what is live, and in no commit. */
const canary = 'known-to-live-alone';

let fixture: GitHubFixture;
beforeAll(async () => {
  fixture = await openDesk();
  for (const address of ['AgentPolicy/support/first', 'Agent/support/writer']) {
    await editByHand(fixture.database.db, { environment: 'production', address }, (body) => ({
      ...body,
      spec: { ...(body['spec'] as Record<string, string>), description: canary },
    }));
  }
}, 180_000);
afterAll(() => fixture.close());

/** All that pawl wrote where the author of the pull request reads it. */
function written(number: number, sha: string): string {
  const { comments, checks, statuses } = fixture.hub.state(name);
  return JSON.stringify([
    [...comments.values()].filter(({ issue }) => issue === number),
    [...checks.values()].filter((check) => check.sha === sha),
    [...statuses.values()].filter((status) => status.sha === sha),
  ]);
}

const forks = [
  { title: 'of the same owner', owner: 'acme', called: 'agents-copy', as: 'ann', isDeleted: false },
  { title: 'that was renamed to what the base is called', owner: 'eve', called: 'agents', as: 'eve', isDeleted: false },
  { title: 'whose repository was deleted since', owner: 'mallory', called: 'agents', as: 'mallory', isDeleted: true },
];

test.each(forks)(
  'a fork $title is compared with the base branch, and learns nothing of what is live',
  async ({ owner, called, as, isDeleted }) => {
    const { people } = fixture.hub;
    const fork = `${owner}/${called}`;
    await people.fork(name, { owner, name: called });
    // The name of a branch that the base has too.
    const sha = await people.push(fork, { branch: 'main', files: loosened('first'), as });
    const { number } = await people.openPullRequest(name, { fork, head: 'main', as });
    if (isDeleted) await people.deleteRepository(fork);
    await pullRequestsTick(fixture.round(), signal);
    const text = written(number, sha);
    expect(text).toContain('It comes from a fork');
    expect(text).toContain('agents/first.yaml');
    expect(text).not.toContain(canary);
    expect(text).not.toMatch(/drift|by hand/i);
    const [shown] = await readShown(fixture.database.db, { repository: name, environment: 'production' }, [number]);
    // After a merge nothing is what was shown by its digest: what it does is compared.
    expect(shown).toMatchObject({ number, planDigest: undefined });
    expect(shown?.operations).toHaveLength(1);
  },
  120_000,
);

test('a branch of the repository itself is compared with what is live', async () => {
  const { people } = fixture.hub;
  const sha = await people.push(name, { branch: 'own', files: loosened('first'), as: 'ann' });
  const { number } = await people.openPullRequest(name, { head: 'own', as: 'ann' });
  await pullRequestsTick(fixture.round(), signal);
  expect(written(number, sha)).toContain(canary);
}, 120_000);
