import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { assertSame, holderAt } from '../../../src/tools/isolation/holder.ts';

const argv = ['/bin/cat'];
const container = 'a'.repeat(64);

async function started(program: string, args: readonly string[]): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn(program, [...args], { stdio: ['pipe', 'ignore', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return Object.assign(child, { pid: child.pid ?? 0 });
}

const commandOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8');

test('a process that the engine names is entered where it holds a network of its own, and only while it lives', async () => {
  const apart = await started('unshare', ['--user', '--net', ...argv]);
  await expect.poll(() => commandOf(apart.pid)).toBe('/bin/cat\0');
  const holder = await holderAt(apart.pid, { argv, container });
  expect(holder).toMatchObject({ pid: apart.pid });
  if (holder === undefined) return;
  assertSame(holder);
  expect(await holderAt(apart.pid, { argv: ['/bin/sleep', '9'], container })).toBeUndefined();
  expect(() => assertSame({ ...holder, start: '1' })).toThrow('ended while the worker entered there');
  const ended = once(apart, 'exit');
  apart.stdin?.end();
  await ended;
  expect(() => assertSame(holder)).toThrow('What held the network of the container ended');
  expect(await holderAt(apart.pid, { argv, container })).toBeUndefined();
});

test('a number that means a process in the worker’s own network is not entered', async () => {
  const beside = await started('/bin/cat', []);
  await expect.poll(() => commandOf(beside.pid)).toBe('/bin/cat\0');
  expect(await holderAt(beside.pid, { argv, container })).toBeUndefined();
  const own = commandOf(process.pid).split('\0').slice(0, -1);
  expect(await holderAt(process.pid, { argv: own, container })).toBeUndefined();
});
