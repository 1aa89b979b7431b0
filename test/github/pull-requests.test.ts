import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apply } from '../../src/apply/apply.ts';
import { planCommit } from '../../src/controller/planning.ts';
import { readEnvironment } from '../../src/controller/environments.ts';
import type { GitHubRound } from '../../src/github/context.ts';
import { type Hint, hintFrom, hintOf } from '../../src/github/hint.ts';
import { pullRequestsTick } from '../../src/github/pull-requests.ts';
import { acknowledge } from '../../src/apply/acknowledge.ts';
import { plansOfPull } from '../../src/store/pull-plan.ts';
import { agent, sound } from '../support/small-repository.ts';
import { type GitHubFixture, gitHubFixture } from './fixture.ts';

const name = 'acme/agents';

const files = {
  ...sound,
  'pawl.yaml': `apiVersion: pawl/v1
groups: { security: { github: { users: [sue] } } }
environments:
  - { name: production, branch: main, paths: [agents], apply: auto }
  - { name: lab, branch: main, paths: [lab], apply: auto }
`,
  'lab/role.yaml':
    'apiVersion: pawl/v1\nkind: AgentRole\nmetadata: { name: nobody }\nspec: { permissions: ["capability:none"] }\n',
};

function prompted(how: string): string {
  return agent('clerk').replace('Be kind', `Be ${how}`);
}

describe('the plan on a pull request', () => {
  let fixture: GitHubFixture;

  beforeAll(async () => {
    fixture = await gitHubFixture(files, { ann: 'write', sue: 'write', eve: 'read' });
    await applyMain();
  }, 120_000);
  afterAll(() => fixture.close());

  const never = new AbortController().signal;

  async function applyMain(): Promise<void> {
    const { plane } = fixture.round();
    await plane.repository.fetch();
    for (const environment of ['production', 'lab']) {
      const settings = await readEnvironment(plane.repository, environment);
      const plan = await planCommit(plane, { settings, commit: await plane.repository.resolve('main') });
      const gated = plan.risks.filter(({ gate }) => gate === 'ack').map(({ id }) => id);
      await apply(plane.database, plan, { by: 'sue', acknowledge: [...gated, ...plan.guards.map(({ id }) => id)] });
    }
  }

  /** The requests that write, of one round. */
  async function writesOf(round: GitHubRound): Promise<readonly string[]> {
    const from = fixture.hub.requests.length;
    await pullRequestsTick(round, never);
    return fixture.hub.requests
      .slice(from)
      .filter(({ method, path }) => method !== 'GET' && !path.startsWith('/acme/') && !path.includes('access_tokens'))
      .map(({ method, path }) => `${method} ${path.replace(/\d+/g, 'N')}`);
  }

  function hint(number: number, event = 'pull_request'): Hint {
    const none = { action: undefined, comment: undefined, ref: undefined };
    return { ...none, delivery: `d-${number}`, event, number, receivedAt: new Date() };
  }

  const hinted = (...numbers: readonly number[]): GitHubRound => ({
    ...fixture.round(),
    isSweep: false,
    hints: numbers.map((number) => hint(number)),
  });
  const idle = (): GitHubRound => ({ ...fixture.round(), isSweep: false, hints: [] });

  function commentsOf(number: number) {
    return [...fixture.hub.state(name).comments.values()].filter(({ issue }) => issue === number);
  }

  const checksOf = (sha: string) =>
    [...fixture.hub.state(name).checks.values()]
      .filter((check) => check.sha === sha)
      .map(({ name: check, conclusion, output }) => [check, conclusion, output.title]);

  async function open(branch: string, changed: Record<string, string>, wish: { draft?: boolean } = {}) {
    const { people } = fixture.hub;
    const head = await people.push(name, { branch, files: changed, as: 'ann' });
    const { number } = await people.openPullRequest(name, { head: branch, title: branch, as: 'ann', ...wish });
    return { number, head };
  }

  test('it is one comment of what is touched, one check of each environment, and nothing when nothing moved', async () => {
    const { number, head } = await open('kind', { 'agents/clerk.yaml': prompted('very kind') });
    const writes = await writesOf(fixture.round());
    expect(writes).toEqual([
      `POST /repos/acme/agents/issues/N/comments`,
      'POST /repos/acme/agents/check-runs',
      'POST /repos/acme/agents/check-runs',
    ]);
    const [comment, ...others] = commentsOf(number);
    expect(others).toEqual([]);
    expect(comment?.body.split('\n')[0]).toMatch(/^### pawl plan for `production`: /);
    expect(comment?.body).toContain('clerk');
    expect(comment?.body).toContain(`#${number} into main @ ${head.slice(0, 7)}`);
    expect(checksOf(head)).toEqual([
      ['pawl/plan (production)', 'success', 'no decision needed'],
      ['pawl/plan (lab)', 'success', 'Not touched'],
    ]);
    expect(await writesOf(idle())).toEqual([]);
    expect(await writesOf(hinted(number))).toEqual([]);
    expect(await writesOf(fixture.round())).toEqual([]);
    // Somebody asks for the check again.
    const check = {
      event: 'check_run',
      payload: { action: 'rerequested', check_run: { pull_requests: [{ number }] } },
    };
    const at = { delivery: 'again', event: check.event, receivedAt: new Date() };
    const again = hintFrom({ ...at, hint: hintOf(check.event, check.payload) });
    expect([...(await writesOf({ ...idle(), hints: [again] }))].sort()).toEqual([
      'PATCH /repos/acme/agents/check-runs/N',
      'PATCH /repos/acme/agents/check-runs/N',
      'PATCH /repos/acme/agents/issues/comments/N',
    ]);
    const rows = await plansOfPull(fixture.database.db, name, number);
    const row = rows.get('production');
    expect([row?.operations, row?.risks]).toEqual([[['Agent/default/clerk', 'update', expect.any(String)]], []]);
    expect(row?.merge_tree).toMatch(/^[0-9a-f]{40}$/);
    await fixture.hub.people.close(name, number);
    await pullRequestsTick(fixture.round(), never);
  });

  test('a risk waits for an acknowledgement, and the check turns green without another plan', async () => {
    const { number, head } = await open('risky', {
      'pawl.yaml': files['pawl.yaml'].replace('apply: auto', 'apply: auto, guards: { maxDeletes: 50 }'),
    });
    await pullRequestsTick(hinted(number), never);
    const [first] = commentsOf(number);
    const [[, conclusion] = []] = checksOf(head);
    expect([conclusion, first?.body]).toEqual(['action_required', expect.stringMatching(/`\/pawl ack R\d+-\w+`/)]);
    const { plane } = fixture.round();
    const base = await readEnvironment(plane.repository, 'production');
    const merged = await plane.repository.merge(await plane.repository.resolve('main'), head);
    if (merged.kind !== 'merged') throw new Error(merged.kind);
    const plan = await planCommit(plane, { settings: base, commit: merged.commit });
    const ids = plan.risks.filter(({ gate }) => gate === 'ack').map(({ id }) => id);
    await acknowledge(plane.database, plan, { by: 'sue', ids });
    expect(await writesOf(idle())).toEqual([
      'PATCH /repos/acme/agents/issues/comments/N',
      expect.stringMatching(/check-runs/),
    ]);
    expect(
      checksOf(head)
        .filter(([check]) => check === 'pawl/plan (production)')
        .at(-1)?.[1],
    ).toBe('success');
    await fixture.hub.people.close(name, number);
    await pullRequestsTick(fixture.round(), never);
  });

  test('mistakes are told with file and line, and what is mended turns green in place', async () => {
    const { number, head } = await open('wrong', { 'agents/clerk.yaml': agent('clerk', '  madeUp: true\n') });
    await pullRequestsTick(hinted(number), never);
    expect(checksOf(head)[0]?.slice(0, 2)).toEqual(['pawl/plan (production)', 'failure']);
    const check = [...fixture.hub.state(name).checks.values()].find(({ sha }) => sha === head);
    expect(check?.annotations[0]).toMatchObject({ path: 'agents/clerk.yaml', level: 'failure' });
    const [comment] = commentsOf(number);
    expect(comment?.body).toContain('agents/clerk.yaml:');
    const mended = await fixture.hub.people.push(name, {
      branch: 'wrong',
      files: { 'agents/clerk.yaml': prompted('calm') },
      as: 'ann',
    });
    await pullRequestsTick(hinted(number), never);
    expect(commentsOf(number).map(({ id }) => id)).toEqual([comment?.id]);
    expect(checksOf(mended)[0]?.[1]).toBe('success');
    const broken = await fixture.hub.people.push(name, { branch: 'wrong', files: { 'pawl.yaml': 'a: [' }, as: 'ann' });
    await pullRequestsTick(hinted(number), never);
    expect(checksOf(broken).map(([, conclusion]) => conclusion)).toEqual(['failure', 'failure']);
    await fixture.hub.people.close(name, number);
    await pullRequestsTick(fixture.round(), never);
  });

  test('conflicts fail, drafts say so, and a comment that is gone or edited comes back in a sweep', async () => {
    const { number, head } = await open('draft', { 'agents/clerk.yaml': prompted('odd') }, { draft: true });
    await pullRequestsTick(fixture.round(), never);
    expect(checksOf(head)[0]?.[2]).toMatch(/^Draft: /);
    const [first] = commentsOf(number);
    expect(first?.body).toContain('This is a draft');
    if (first === undefined) throw new Error('no comment');
    await fixture.hub.people.editComment(name, first.id, { body: 'All is well.', as: 'sue' });
    await pullRequestsTick(fixture.round(), never);
    expect(commentsOf(number)[0]?.body).toContain('This is a draft');
    fixture.hub.state(name).comments.delete(first.id);
    await pullRequestsTick(fixture.round(), never);
    expect(commentsOf(number)).toHaveLength(1);
    await fixture.hub.people.push(name, {
      branch: 'main',
      files: { 'agents/clerk.yaml': prompted('bold') },
      as: 'ann',
    });
    const round = fixture.round();
    await round.plane.repository.fetch();
    await pullRequestsTick(idle(), never);
    expect(
      checksOf(head).some(([check, conclusion]) => check === 'pawl/plan (production)' && conclusion === 'failure'),
    ).toBe(true);
    expect(commentsOf(number)[0]?.body).toContain('1 conflict');
    await fixture.hub.people.close(name, number);
    await pullRequestsTick(fixture.round(), never);
    await applyMain();
  });

  test("a forged marker is nobody's but its writer's, and a crash between making and recording makes no second one", async () => {
    const { number } = await open('marked', { 'agents/clerk.yaml': prompted('new') });
    const { rows } = await sql<{ lineage: string }>`select lineage from environment where name = 'production'`.execute(
      fixture.database.db,
    );
    const marker = `<!-- pawl:plan ${encodeURIComponent(`${rows[0]?.lineage}/production`).replaceAll('-', '%2D')} -->`;
    await fixture.hub.people.comment(name, number, { body: `No changes.\n\n${marker}`, as: 'eve' });
    await pullRequestsTick(hinted(number), never);
    expect(commentsOf(number).map(({ user }) => user)).toEqual(['eve', fixture.hub.app.login]);
    await sql`update pull_plan set comment_id = null, check_id = null, published = null where number = ${number}`.execute(
      fixture.database.db,
    );
    await pullRequestsTick({ ...fixture.round(), hints: [hint(number)] }, never);
    expect(commentsOf(number)).toHaveLength(2);
    expect(commentsOf(number)[0]?.body).toContain('No changes.');
    await fixture.hub.people.close(name, number);
    await pullRequestsTick(fixture.round(), never);
  });

  test('another head or base than was planned gets nothing of the old plan', async () => {
    const { number, head } = await open('moving', { 'agents/clerk.yaml': prompted('slow') });
    await pullRequestsTick(hinted(number), never);
    const row = await plansOfPull(fixture.database.db, name, number);
    expect(row.get('production')?.head_sha).toBe(head);
    const next = await fixture.hub.people.push(name, {
      branch: 'moving',
      files: { 'agents/clerk.yaml': prompted('fast') },
      as: 'ann',
    });
    // Live moves, and nobody has told pawl of the push: what it would plan is of the old head.
    await sql`update environment set quarantine_writes = quarantine_writes + 1`.execute(fixture.database.db);
    await sql`update pull_plan set published = null`.execute(fixture.database.db);
    expect(await writesOf(idle())).toEqual([]);
    await pullRequestsTick(idle(), never);
    expect(checksOf(next)[0]?.[1]).toBe('success');
    await fixture.hub.people.pushCommit(name, 'other', { commit: await fixture.hub.git(name, 'rev-parse', 'main') });
    await fixture.hub.people.retarget(name, number, { base: 'other' });
    await pullRequestsTick(hinted(number), never);
    expect(commentsOf(number)[0]?.body).toContain('not touched any more');
    await fixture.hub.people.close(name, number);
    await pullRequestsTick(fixture.round(), never);
  });

  test('what was closed is planned again once it is reopened, and no draft any more once it is ready', async () => {
    const { number, head } = await open('paused', { 'agents/clerk.yaml': prompted('warm') }, { draft: true });
    await pullRequestsTick(hinted(number), never);
    const { people } = fixture.hub;
    await people.close(name, number);
    await pullRequestsTick(hinted(number), never);
    const pushed = await people.push(name, {
      branch: 'paused',
      files: { 'agents/clerk.yaml': prompted('dry') },
      as: 'ann',
    });
    expect(await writesOf(hinted(number))).toEqual([]);
    await people.reopen(name, number, 'ann');
    await pullRequestsTick(hinted(number), never);
    expect(checksOf(pushed)[0]?.[2]).toMatch(/^Draft: /);
    await people.setDraft(name, number, { draft: false, as: 'ann' });
    await pullRequestsTick(hinted(number), never);
    expect(checksOf(pushed).at(-1)?.[2]).not.toMatch(/^Draft: /);
    expect(commentsOf(number).map(({ body }) => body.includes('This is a draft'))).toEqual([false]);
    expect(checksOf(head)).toHaveLength(2);
    await people.close(name, number);
    await pullRequestsTick(fixture.round(), never);
  });

  test('whoever approved is told by a comment of a risk that came since, once; a suite asked for again is planned again', async () => {
    const { people } = fixture.hub;
    const { number } = await open('calm', { 'agents/clerk.yaml': prompted('calmer') });
    await pullRequestsTick(hinted(number), never);
    await people.review(name, number, { as: 'sue' });
    await pullRequestsTick(hinted(number), never);
    expect(commentsOf(number)).toHaveLength(1);
    const guards = files['pawl.yaml'].replace('apply: auto', 'apply: auto, guards: { maxDeletes: 51 }');
    await people.push(name, { branch: 'calm', files: { 'pawl.yaml': guards }, as: 'ann' });
    await pullRequestsTick(hinted(number), never);
    await pullRequestsTick(fixture.round(), never);
    const told = commentsOf(number).flatMap(({ body }) => (body.startsWith('Since') ? [body] : []));
    const since = /^Since sue approved, this pull request came to bring more to production:\n\n- R\d+-/;
    expect(told).toEqual([expect.stringMatching(since)]);
    const suite = { action: 'rerequested', check_suite: { pull_requests: [{ number }] } };
    const at = { delivery: 'suite', event: 'check_suite', receivedAt: new Date() };
    const hints = [hintFrom({ ...at, hint: hintOf('check_suite', suite) })];
    expect((await writesOf({ ...idle(), hints })).filter((write) => write.includes('check-runs'))).toHaveLength(2);
  });
});
