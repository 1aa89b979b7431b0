import { chmod, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import { settingsAt } from '../../src/source/snapshot.ts';
import type { TestRepository } from '../support/git.ts';
import { role, settings } from './manifests.ts';
import { openOrigin } from './origin.ts';

describe.each(['git-cli', 'isomorphic'] as const)('%s', (reader) => {
  let origin: TestRepository;
  let repository: Repository;

  beforeEach(async () => {
    ({ origin, repository } = await openOrigin(reader));
  });

  test('pawl.yaml is read at the commit', async () => {
    const none = await origin.commit({ 'agents/a.yaml': role('a') });
    const commit = await origin.commit({ 'pawl.yaml': settings });
    await origin.git('rm', '--quiet', 'pawl.yaml');
    await symlink('/etc/passwd', join(origin.path, 'pawl.yaml'));
    const linked = await origin.commit({});
    await origin.git('rm', '--quiet', 'pawl.yaml');
    const large = await origin.commit({ 'pawl.yaml': '#'.repeat(300_000) });
    expect(await settingsAt(repository, commit)).toEqual({
      settings: {
        environments: [expect.objectContaining({ name: 'prod', branch: 'main', paths: ['agents'], apply: 'auto' })],
      },
      problems: [],
    });
    expect((await settingsAt(repository, none)).problems).toMatchObject([
      { code: 'settings.missing', file: 'pawl.yaml' },
    ]);
    expect((await settingsAt(repository, linked)).problems).toMatchObject([{ code: 'git.symlink', file: 'pawl.yaml' }]);
    expect((await settingsAt(repository, large)).problems).toMatchObject([
      { code: 'limits.file_bytes', file: 'pawl.yaml' },
    ]);
  });

  test('the same text is parsed once, and read of every commit: it may be missing', async () => {
    const first = await origin.commit({ 'pawl.yaml': settings });
    const other = await origin.commit({ 'pawl.yaml': settings.replace('name: prod', 'name: test') });
    const back = await origin.commit({ 'pawl.yaml': settings });
    const read = await settingsAt(repository, first);
    expect((await settingsAt(repository, other)).settings?.environments).toMatchObject([{ name: 'test' }]);
    expect(await settingsAt(repository, back)).toBe(read);
    const [entry] = await repository.entries(back, ['pawl.yaml']);
    const id = entry?.id ?? '';
    const path = join(origin.path, '.git/objects', id.slice(0, 2), id.slice(2));
    await chmod(path, 0o644);
    await writeFile(path, 'not an object');
    const fresh = await openRepository({ path: origin.path, reader });
    onTestFinished(() => fresh.close());
    await expect(settingsAt(fresh, back)).rejects.toMatchObject({ code: expect.stringMatching(/^git\./) });
  });
});
