import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { assertPackBounded } from '../../src/source/pack-guard.ts';
import { ObjectSizes } from '../../src/source/object-sizes.ts';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import { openOrigin } from '../source/origin.ts';
import { createRepository, serveGit } from '../support/git-http.ts';

const mebibyte = 1024 * 1024;
/** Eight mebibytes that travel as a few kilobytes. */
const bomb = Buffer.alloc(8 * mebibyte, 32);

/** A mirror that may fetch one mebibyte, of a repository with the bomb beside its manifests. */
async function mirrorOfBomb(reader: 'git-cli' | 'isomorphic'): Promise<{ repository: Repository; commit: string }> {
  const origin = await createRepository();
  const directory = await mkdtemp(join(tmpdir(), 'pawl-bomb-'));
  const commit = await origin.commit({ 'agents/a.yaml': 'a: 1\n', 'agents/bomb.yaml': bomb });
  const server = await serveGit(origin);
  const repository = await openRepository({ url: server.url, directory, reader, fetchBytesMax: mebibyte });
  onTestFinished(async () => {
    await repository.close();
    await server.close();
    await origin.remove();
    await rm(directory, { recursive: true, force: true });
  });
  return { repository, commit };
}

describe('a pack of few bytes that unpacks to many', () => {
  test('is fetched by git, which holds none of it, and read no further than its size', async () => {
    const { repository, commit } = await mirrorOfBomb('git-cli');
    const entries = await repository.entries(commit, ['agents']);
    const found = entries.find(({ path }) => path === 'agents/bomb.yaml');
    expect(found?.size).toBe(bomb.length);
    await expect(repository.read([found?.id ?? ''], mebibyte)).rejects.toMatchObject({ code: 'git.object_too_large' });
  });

  test('is not even unpacked where git is not installed, and nothing of it is used', async () => {
    const { repository, commit } = await mirrorOfBomb('isomorphic');
    const refused = {
      code: 'git.fetch_too_large',
      message: expect.stringContaining(`unpacks to ${bomb.length} bytes`),
    };
    await expect(repository.fetch()).rejects.toMatchObject(refused);
    await expect(repository.entries(commit, ['agents'])).rejects.toMatchObject({ code: 'git.fetch_too_large' });
  });
});

interface Crafted {
  readonly type: number;
  readonly says: number;
  readonly before?: Buffer;
  readonly content: Buffer;
}

/** A pack of one object, whose head may say anything. */
function packOf({ type, says, before = Buffer.alloc(0), content }: Crafted): Buffer {
  const head = [(type << 4) | (says % 16) | (says >= 16 ? 0x80 : 0)];
  if (says >= 16) head.push(...sevens(Math.floor(says / 16)));
  const start = Buffer.from([...Buffer.from('PACK'), 0, 0, 0, 2, 0, 0, 0, 1]);
  return Buffer.concat([start, Buffer.from(head), before, deflateSync(content), Buffer.alloc(20)]);
}

function sevens(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 0x80, ...sevens(Math.floor(value / 128))];
}

describe('the head of an object', () => {
  const base = Buffer.alloc(20, 7);
  test.each([
    ['of honest size passes', { type: 3, says: 5, content: Buffer.from('hello') }, undefined],
    ['of a terabyte is believed', { type: 3, says: 2 ** 40, content: Buffer.alloc(9) }, 'git.fetch_too_large'],
    ['that says less than there is is caught', { type: 3, says: 5, content: bomb }, 'git.object_corrupt'],
    ['that says more than there is is caught', { type: 1, says: 50, content: Buffer.alloc(9) }, 'git.object_corrupt'],
    ['of no known kind ends the look', { type: 5, says: 5, content: bomb }, 'git.object_corrupt'],
    [
      'of a delta that makes a terabyte is believed',
      { type: 7, says: 7, before: base, content: Buffer.from([5, ...sevens(2 ** 40)]) },
      'git.fetch_too_large',
    ],
    [
      'of a delta whose size wraps around in 32 bits is read whole',
      { type: 7, says: 6, before: base, content: Buffer.from([5, ...sevens(2 ** 32 + 5)]) },
      'git.fetch_too_large',
    ],
  ] as const)('%s', async (_claim, crafted, code) => {
    const looked = assertPackBounded(packOf(crafted), mebibyte);
    if (code === undefined) await expect(looked).resolves.toBeUndefined();
    else await expect(looked).rejects.toMatchObject({ code });
  });
});

describe('a repository that somebody prepared', () => {
  test('gives nothing of an object whose head says less than there is', async () => {
    const { origin, repository } = await openOrigin('isomorphic');
    await origin.commit({ 'a.yaml': 'a: 1\n' });
    const id = 'c0ffee'.repeat(7).slice(0, 40);
    const folder = join(origin.path, '.git/objects', id.slice(0, 2));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, id.slice(2)), deflateSync(Buffer.concat([Buffer.from('blob 5\0'), bomb])));
    await expect(repository.read([id], 1000)).rejects.toMatchObject({ code: 'git.object_corrupt' });
  });

  test.each(['true', 'false'])('has sizes like git says, of deltas by offset (%s) too', async (byOffset) => {
    const { origin, repository } = await openOrigin('isomorphic');
    const lines = Array.from({ length: 400 }, (_, line) => `line ${line * 7919}\n`);
    for (let version = 0; version < 6; version += 1) {
      lines[version * 50] = `version ${version}\n`;
      await origin.commit({ 'agents/a.yaml': lines.join(''), [`agents/${version}.yaml`]: `a: ${version}\n` });
    }
    await origin.git('-c', `repack.useDeltaBaseOffset=${byOffset}`, 'repack', '-a', '-d', '-f', '-q');
    const all = await origin.git(
      'cat-file',
      '--batch-all-objects',
      '--batch-check=%(objectname) %(objecttype) %(objectsize) %(deltabase)',
    );
    const sizes = new ObjectSizes(join(origin.path, '.git'));
    const objects = all.split('\n').map((line) => line.split(' '));
    expect(objects.some(([, type, , delta]) => type === 'blob' && !/^0+$/.test(delta ?? ''))).toBe(true);
    for (const [id = '', type, size] of objects) {
      expect(await sizes.sizeOf(id)).toEqual({ type, size: Number(size) });
      expect(await sizes.assertHeld(id)).toBe(type);
    }
    const commit = await origin.git('rev-parse', 'HEAD~5');
    const [entry] = await repository.entries(commit, ['agents/a.yaml']);
    expect((await repository.read([entry?.id ?? ''], 100_000)).get(entry?.id ?? '')?.length).toBe(entry?.size);
  });
});
