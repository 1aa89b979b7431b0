import { afterAll, beforeAll, expect, test } from 'vitest';
import { mergeGroupsTick } from '../../src/github/merge-groups.ts';
import { pullRequestsTick } from '../../src/github/pull-requests.ts';
import { loosened, openDesk } from './desk.ts';
import type { GitHubFixture } from './fixture.ts';

const name = 'acme/agents';
const signal = new AbortController().signal;

let fixture: GitHubFixture;
beforeAll(async () => {
  fixture = await openDesk();
}, 180_000);
afterAll(() => fixture.close());

const checksOf = (sha: string) =>
  [...fixture.hub.state(name).checks.values()]
    .filter((check) => check.sha === sha)
    .map(({ name: called, conclusion, output }) => `${called} ${conclusion}: ${output.title}`);

test('a group that does what its pull requests showed may be merged, and two that widen together may not', async () => {
  const { people } = fixture.hub;
  const numbers: number[] = [];
  for (const called of ['first', 'second']) {
    await people.push(name, { branch: called, files: loosened(called), as: 'ann' });
    numbers.push((await people.openPullRequest(name, { head: called, as: 'ann' })).number);
  }
  await pullRequestsTick(fixture.round(), signal);
  const [first, second] = [await people.enqueue(name, numbers[0] ?? 0), await people.enqueue(name, numbers[1] ?? 0)];
  // No webhook is listened to: a sweep finds the groups.
  await mergeGroupsTick(fixture.round(), signal);
  expect(checksOf(first.sha)).toEqual(['pawl/plan (production) success: This is what was reviewed']);
  expect(checksOf(second.sha)).toEqual([
    expect.stringMatching(
      /^pawl\/plan \(production\) failure: This is not what was reviewed: 1 risk that .* did not show: R1-/,
    ),
  ]);
  const writes = (): number =>
    fixture.hub.requests.filter(({ method, path }) => method !== 'GET' && path.includes('check-runs')).length;
  const before = writes();
  await mergeGroupsTick(fixture.round(), signal);
  expect(writes()).toBe(before);
}, 240_000);
