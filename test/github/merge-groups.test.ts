import { afterAll, beforeAll, expect, test } from 'vitest';
import { mergeGroupsTick } from '../../src/github/merge-groups.ts';
import { pullRequestsTick } from '../../src/github/pull-requests.ts';
import { recordBrought } from '../../src/store/pull-commit.ts';
import { takeOver } from '../../src/store/sync.ts';
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

test('what somebody pushed beside the pull requests of a group is not said to be reviewed', async () => {
  const { hub } = fixture;
  const { people } = hub;
  const { plane } = fixture.round();
  for (const group of hub.state(name).queue.slice()) await hub.people.dequeue(name, group);
  const files = { 'agents/third.yaml': loosened('third')['agents/third.yaml'] ?? '' };
  await people.push(name, { branch: 'third', files, as: 'ann' });
  const { number } = await people.openPullRequest(name, { head: 'third', as: 'ann' });
  await pullRequestsTick(fixture.round(), signal);
  // Nobody plans the pull request again before the queue takes it.
  const commit = await people.push(name, { branch: 'main', files: loosened('first'), as: 'tom' });
  await recordBrought(plane.database.db, { repository: name, branch: 'main', commit }, { pushers: ['tom'] });
  const { sha } = await people.enqueue(name, number);
  await mergeGroupsTick(fixture.round(), signal);
  expect(checksOf(sha)).toEqual([
    expect.stringMatching(
      new RegExp(
        `^pawl/plan \\(production\\) failure: This is not what was reviewed: 1 operation .* #${number} did not`,
      ),
    ),
  ]);
  // More commits than anybody is asked about, one by one.
  const many = `!f() { c=$(git rev-parse main); for i in $(seq 101); do
    c=$(git -c user.name=tom -c user.email=tom@example.com commit-tree -p $c -m $i main^{tree}); done
    git update-ref refs/heads/main $c; }; f`;
  await hub.git(name, '-c', `alias.many=${many}`, 'many');
  await people.dequeue(name, hub.state(name).queue[0] ?? never());
  const later = await people.enqueue(name, number);
  await mergeGroupsTick(fixture.round(), signal);
  expect(checksOf(later.sha)).toEqual([
    expect.stringMatching(/^pawl\/plan \(production\) failure: Nobody can say that this is what was reviewed: more/),
  ]);
}, 240_000);

test('of an environment that another repository declared first, nothing is planned and nothing is shown', async () => {
  const { hub } = fixture;
  const round = fixture.round();
  await takeOver(fixture.database, { repository: 'acme/other', environment: 'production', by: 'ada' });
  await mergeGroupsTick({ ...round, plane: { ...round.plane, source: name } }, signal);
  const [group = never()] = hub.state(name).queue;
  const shown = [...hub.state(name).checks.values()].find(({ sha }) => sha === group.sha);
  expect(shown?.output).toMatchObject({
    title: 'Cannot be planned: environment.claimed',
    summary: 'Cannot be planned: environment.claimed\n\nCannot be planned: environment.claimed',
  });
}, 240_000);

function never(): never {
  throw new Error('There is a group.');
}
