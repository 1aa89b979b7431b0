import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import type { EnvironmentSettings } from '../../src/manifest/resource.ts';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import { SnapshotCache, snapshot } from '../../src/source/snapshot.ts';
import type { TestRepository } from '../support/git.ts';
import { role } from './manifests.ts';
import { openOrigin } from './origin.ts';
import { writeObject } from './objects.ts';

const execute = promisify(execFile);
const prod: EnvironmentSettings = { name: 'prod', branch: 'main', paths: ['agents'], apply: 'auto' };

describe.each(['git-cli', 'isomorphic'] as const)('%s', (reader) => {
  let origin: TestRepository;
  let repository: Repository;

  beforeEach(async () => {
    ({ origin, repository } = await openOrigin(reader));
  });

  test('reverting a revert gives the root of the older snapshot', async () => {
    const first = await origin.commit({ 'agents/a.yaml': role('a') });
    const second = await origin.commit({ 'agents/a.yaml': role('a', 'tool:echo:write'), 'agents/b.yaml': role('b') });
    await origin.git('revert', '--no-edit', 'HEAD');
    const reverted = await origin.git('rev-parse', 'HEAD');
    await origin.git('revert', '--no-edit', 'HEAD');
    const again = await origin.git('rev-parse', 'HEAD');
    const cache = new SnapshotCache();
    const roots = [];
    for (const commit of [first, second, reverted, again])
      roots.push((await snapshot(repository, { commit, environment: prod }, { cache })).root);
    expect(roots[2]).toBe(roots[0]);
    expect(roots[3]).toBe(roots[1]);
    expect(roots[0]).not.toBe(roots[1]);
  });

  test('a revert of the last commit is the snapshot before it, whatever file it read', async () => {
    const cache = new SnapshotCache();
    const before = await origin.commit({ 'agents/b.yaml': role('b') });
    const between = await origin.commit({ 'agents/b.yaml': role('b', 'tool:echo:write') });
    await origin.git('revert', '--no-edit', 'HEAD');
    const after = await repository.resolve('main');
    const [first, , again] = [
      await snapshot(repository, { commit: before, environment: prod }, { cache }),
      await snapshot(repository, { commit: between, environment: prod }, { cache }),
      await snapshot(repository, { commit: after, environment: prod }, { cache }),
    ];
    expect(again.commit).toBe(after);
    expect(again.resources).toBe(first.resources);
    // Other settings are another snapshot.
    const elsewhere = await snapshot(repository, { commit: after, environment: { ...prod, name: 'other' } }, { cache });
    expect(elsewhere.resources).not.toBe(first.resources);
  });

  test('commit times of 1970 and of the future do not change what follows what', async () => {
    await origin.commit({ 'agents/a.yaml': role('a') });
    const tree = await origin.git('rev-parse', 'HEAD^{tree}');
    const ids: string[] = [];
    for (const time of [
      '1970-01-01T00:00:01Z',
      '2099-01-01T00:00:00Z',
      '1970-01-01T00:00:02Z',
      '2098-01-01T00:00:00Z',
    ]) {
      const parent = ids.at(-1);
      const body = [
        `tree ${tree}`,
        ...(parent === undefined ? [] : [`parent ${parent}`]),
        `author A <a@example.com> ${Date.parse(time) / 1000} +0000`,
        `committer A <a@example.com> ${Date.parse(time) / 1000} +0000`,
        '',
        `At ${time}`,
        '',
      ];
      ids.push(await writeObject(origin, 'commit', Buffer.from(body.join('\n'))));
    }
    for (const [older, ancestor] of ids.entries()) {
      for (const [newer, descendant] of ids.entries()) {
        expect(await repository.isAncestor(ancestor, descendant), `${older} ${newer}`).toBe(older <= newer);
      }
    }
  });

  test('a shallow clone says that its history is cut, and still reads what it has', async () => {
    const first = await origin.commit({ 'agents/a.yaml': role('a') });
    const second = await origin.commit({ 'agents/a.yaml': role('a', 'tool:echo:write') });
    const copy = `${origin.path}-shallow`;
    await origin.git('clone', '--quiet', '--depth', '1', `file://${origin.path}`, copy);
    const shallow = await openRepository({ path: copy, reader });
    try {
      expect((await snapshot(shallow, { commit: second, environment: prod })).resources.size).toBe(1);
      await expect(shallow.isAncestor(first, second)).rejects.toMatchObject({
        code: 'git.shallow',
        help: 'Run `git fetch --unshallow`.',
      });
    } finally {
      await shallow.close();
      await rm(copy, { recursive: true, force: true });
    }
  });

  test('a repository of another owner is read: nothing that its owner configured is run', async () => {
    const commit = await origin.commit({ 'agents/a.yaml': role('a') });
    // Only root may give files away; elsewhere the reading itself is the test.
    if (process.getuid?.() === 0) await execute('chown', ['-R', '12345', origin.path]);
    expect((await snapshot(repository, { commit, environment: prod })).resources.size).toBe(1);
  });

  test('where no repository is, the error says so', async () => {
    await expect(openRepository({ path: '/proc', reader })).rejects.toMatchObject({
      code: 'git.not_a_repository',
      message: 'There is no Git repository in /proc or above it.',
    });
  });
});
