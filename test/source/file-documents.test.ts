import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type FileDocuments, readFileDocuments } from '../../src/source/file-documents.ts';
import type { Repository, TreeEntry } from '../../src/source/reader.ts';
import type { TestRepository } from '../support/git.ts';
import { role } from './manifests.ts';
import { openOrigin } from './origin.ts';

describe.each(['git-cli', 'isomorphic'] as const)('%s', (reader) => {
  let origin: TestRepository;
  let repository: Repository;

  beforeEach(async () => {
    ({ origin, repository } = await openOrigin(reader));
  });

  /** More than two batches. */
  async function manyEntries(): Promise<TreeEntry[]> {
    const files = Array.from({ length: 600 }, (_, index) => [`agents/${1_000 + index}.yaml`, role(`r${index}`)]);
    const commit = await origin.commit(Object.fromEntries(files));
    return await repository.entries(commit, ['agents']);
  }

  async function corrupt({ id }: TreeEntry): Promise<void> {
    const path = join(origin.path, '.git/objects', id.slice(0, 2), id.slice(2));
    await chmod(path, 0o644);
    await writeFile(path, 'not an object');
  }

  test('every file of many batches is parsed once, in the order of the entries', async () => {
    const entries = await manyEntries();
    const read: FileDocuments[] = [];
    await readFileDocuments(repository, entries, (file) => void read.push(file));
    expect(read.map(({ entry }) => entry)).toEqual(entries);
    expect(read.flatMap(({ documents }) => documents.map(({ address }) => address))).toEqual(
      entries.map((_, index) => `AgentRole/default/r${index}`),
    );
  });

  test('a file of a later batch that cannot be read fails after all before it are parsed', async () => {
    const entries = await manyEntries();
    await corrupt(entries[300] as TreeEntry);
    let parsed = 0;
    const reading = readFileDocuments(repository, entries, () => void (parsed += 1));
    await expect(reading).rejects.toMatchObject({ code: expect.stringMatching(/^git\.object_(corrupt|missing)$/) });
    expect(parsed).toBe(256);
  });

  test('others have a turn between large files', async () => {
    const large = `# ${'x'.repeat(200 * 1024)}\n`;
    const names = Array.from({ length: 6 }, (_, index) => `agents/${index}.yaml`);
    const commit = await origin.commit(
      Object.fromEntries(names.map((name) => [name, `${large}${role(name[7] ?? '')}`])),
    );
    let turns = 0;
    const tick = () => {
      turns += 1;
      ticking = setImmediate(tick);
    };
    let ticking = setImmediate(tick);
    const seen = new Set<number>();
    await readFileDocuments(repository, await repository.entries(commit, ['agents']), () => void seen.add(turns));
    clearImmediate(ticking);
    expect(seen.size).toBe(3);
  });

  test('what fails while the next batch is read is told, and the reader goes on', async () => {
    const entries = await manyEntries();
    await corrupt(entries[300] as TreeEntry);
    const reading = readFileDocuments(repository, entries, () => {
      throw new Error('nobody wants it');
    });
    await expect(reading).rejects.toThrow('nobody wants it');
    const [first] = entries;
    const blobs = await repository.read([first?.id ?? ''], 1_000).catch(() => undefined);
    const again = blobs ?? (await repository.read([first?.id ?? ''], 1_000));
    expect(Buffer.from(again.get(first?.id ?? '') ?? []).toString()).toBe(role('r0'));
  });
});
