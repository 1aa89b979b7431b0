import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RetryableError } from '../../src/errors.ts';
import { boundedBy } from '../../src/github/bounded.ts';
import { type GitHub, openGitHub } from '../../src/github/github.ts';
import { inspectGitHub } from '../../src/github/inspect.ts';
import { startGitHub, type TestGitHub } from '../support/github/start-github.ts';

const repository = { owner: 'acme', repo: 'agents' };

describe('the way to GitHub', () => {
  let hub: TestGitHub;
  let key: string;
  let github: GitHub;

  beforeAll(async () => {
    hub = await startGitHub();
    await hub.createRepository({ owner: 'acme', name: 'agents', files: { 'a.txt': 'a\n' } });
    await hub.people.push('acme/agents', { branch: 'b', files: { 'b.txt': 'b\n' } });
    await hub.people.openPullRequest('acme/agents', { head: 'b' });
  });
  afterAll(() => hub.close());
  beforeEach(() => {
    key = hub.app.privateKey;
    github = openGitHub({
      apiUrl: hub.apiUrl,
      repository,
      login: { kind: 'app', appId: hub.app.id, key: { kind: 'text', text: '' }, installationId: undefined },
      readSecret: async () => key,
      limits: { writeMs: 0, secondMs: 1, requestMs: 5_000 },
    });
  });

  const comment = (body: string) => github.octokit.rest.issues.createComment({ ...repository, issue_number: 1, body });
  const pull = () => github.octokit.rest.pulls.get({ ...repository, pull_number: 1 });
  const comments = () => [...hub.state('acme/agents').comments.values()].map(({ body }) => body);

  async function failureOf(work: Promise<unknown>): Promise<RetryableError> {
    return await work.then(
      () => Promise.reject(new Error('it did not fail')),
      (error: unknown) => error as RetryableError,
    );
  }

  test('reads are asked again after an outage; what makes something is sent once', async () => {
    hub.faults.failNext(502, /^GET .*pulls\/1/, { times: 2 });
    expect((await pull()).data.number).toBe(1);
    hub.faults.failNext(502, /^POST .*comments/, { after: true, drop: true });
    expect((await failureOf(comment('once'))).code).toBe('github.unreachable');
    expect(comments().filter((body) => body === 'once')).toHaveLength(1);
  });

  test('a short wait that GitHub asks for is waited out, a long one is said with its end', async () => {
    hub.faults.secondaryLimit({ retryAfter: 2, times: 1 });
    await comment('after a while');
    expect(comments()).toContain('after a while');
    hub.faults.secondaryLimit({ retryAfter: 600, times: 1 });
    const error = await failureOf(comment('never'));
    expect(error).toBeInstanceOf(RetryableError);
    expect([error.code, error.retryAfterMs]).toEqual(['github.rate_limited', 600_000]);
    expect(error.message).toMatch(/until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/);
    expect(comments()).not.toContain('never');
  });

  test('writes go one after the other', async () => {
    await Promise.all(['1', '2', '3', '4'].map((body) => comment(body)));
    expect(comments().filter((body) => /^\d$/.test(body))).toEqual(['1', '2', '3', '4']);
  });

  test('an error holds no token, no header and nothing that was sent', async () => {
    for (const [status, code] of [
      [401, 'github.unauthorised'],
      [403, 'github.forbidden'],
      [404, 'github.not_found'],
      [422, 'github.invalid'],
      [500, 'github.unreachable'],
    ] as const) {
      hub.faults.failNext(status, /^POST .*comments/, { message: 'Because.', times: 5 });
      const error = await failureOf(comment('canary-of-the-body'));
      expect(error.code).toBe(code);
      const whole = `${error.message} ${error.stack} ${String(error.cause)}`;
      expect(whole).not.toMatch(/canary|ghs_|bearer|authorization/i);
      // Those that were not needed would meet the next one.
      while (hub.faults.takeFailure('POST /repos/acme/agents/issues/1/comments') !== undefined);
    }
  });

  test('a key that is replaced counts at once, and one that is none is named', async () => {
    await pull();
    key = 'not a key';
    expect((await failureOf(pull())).code).toBe('github.secret_invalid');
    key = hub.app.privateKey.replaceAll('\n', '\\n');
    expect((await pull()).data.number).toBe(1);
  });

  test('an answer that did not change is asked for by its ETag, and is never shared', async () => {
    // The second answer knows whether it can be merged, which the first question only asked.
    await pull();
    const first = await pull();
    first.data.title = 'somebody else’s';
    const { used } = hub.faults;
    for (const again of [await pull(), await pull()]) {
      expect(again.data.title).toBe('Change');
      again.data.title = 'theirs';
    }
    expect((await pull()).data.title).toBe('Change');
    // GitHub counts only what it had to answer.
    expect(hub.faults.used).toBe(used);
  });

  test('nothing is waited for once the signal aborts', async () => {
    hub.faults.delayMs = 300;
    const stop = new AbortController();
    const asked = failureOf(boundedBy(stop.signal, () => pull()));
    await delay(10);
    stop.abort();
    expect((await asked).name).toBe('AbortError');
    hub.faults.delayMs = 0;
  });

  test('who pawl is and what it lacks is found without a secret', async () => {
    expect(await inspectGitHub(github)).toEqual({
      repository: 'acme/agents',
      kind: 'app',
      login: hub.app.login,
      fault: undefined,
      missing: [],
    });
    key = 'none';
    expect(
      (await inspectGitHub({ ...github, self: () => pull().then(() => ({ login: '', appId: 1 })) })).fault,
    ).toContain('github.secret_invalid');
  });
});
