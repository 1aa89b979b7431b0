import { afterAll, beforeAll, expect, test } from 'vitest';
import { Controller } from '../../src/controller/controller.ts';
import { planRollback, rollBack } from '../../src/controller/rollback.ts';
import { commandsTick } from '../../src/github/commands.ts';
import type { GitHubRound } from '../../src/github/context.ts';
import { mergesTick } from '../../src/github/merges.ts';
import { pullRequestsTick } from '../../src/github/pull-requests.ts';
import { reportsTick } from '../../src/github/reports.ts';
import { createLog } from '../../src/log.ts';
import { loosened, openDesk } from './desk.ts';
import type { GitHubFixture } from './fixture.ts';

const name = 'acme/agents';
const signal = new AbortController().signal;
let fixture: GitHubFixture;
let plane: GitHubRound['plane'];
beforeAll(async () => {
  fixture = await openDesk();
  const forge = {
    name: () => name,
    branchProtection: () => Promise.resolve({ requiresSignatures: false, reviews: 0 }),
  };
  plane = { ...fixture.round().plane, forge };
}, 180_000);
afterAll(() => fixture.close());

const round = (): GitHubRound => ({ ...fixture.round(), plane });
const comments = (number: number) =>
  [...fixture.hub.state(name).comments.values()].filter(({ issue }) => issue === number).map(({ body }) => body);
const states = (sha: string) =>
  [...fixture.hub.state(name).deployments.values()]
    .filter((deployment) => deployment.sha === sha)
    .flatMap(({ statuses }) => statuses.map(({ state }) => state));

async function nextSecond(): Promise<void> {
  const from = Math.floor(Date.now() / 1_000);
  await expect.poll(() => Math.floor(Date.now() / 1_000), { interval: 20, timeout: 3_000 }).toBeGreaterThan(from);
}

async function tick(): Promise<string | undefined> {
  const controller = new Controller({ plane, actor: 'controller', log: createLog('silent') });
  return (await controller.tick())[0]?.outcome.kind;
}

/** A controller looks, GitHub is asked where the commits came from, and it looks again. */
async function settle(): Promise<string | undefined> {
  await tick();
  await mergesTick(round(), signal, { settleMs: 0, againMs: 0 });
  const outcome = await tick();
  await reportsTick(round(), signal);
  return outcome;
}

test('two that widen nothing and widen together wait, say why, and go live with somebody’s word', async () => {
  const { people } = fixture.hub;
  const numbers: number[] = [];
  for (const called of ['first', 'second']) {
    await people.push(name, {
      branch: called,
      files: loosened(called),
      as: 'ann',
    });
    numbers.push((await people.openPullRequest(name, { head: called, as: 'ann' })).number);
  }
  const [first = 0, second = 0] = numbers;
  await pullRequestsTick(round(), signal);
  expect(comments(first)).toEqual([expect.not.stringContaining('R1-')]);
  expect(comments(second)).toEqual([expect.not.stringContaining('R1-')]);
  const before = await people.merge(name, first, { method: 'squash', as: 'tom' });
  const commit = await people.merge(name, second, { method: 'squash', as: 'tom' });
  await pullRequestsTick(round(), signal);
  await reportsTick(round(), signal);
  expect(states(commit)).toEqual(['in_progress']);
  expect(await settle()).toBe('unacknowledged');
  const [plan = '', said = '', ...others] = comments(second);
  expect(others).toEqual([]);
  expect(plan).toContain('> **Waits**');
  expect(said).toContain('This is not what was reviewed');
  const [id = ''] = /R1-[0-9a-f]{4,}/.exec(said) ?? [];
  expect(said).toContain(`did not show: ${id}`);
  expect(states(commit)).toEqual(['in_progress', 'queued']);
  await nextSecond();
  await people.comment(name, second, { body: `/pawl ack review.changed ${id}`, as: 'tom' });
  await commandsTick(round(), signal);
  expect(await tick()).not.toBe('applied');
  await people.comment(name, second, { body: `/pawl ack review.changed ${id} as agreed`, as: 'sam' });
  await commandsTick(round(), signal);
  expect(comments(second).join('\n')).toContain('Nothing else is missing.');
  expect(await tick()).toBe('applied');
  await reportsTick(round(), signal);
  expect(comments(second)[0]).toContain('> **Applied as revision 2 at');
  expect(comments(second)[0]).not.toContain('Waits');
  expect(comments(second)[1]).toContain('It waits no longer');
  expect(comments(second).filter((body) => body.includes('<!-- pawl:applied'))).toHaveLength(1);
  expect(comments(first).filter((body) => body.includes('<!-- pawl:applied'))).toHaveLength(1);
  expect(states(commit)).toEqual(['in_progress', 'queued', 'success']);
  expect(states(before).at(-1)).toBe('success');
}, 240_000);

test('a rollback is told above the plan, and deployments show what is live', async () => {
  const commit = await fixture.hub.git(name, 'rev-parse', 'main');
  const writes = fixture.hub.requests.filter(({ method }) => method !== 'GET').length;
  await reportsTick(round(), signal);
  expect(fixture.hub.requests.filter(({ method }) => method !== 'GET')).toHaveLength(writes);
  const target = { environment: 'production', revision: 1 };
  const { plan } = await planRollback(plane, target);
  const acknowledge = plan.risks.filter(({ gate }) => gate === 'ack').map((risk) => risk.id);
  const order = { by: 'sam', reason: 'too wide', planDigest: plan.digest, acknowledge };
  expect(await rollBack(plane, { ...target, ...order, runs: 'finish' })).toMatchObject({ revision: 3 });
  await reportsTick(round(), signal);
  expect(comments(2)[0]).toMatch(/> \*\*Applied as revision 2 at .*\*\* Revision 3 took it back\./);
  expect(states(commit.trim()).at(-1)).toBe('inactive');
}, 120_000);
