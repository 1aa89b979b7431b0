import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type ApiServer } from '../../src/api/server.ts';
import { actionsDoor } from '../../src/app-actions.ts';
import { readEnvironment } from '../../src/controller/environments.ts';
import { createControlPlane, planCommit } from '../../src/controller/planning.ts';
import { createLog } from '../../src/log.ts';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { pullRequestEvent, pushEvent } from '../support/actions-events.ts';
import { runStep, type Step, type StepResult } from '../support/actions-runner.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import type { ActionsJob } from '../support/github/actions.ts';
import { startGitHub, type TestGitHub } from '../support/github/start-github.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { agent, sound } from '../support/small-repository.ts';
import { identify } from './fixture.ts';
import { recordingOperations } from './answers.ts';

const name = 'acme/agents';
const limited = (steps: number): string => agent('clerk', `  limits: { maxSteps: ${steps} }\n`);
let github: TestGitHub;
let made: TestDatabase;
let database: Database;
let repository: Repository;
let more: Repository;
let server: ApiServer;
let folder: string;
/** What a runner checks out: its content is the same, its commits are not asked for. */
let checkout: TestRepository;

beforeAll(async () => {
  [github, made, checkout] = await Promise.all([startGitHub(), createDatabase(), createRepository()]);
  await checkout.commit(sound);
  const files = { ...sound, 'agents/clerk.yaml': limited(3) };
  const { id } = await github.createRepository({ owner: 'acme', name: 'agents', files, roles: { ann: 'write' } });
  folder = await mkdtemp(join(tmpdir(), 'pawl-mirrors-'));
  const surroundings = { path: process.env['PATH'] ?? '' };
  const token = github.tokenOf('acme');
  repository = await openRepository({ url: github.cloneUrl('acme', 'agents'), directory: folder, token, surroundings });
  database = await openDatabase({ url: made.url });
  const plane = createControlPlane(repository, database, 'github.example/acme/agents');
  await repository.fetch();
  const settings = await readEnvironment(repository, 'production');
  const live = await planCommit(plane, { settings, commit: await repository.resolve('main') });
  await applyAcknowledged(database, live, 'acme');
  const yaml = 'apiVersion: pawl/v1\nenvironments:\n  - { name: more, branch: main, paths: [agents] }\n';
  const other = await github.createRepository({ owner: 'acme', name: 'more', files: { ...sound, 'pawl.yaml': yaml } });
  more = await openRepository({ url: github.cloneUrl('acme', 'more'), directory: folder, token, surroundings });
  const planes = [plane, createControlPlane(more, database, 'github.example/acme/More')];
  const repositoryIds = [String(id), String(other.id)];
  const actions = { issuer: github.actions.issuer, audience: 'https://pawl.example', repositoryIds };
  server = await startServer({
    operations: () => recordingOperations([]),
    identify,
    version: '0.1.0',
    log: createLog('silent'),
    ready: () => Promise.resolve(),
    port: 0,
    actions: actionsDoor(actions, { planes, database, log: createLog('silent') }),
  });
});
afterAll(async () => {
  await server.close();
  await repository.close();
  await more.close();
  await database.close();
  await made.drop();
  await checkout.remove();
  await github.close();
  await rm(folder, { recursive: true, force: true });
});

/** A step of a job, with the token service that the runner would name. */
function step(
  job: Omit<ActionsJob, 'repository'> & { readonly repository?: string },
  event: NonNullable<Step['event']>,
): Promise<StepResult> {
  const { requestUrl, requestToken } = github.actions.start({ repository: name, ...job });
  return runStep({
    workspace: checkout.path,
    event,
    inputs: { server: server.address, audience: 'https://pawl.example' },
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
      GITHUB_SHA: job.sha,
    },
  });
}

async function opened(branch: string, content: string): Promise<{ number: number; head: string; merge: string }> {
  const head = await github.people.push(name, { branch, files: { 'agents/clerk.yaml': content }, as: 'ann' });
  const { number } = await github.people.openPullRequest(name, { head: branch, as: 'ann' });
  return { number, head, merge: await mergeOf(number) };
}

/** GitHub makes the merge some time after somebody has asked. */
async function mergeOf(number: number): Promise<string> {
  const headers = { authorization: `Bearer ${github.tokenOf('acme')}` };
  for (let count = 0; count < 5; count += 1) await fetch(`${github.apiUrl}/repos/${name}/pulls/${number}`, { headers });
  return github.git(name, 'rev-parse', `refs/pull/${number}/merge`);
}

describe('a step with a server', () => {
  test('on a pull request gets the plan of the merge against live, and sends a token and a commit id', async () => {
    const { number, head, merge } = await opened('topic', limited(9));
    const job = { event: 'pull_request', ref: `refs/pull/${number}/merge`, sha: merge } as const;
    const found = await step({ ...job, headRef: 'topic', baseRef: 'main' }, pullRequestEvent({ base: head, head }));
    expect(found.exit, found.log).toBe(0);
    expect(found.outputs).toMatchObject({ 'has-changes': 'true', widenings: '1', decisions: '1' });
    expect(found.summary).toContain('compared with revision 1');
    expect(found.commands).toContainEqual(
      expect.objectContaining({ name: 'warning', message: expect.stringContaining('maxSteps 3 -> 9') as string }),
    );
    // The runner is told to hide the token before it is used.
    expect(found.commands[0]).toMatchObject({ name: 'add-mask', message: expect.stringMatching(/^ey/) as string });
  });

  test('on a push to main, where live is what was pushed, finds nothing to do', async () => {
    const sha = await github.git(name, 'rev-parse', 'main');
    const event = pushEvent({ before: '0'.repeat(40), after: sha });
    const found = await step({ event: 'push', ref: 'refs/heads/main', sha }, event);
    expect(found, found.log).toMatchObject({ exit: 0, outputs: { 'has-changes': 'false', drifted: '0' } });
  });

  test('of several repositories is answered from its own', async () => {
    const sha = await github.git('acme/more', 'rev-parse', 'main');
    const job = { repository: 'acme/more', event: 'push', ref: 'refs/heads/main', sha } as const;
    const found = await step(job, pushEvent({ before: '0'.repeat(40), after: sha }));
    expect(found, found.log).toMatchObject({ exit: 0, outputs: { 'has-changes': 'true' } });
    expect(found.summary).toContain('pawl plan for `more`');
    const foreign = await step({ ...job, repository: name }, pushEvent({ before: '0'.repeat(40), after: sha }));
    expect(foreign, foreign.log).toMatchObject({ exit: 6 });
  });

  test('of a fork whose jobs were given tokens gets no live value: its head is on no branch here', async () => {
    await github.people.fork(name, { owner: 'stranger' });
    const files = { 'agents/clerk.yaml': limited(99) };
    const head = await github.people.push('stranger/agents', { branch: 'topic', files, as: 'stranger' });
    const { number } = await github.people.openPullRequest(name, {
      head: 'topic',
      fork: 'stranger/agents',
      as: 'stranger',
    });
    const merge = await mergeOf(number);
    const job = { event: 'pull_request', ref: `refs/pull/${number}/merge`, sha: merge } as const;
    // An event that says otherwise is a liar's: the runner's files are the job's own.
    const event = pullRequestEvent({ base: head, head });
    for (const headRef of ['topic', 'main']) {
      const found = await step({ ...job, headRef, baseRef: 'main' }, event);
      expect(found, found.log).toMatchObject({
        exit: 6,
        commands: [{}, { properties: { title: 'actions.commit_gone' } }],
      });
    }
  });

  test('of a branch that was force-pushed since is refused', async () => {
    const { number, head, merge } = await opened('moved', limited(5));
    await github.people.push(name, {
      branch: 'moved',
      files: { 'x.txt': 'x' },
      as: 'ann',
      from: await github.git(name, 'rev-parse', 'main'),
    });
    const job = { event: 'pull_request', ref: `refs/pull/${number}/merge`, sha: merge } as const;
    const found = await step({ ...job, headRef: 'moved', baseRef: 'main' }, pullRequestEvent({ base: head, head }));
    expect(found, found.log).toMatchObject({
      exit: 6,
      commands: [{}, { properties: { title: 'actions.commit_gone' } }],
    });
  });

  test('of another repository is told nothing but that', async () => {
    await github.createRepository({ owner: 'stranger', name: 'other', files: sound });
    const sha = await github.git('stranger/other', 'rev-parse', 'main');
    const { requestUrl, requestToken } = github.actions.start({
      repository: 'stranger/other',
      event: 'push',
      ref: 'refs/heads/main',
      sha,
    });
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: requestUrl,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
      GITHUB_SHA: sha,
    };
    const inputs = { server: server.address, audience: 'https://pawl.example' };
    const found = await runStep({
      workspace: checkout.path,
      event: pushEvent({ before: sha, after: sha }),
      inputs,
      env,
    });
    expect(found).toMatchObject({ exit: 4, commands: [{}, { properties: { title: 'actions.refused' } }] });
  });
});
