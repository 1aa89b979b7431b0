import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CatFile, type Found } from '../../src/source/cat-file.ts';
import { refuseUnsoundFolders } from '../../src/source/raw-changes.ts';
import { createRepository, type TestRepository } from '../support/git.ts';

/** Tells how many bytes it was asked for at a time. */
class Told extends CatFile {
  readonly bytes: number[] = [];

  override async ask(names: readonly string[], bytesMax: number): Promise<Found[]> {
    const found = await super.ask(names, bytesMax);
    const sizes = found.map((one) => (one.kind === 'object' ? (one.bytes?.length ?? 0) : 0));
    this.bytes.push(sizes.reduce((sum, size) => sum + size, 0));
    return found;
  }
}

describe('the folders of a change', () => {
  let origin: TestRepository;
  let contents: Told;
  let headers: CatFile;
  let folders: Map<string, string>;

  beforeEach(async () => {
    origin = await createRepository();
    const files = Array.from({ length: 12 }, (_, at) => `f${at % 6}/file-${String(at).padStart(2, '0')}.yaml`);
    await origin.commit(Object.fromEntries(files.map((file) => [file, file])));
    const command = { gitDirectory: join(origin.path, '.git'), surroundings: {} };
    [contents, headers] = [new Told(command, '--batch', 10_000), new CatFile(command, '--batch-check', 10_000)];
    const ids = await Promise.all(Array.from({ length: 6 }, (_, at) => origin.git('rev-parse', `HEAD:f${at}`)));
    folders = new Map(ids.map((id, at) => [id, `f${at}/`]));
  });

  afterEach(async () => {
    await Promise.all([contents.close(), headers.close()]);
    await origin.remove();
  });

  test('are held a few at a time', async () => {
    const size = 2 * ('100644 file-00.yaml'.length + 1 + 20);
    const objects = { contents, headers, place: 'here' };
    await refuseUnsoundFolders(objects, folders, { treeBytesMax: 1000, togetherBytesMax: 2 * size });
    expect(contents.bytes).toEqual([2 * size, 2 * size, 2 * size]);
  });

  test('are too large by their size, and broken where they are none', async () => {
    const limits = { treeBytesMax: 79, togetherBytesMax: 1000 };
    const objects = { contents, headers, place: 'here' };
    await expect(refuseUnsoundFolders(objects, folders, limits)).rejects.toMatchObject({
      code: 'git.tree_too_large',
      message: 'The folder f0/ has a list of 80 bytes, above the limit of 79; it was not read.',
      help: 'Divide the folder, or give the environment narrower paths.',
    });
    const blob = await origin.git('rev-parse', 'HEAD:f0/file-00.yaml');
    await expect(refuseUnsoundFolders(objects, new Map([[blob, 'f0/']]))).rejects.toMatchObject({
      code: 'git.object_corrupt',
      message: 'here holds the folder f0/, but it cannot be read.',
    });
    expect(contents.bytes).toEqual([]);
  });
});
