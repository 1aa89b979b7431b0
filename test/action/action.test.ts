import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mergeGroupEvent, pullRequestEvent, pushEvent } from '../support/actions-events.ts';
import { runStep, type Step, type StepResult } from '../support/actions-runner.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { agent, settings, sound } from '../support/small-repository.ts';

/**
 * main: `base` and then `moved`; topic: from `base`, `head`, which raises a limit; merge: what GitHub makes of both and
 * actions/checkout checks out, without a branch.
 */
let git: TestRepository;
let base = '';
let moved = '';
let head = '';
let merge = '';
const limited = (steps: number): string => agent('clerk', `  limits: { maxSteps: ${steps} }\n`);

beforeAll(async () => {
  git = await createRepository();
  base = await git.commit({ ...sound, 'agents/clerk.yaml': limited(3), 'notes/one.md': 'one\n' });
  await git.git('switch', '--quiet', '--create', 'topic');
  head = await git.commit({ 'agents/clerk.yaml': limited(9) }, 'Let the clerk take longer');
  await git.git('switch', '--quiet', 'main');
  moved = await git.commit({ 'agents/other.yaml': agent('other') }, 'Another agent');
  await git.git('switch', '--quiet', '--detach', 'main');
  await git.git('merge', '--quiet', '--no-ff', '--message', 'Merge', 'topic');
  merge = await git.git('rev-parse', 'HEAD');
});
afterAll(async () => {
  await git.remove();
});

function at(commit: string, step: Omit<Step, 'workspace'>): Promise<StepResult> {
  return git.git('checkout', '--quiet', '--detach', commit).then(() => runStep({ workspace: git.path, ...step }));
}

const widening = { 'has-changes': 'true', errors: '0', drifted: '0' };

describe('by the bundle, as the runner starts it', () => {
  test('a pull request: the merge is compared with the side of its base, and nothing fails the step', async () => {
    const step = await at(merge, { by: 'bundle', event: pullRequestEvent({ base, head }) });
    expect(step.exit, step.log).toBe(0);
    // Not with the base that the event names: `moved` came after it, and is not of this pull request.
    expect(step.outputs).toMatchObject({ ...widening, widenings: '1', decisions: '1' });
    expect(step.outputs['plan-digest']).toMatch(/^[0-9a-f]{64}$/);
    expect(step.commands.filter(({ name }) => name === 'warning')).toMatchObject([
      {
        name: 'warning',
        properties: expect.objectContaining({ file: 'agents/clerk.yaml', line: '7' }) as object,
        message: expect.stringContaining('may spend more: maxSteps 3 -> 9') as string,
      },
      // What newly is allowed comes first: GitHub shows ten.
      { properties: { title: 'manifest.unused', file: 'agents/other.yaml' } },
    ]);
    expect(step.summary).toContain('### pawl plan for `production`: 1 decision needed');
    expect(step.summary.slice(step.summary.indexOf('### pawl plan'))).not.toContain('agents/other.yaml');
    expect(step.shown.join('\n')).toContain('Plan: 0 to add, 1 to change, 0 to destroy.');
  });

  test('invalid manifests: each at its place, exit 3, and no plan', async () => {
    const broken = await brokenCommit();
    const step = await at(broken, { by: 'bundle', event: pushEvent({ before: base, after: broken }) });
    expect(step.exit).toBe(3);
    expect(step.commands).toContainEqual(
      expect.objectContaining({
        name: 'error',
        properties: expect.objectContaining({
          file: 'agents/clerk.yaml',
          line: '7',
          title: 'reference.missing',
        }) as object,
      }),
    );
    expect(step.outputs).toMatchObject({ errors: '1', 'plan-digest': '', 'plan-json': '', 'has-changes': 'false' });
    expect(step.summary).toContain('agents');
  });

  test('no changes, without git on the PATH and in another charset', async () => {
    const step = await at(head, {
      by: 'bundle',
      event: pushEvent({ before: head, after: head }),
      env: { PATH: '/nonexistent', LC_ALL: 'C', LANG: 'C' },
    });
    expect(step).toMatchObject({ exit: 0, outputs: { 'has-changes': 'false', widenings: '0' } });
    expect(step.shown.join('\n')).toContain('No changes.');
  });
});

async function brokenCommit(): Promise<string> {
  await git.git('checkout', '--quiet', '--detach', base);
  return git.commit({ 'agents/clerk.yaml': agent('clerk', '  roles: [none]\n') });
}

describe('what is compared', () => {
  test('a push: with what was there before', async () => {
    const step = await at(head, { event: pushEvent({ before: base, after: head }) });
    expect(step).toMatchObject({ exit: 0, outputs: { ...widening, widenings: '1' } });
  });

  test('a push of a new branch: with nothing, which is said', async () => {
    const step = await at(head, { event: pushEvent({ before: '0'.repeat(40), after: head }) });
    expect(step).toMatchObject({ exit: 0, outputs: { 'has-changes': 'false', plans: '[]' } });
    expect(step.log).toContain('nothing to compare it with');
  });

  test('a merge group: with what it is queued on', async () => {
    const step = await at(merge, { event: mergeGroupEvent({ base: moved, head: merge }) });
    expect(step).toMatchObject({ exit: 0, outputs: { ...widening, widenings: '1' } });
  });

  test('a head that lacks what its base has gained: with a warning, because it seems to take that away', async () => {
    const step = await at(head, { event: pullRequestEvent({ base: moved, head }) });
    expect(step.log).toContain('::warning title=pawl::What is checked out lacks commits of its base');
    expect(step.outputs).toMatchObject({ widenings: '1' });
  });

  test('a pull request from a fork, or from one that is gone, is planned by Git alone like any other', async () => {
    for (const fork of ['another', 'deleted'] as const) {
      const event = pullRequestEvent({ base, head, fork });
      const step = await at(merge, { event, inputs: { server: 'https://pawl.example' } });
      expect(step).toMatchObject({ exit: 0, outputs: { ...widening, widenings: '1' } });
      expect(step.log).toContain('GitHub gives forks no token');
    }
  });

  test('a branch that no environment goes live from has no plan', async () => {
    const step = await at(merge, { event: pullRequestEvent({ base, head, branch: 'elsewhere' }) });
    expect(step).toMatchObject({ exit: 0, outputs: { plans: '[]' } });
    expect(step.log).toContain('No environment goes live from elsewhere');
  });

  test('an event without a base is refused until one is named', async () => {
    expect(await at(head, {})).toMatchObject({
      exit: 64,
      commands: [{ properties: { title: 'action.base_unknown' } }],
    });
    expect(await at(head, { inputs: { base: 'main~1' } })).toMatchObject({ exit: 0, outputs: { widenings: '1' } });
  });

  test.each(['bundle', 'source'] as const)(
    'a shallow clone without the base says which depth it needs (%s)',
    async (by) => {
      const folder = await mkdtemp(join(tmpdir(), 'pawl shallow '));
      try {
        await git.git('branch', '--force', 'merged', merge);
        await git.git('clone', '--quiet', '--depth', '1', '--branch', 'merged', `file://${git.path}`, folder);
        const event = pullRequestEvent({ base, head });
        const env = by === 'source' ? { PATH: '/nonexistent' } : {};
        const step = await runStep({ workspace: folder, event, by, env });
        expect(step).toMatchObject({
          exit: 64,
          commands: [{ name: 'error', properties: { title: 'action.base_missing' } }],
        });
        expect(step.log).toContain('fetch-depth: 2');
        await git.git('-C', folder, 'fetch', '--quiet', '--depth', '2', 'origin', 'merged');
        expect(await runStep({ workspace: folder, event, env })).toMatchObject({
          exit: 0,
          outputs: { widenings: '1' },
        });
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );

  test('a repository below the workspace, in a folder with a space, is the one that `path` names', async () => {
    await git.git('worktree', 'add', '--quiet', '--detach', 'a tree', head);
    const step = await runStep({ workspace: '/', inputs: { path: join(git.path, 'a tree'), base: base } });
    await git.git('worktree', 'remove', '--force', 'a tree');
    expect(step).toMatchObject({ exit: 0, outputs: { widenings: '1' } });
    expect(step.log).toContain('file=agents/clerk.yaml');
  });
});

describe('what fails the step', () => {
  test.each([
    ['widenings', 3],
    ['decisions', 3],
    ['changes', 2],
    ['drift, warnings', 3],
    ['drift', 0],
  ])('fail-on: %s gives %i', async (reasons, exit) => {
    const step = await at(merge, { event: pullRequestEvent({ base, head }), inputs: { 'fail-on': reasons } });
    expect(step.exit, step.log).toBe(exit);
    expect(step.outputs).toMatchObject(widening);
  });

  test('an input that is none', async () => {
    for (const inputs of [{ 'fail-on': 'everything' }, { command: 'apply' }, { server: 'http://pawl.example' }]) {
      const step = await at(head, { inputs });
      expect(step).toMatchObject({ exit: 64, commands: [{ name: 'error', properties: { title: 'config.invalid' } }] });
    }
  });

  test('a folder that is no repository, and an environment that there is not', async () => {
    const nowhere = await runStep({ workspace: tmpdir() });
    expect(nowhere).toMatchObject({ exit: 64, commands: [{ properties: { title: 'config.no_repository' } }] });
    const unknown = await at(head, { inputs: { environment: 'nowhere', base } });
    expect(unknown).toMatchObject({ exit: 64, commands: [{ properties: { title: 'environment.unknown' } }] });
  });

  test('a server where the job may not prove what it is, and pull_request_target', async () => {
    const inputs = { server: 'https://pawl.example' };
    const event = pullRequestEvent({ base, head });
    expect(await at(merge, { event, inputs })).toMatchObject({
      exit: 4,
      commands: [{ properties: { title: 'action.identity_missing' } }],
    });
    const target = pullRequestEvent({ base, head }, 'pull_request_target');
    const env = { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://token.example', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x' };
    expect(await at(merge, { event: target, inputs, env })).toMatchObject({
      exit: 64,
      commands: [{ properties: { title: 'action.event_refused' } }],
    });
  });
});

test('later steps get the plan as files', async () => {
  await git.git('checkout', '--quiet', '--detach', merge);
  const temporary = await mkdtemp(join(tmpdir(), 'pawl-temp-'));
  const event = pullRequestEvent({ base, head });
  const step = await runStep({ workspace: git.path, event, env: { RUNNER_TEMP: temporary } });
  const json = JSON.parse(await readFile(step.outputs['plan-json'] ?? '', 'utf8')) as Record<string, unknown>;
  expect(json['plan_digest']).toBe(step.outputs['plan-digest']);
  expect(step.summary).toContain(await readFile(step.outputs['plan-markdown'] ?? '', 'utf8'));
  await rm(temporary, { recursive: true });
});

test('command: validate looks at files alone', async () => {
  const two = settings.replace(/ \}\]\n$/, ' }, { name: staging, branch: next, paths: [agents], apply: auto }]\n');
  await git.git('checkout', '--quiet', '--detach', base);
  const commit = await git.commit({ 'pawl.yaml': two });
  const step = await at(commit, { inputs: { command: 'validate' } });
  expect(step).toMatchObject({ exit: 0, outputs: { errors: '0', plans: '[]' } });
  const planned = await at(commit, { inputs: { base, environment: 'production, staging' } });
  expect(planned.exit, planned.log).toBe(0);
  expect(JSON.parse(planned.outputs['plans'] ?? '')).toMatchObject([
    { environment: 'production' },
    { environment: 'staging' },
  ]);
  expect(planned.outputs).toMatchObject({ 'plan-digest': '' });
  expect(planned.outputs['plan-json']?.split('\n')).toHaveLength(2);
});
