import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Lock, takeLock } from '../../src/store/lock-file.ts';
import { startProcess } from '../support/processes.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-lock-'));
  path = join(folder, 'db.lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a lock is taken, refused to the next with its holder named, and free again after release', async () => {
  const lock = await takeLock(path);
  await expect(takeLock(path)).rejects.toMatchObject({
    code: 'store.locked',
    exit: 6,
    message: expect.stringMatching(
      new RegExp(`^The embedded database ${folder}/db is in use by process ${process.pid}, since \\d{4}-`),
    ),
    help: 'Use the running pawl, stop it, or set DATABASE_URL to a PostgreSQL server, which serves many processes.',
  });
  await lock.release();
  await (await takeLock(path)).release();
  expect(await readdir(folder)).toEqual([]);
});

test('the lock of a process that was killed is taken over', async () => {
  const holder = startProcess({ entry: 'test/store/lock-process.ts', args: [path] });
  await holder.waitFor(/taken/);
  await expect(takeLock(path)).rejects.toMatchObject({ message: expect.stringContaining(`process ${holder.pid}`) });
  await holder.kill();
  await (await takeLock(path)).release();
  expect(await readdir(folder)).toEqual([]);
});

test('of many that find a dead holder at once, one takes over and the others are refused', async () => {
  for (let round = 0; round < 20; round += 1) {
    await writeLock({ pid: await deadPid() });
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(path)));
    const won = results.filter((result): result is PromiseFulfilledResult<Lock> => result.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason.code).toBe('store.locked');
    await won[0]?.value.release();
    expect(await readdir(folder)).toEqual([]);
  }
});

test('of several processes that find a dead holder at once, one takes over', async () => {
  await writeLock({ pid: await deadPid() });
  const takers = Array.from({ length: 3 }, () => startProcess({ entry: 'test/store/lock-process.ts', args: [path] }));
  await Promise.all(takers.map((taker) => taker.waitFor(/taken|store\.locked/)));
  expect(takers.filter((taker) => taker.stdout.includes('taken'))).toHaveLength(1);
  await Promise.all(takers.map((taker) => taker.kill()));
});

test('a claimant that died in the middle of its takeover is taken over too', async () => {
  const dead = await deadPid();
  await writeLock({ pid: dead, nonce: 'first' });
  await writeFile(`${path}.first`, text({ pid: dead, nonce: 'second' }));
  await (await takeLock(path)).release();
  expect(await readdir(folder)).toEqual([]);
});

test('another process that got the number of the dead holder does not keep its lock', async () => {
  await writeLock({ pid: process.pid, start: '1' });
  await (await takeLock(path)).release();
});

test('a holder on another machine cannot be seen, so its lock stands', async () => {
  await writeLock({ pid: 1, host: 'elsewhere' });
  await expect(takeLock(path)).rejects.toMatchObject({
    message: expect.stringContaining('in use by process 1 on elsewhere'),
    help: `Stop it there; if elsewhere is gone, delete ${path}.`,
  });
});

test('a file that pawl did not write is left alone', async () => {
  await writeFile(path, 'mine');
  await expect(takeLock(path)).rejects.toMatchObject({ message: `${path} is not a lock that pawl wrote.` });
  expect(await readFile(path, 'utf8')).toBe('mine');
});

interface Fields {
  readonly pid: number;
  readonly nonce?: string;
  readonly start?: string;
  readonly host?: string;
}

function text({ pid, nonce = 'dead', start, host = hostname() }: Fields): string {
  return JSON.stringify({ nonce, pid, start, host, since: '2026-01-01T00:00:00.000Z' });
}

async function writeLock(fields: Fields): Promise<void> {
  await writeFile(path, text(fields));
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'exit');
  return child.pid ?? 0;
}
