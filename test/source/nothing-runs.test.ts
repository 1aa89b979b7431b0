import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import { WorkingCopy } from '../../src/source/working-copy.ts';
import { createRepository, type TestRepository } from '../support/git.ts';

describe.each(['git-cli', 'isomorphic'] as const)('%s', (reader) => {
  let hostile: TestRepository;
  let markers: string;
  let commit = '';

  beforeEach(async () => {
    hostile = await createRepository();
    markers = join(hostile.path, '.git', 'markers');
    await mkdir(markers);
    commit = await hostile.commit({ 'agents/a.yaml': 'a: 1\n', '.gitattributes': '* filter=evil diff=evil\n' });
    await setTraps();
  });

  afterEach(async () => {
    await hostile.remove();
  });

  /** Everything in a repository's configuration that names a program, each leaving a marker of its own. */
  async function setTraps(): Promise<void> {
    const hooks = join(hostile.path, '.git', 'hooks');
    await mkdir(hooks, { recursive: true });
    for (const hook of [
      'post-checkout',
      'post-merge',
      'pre-commit',
      'reference-transaction',
      'fsmonitor-watchman',
      'pre-auto-gc',
    ]) {
      await writeFile(join(hooks, hook), `#!/bin/sh\ntouch ${markers}/hook-${hook}\n`);
      await chmod(join(hooks, hook), 0o755);
    }
    const trap = (name: string): string => `touch ${markers}/${name};:`;
    const settings: Record<string, string> = {
      'core.hooksPath': hooks,
      'core.fsmonitor': trap('fsmonitor'),
      'core.pager': trap('pager'),
      'core.editor': trap('editor'),
      'core.sshCommand': trap('ssh'),
      'core.gitProxy': trap('proxy'),
      'core.alternateRefsCommand': trap('alternate-refs'),
      'diff.external': trap('diff-external'),
      'diff.evil.textconv': trap('textconv'),
      'diff.evil.command': trap('diff-command'),
      'filter.evil.clean': trap('clean'),
      'filter.evil.smudge': trap('smudge'),
      'filter.evil.process': trap('process'),
      'filter.evil.required': 'true',
      'credential.helper': `!${trap('credential')}`,
      'alias.cat-file': `!${trap('alias')}`,
      'alias.ls-tree': `!${trap('alias')}`,
      'protocol.ext.allow': 'always',
      'protocol.file.allow': 'always',
      'remote.origin.url': `ext::sh -c "${trap('remote')}"`,
      'remote.origin.uploadpack': trap('uploadpack'),
      'remote.origin.promisor': 'true',
      'remote.origin.partialclonefilter': 'blob:none',
      'extensions.partialClone': 'origin',
      'core.repositoryFormatVersion': '1',
      'uploadpack.packObjectsHook': trap('pack-objects'),
    };
    for (const [key, value] of Object.entries(settings)) await hostile.git('config', key, value);
  }

  async function useAll(repository: Repository): Promise<void> {
    await repository.fetch();
    await repository.resolve('main');
    const entries = await repository.entries(commit, ['']);
    await repository.read(
      entries.map(({ id }) => id),
      10_000,
    );
    await repository.changes(commit, commit, ['']);
    await repository.subject(commit);
    await repository.isAncestor(commit, commit);
    await repository.close();
  }

  test('reading a repository whose configuration names programs starts none of them', async () => {
    await useAll(await openRepository({ path: hostile.path, reader }));
    expect(await readdir(markers)).toEqual([]);
  });

  test('a missing object of a partial clone is an error, not a fetch through the configured transport', async () => {
    const id = await hostile.git('rev-parse', `${commit}:agents/a.yaml`);
    await rm(join(hostile.path, '.git', 'objects', id.slice(0, 2), id.slice(2)));
    const repository = await openRepository({ path: hostile.path, reader });
    await expect(repository.read([id], 1000)).rejects.toMatchObject({ code: 'git.object_missing' });
    await expect(repository.entries(commit, ['agents'])).rejects.toMatchObject({ code: 'git.object_missing' });
    await repository.close();
    expect(await readdir(markers)).toEqual([]);
  });

  test('uncommitted files are read without filters', async () => {
    const files = new WorkingCopy({ root: hostile.path });
    const entries = await files.entries('working-copy', ['agents']);
    await files.read(
      entries.map(({ id }) => id),
      1000,
    );
    expect(entries.map(({ path }) => path)).toEqual(['agents/a.yaml']);
    expect(await readdir(markers)).toEqual([]);
  });
});
