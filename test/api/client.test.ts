import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClient, isAnswering } from '../../src/api/client.ts';
import { findServer, newToken, removeServerFile, writeServerFile } from '../../src/api/server-file.ts';
import type { ApiServer } from '../../src/api/server.ts';
import { run } from './answers.ts';
import { runId } from './control-answers.ts';
import { startTestServer, token } from './fixture.ts';

async function withServer(
  use: (server: ApiServer, calls: unknown[]) => Promise<void>,
  version = '0.1.0',
): Promise<void> {
  const calls: unknown[] = [];
  const server = await startTestServer(calls, version);
  try {
    await use(server, calls);
  } finally {
    await server.close();
  }
}

describe('the client is the operations over HTTP', () => {
  test('what is asked arrives as it was asked', () =>
    withServer(async ({ address }, calls) => {
      const client = createClient({ address, token, version: '0.1.0' });
      await client.environments();
      await client.plan({ environment: 'production', ref: 'feature/x', workingCopy: false });
      await client.acknowledge({
        environment: 'production',
        ids: ['R1-3f2a'],
        planDigest: 'a'.repeat(16),
      });
      await client.access({ environment: 'production', tool: 'look', agent: 'clerk', arguments: '{}' });
      await client.drift('production');
      await client.status();
      await client.history({ environment: 'production', limit: 7 });
      await client.get({ environment: 'production', kind: 'Agent' });
      await client.runs({ environment: 'production', limit: 9 });
      const failures = {
        environment: 'production',
        states: ['Failed', 'DeadLetter'],
        system: 'a/b',
        limit: 2,
      } as const;
      await client.runs({ ...failures, before: runId });
      await client.runChanges({ ...failures, seen: 'e'.repeat(64), waitMs: 5 });
      await client.standing(runId);
      await client.questions({ environment: 'production', limit: 3 });
      await client.questionsOf(runId);
      await client.answer({ run: runId, place: 'ask', as: 'changes', text: 'shorter' });
      await client.top('production');
      await client.replaySource({ run: runId, at: 'feature/x' });
      await client.submit({ environment: 'production', system: 'a/b', input: { n: 1 } });
      await client.startTask({ environment: 'production', kind: 'Task', name: 'a/b', input: {} });
      await client.schedules('production');
      await client.webhooks('production');
      await client.workers();
      await client.resolve({ run: runId, path: 'draft/1.1', as: 'done', output: { ok: true } });
      await client.trace(runId);
      await client.retry(runId, {});
      await client.retry(runId, { fromStart: true });
      await client.redrive({ environment: 'production', limit: 20 });
      await client.redrive({ environment: 'production', system: 'a/b', limit: 20, dryRun: true });
      await client.pools('production');
      await client.exportAudit({ environment: 'production', after: 4 });
      await client.exportAudit({ environment: '', since: '2026-01-01T00:00:00.000Z' });
      expect(calls).toEqual([
        ['environments'],
        ['plan', { environment: 'production', ref: 'feature/x', workingCopy: false }],
        ['acknowledge', { environment: 'production', ids: ['R1-3f2a'], planDigest: 'a'.repeat(16) }],
        ['access', { environment: 'production', tool: 'look', agent: 'clerk', arguments: '{}' }],
        ['drift', 'production'],
        ['status'],
        ['history', { environment: 'production', limit: 7 }],
        ['get', { environment: 'production', kind: 'Agent' }],
        ['runs', { environment: 'production', limit: 9 }],
        ['runs', { ...failures, before: runId }],
        ['runChanges', { ...failures, seen: 'e'.repeat(64), waitMs: 5 }],
        ['standing', runId],
        ['questions', { environment: 'production', limit: 3 }],
        ['questionsOf', runId],
        ['answer', { run: runId, place: 'ask', as: 'changes', text: 'shorter' }],
        ['top', 'production'],
        ['replaySource', { run: runId, at: 'feature/x' }],
        ['submit', { environment: 'production', system: 'a/b', input: { n: 1 } }],
        ['startTask', { environment: 'production', kind: 'Task', name: 'a/b', input: {} }],
        ['schedules', 'production'],
        ['webhooks', 'production'],
        ['workers'],
        ['resolve', { run: runId, path: 'draft/1.1', as: 'done', output: { ok: true } }],
        ['trace', runId],
        ['retry', runId, {}],
        ['retry', runId, { fromStart: true }],
        ['redrive', { environment: 'production', limit: 20 }],
        ['redrive', { environment: 'production', system: 'a/b', limit: 20, dryRun: true }],
        ['pools', 'production'],
        ['exportAudit', { environment: 'production', after: 4 }],
        ['exportAudit', { environment: '', since: '2026-01-01T00:00:00.000Z' }],
      ]);
    }));

  test('what comes back is what was answered', () =>
    withServer(async ({ address }) => {
      const client = createClient({ address, token, version: '0.1.0' });
      expect(await client.run(runId)).toEqual(JSON.parse(JSON.stringify(run)));
    }));

  test('an error keeps its code, its cure and its exit code', () =>
    withServer(async ({ address }) => {
      const client = createClient({ address, token, version: '0.1.0' });
      const asked = client.apply({
        environment: 'production',
        commit: 'c'.repeat(40),
        planDigest: 'd'.repeat(64),
      });
      await expect(asked).rejects.toMatchObject({
        code: 'plan.stale',
        message: 'The plan is stale.',
        help: 'Plan again.',
        exit: 6,
      });
    }));

  test.each([
    ['0.0.9', 'The running pawl is older (0.0.9) than this command (0.1.0).'],
    ['0.2.0', 'The running pawl is newer (0.2.0) than this command (0.1.0).'],
  ])('a server of version %s is refused, and the message says which way', (version, message) =>
    withServer(async ({ address }) => {
      const client = createClient({ address, token, version: '0.1.0' });
      await expect(client.status()).rejects.toMatchObject({ code: 'api.version_mismatch', message });
    }, version),
  );

  test('a wrong token is said as what it is', () =>
    withServer(async ({ address }) => {
      const client = createClient({ address, token: 'wrong', version: '0.1.0' });
      await expect(client.status()).rejects.toMatchObject({ code: 'api.unauthorised', exit: 4 });
    }));
});

describe('the server file', () => {
  async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-server-file-'));
    try {
      await use(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  const server = { address: 'http://127.0.0.1:4711', pid: process.pid, version: '0.1.0' };

  test('the token is readable by its owner alone', () =>
    inFolder(async (folder) => {
      await writeServerFile(folder, server, newToken());
      expect((await stat(join(folder, 'token'))).mode & 0o777).toBe(0o600);
      expect(await readFile(join(folder, 'server.json'), 'utf8')).not.toContain(
        (await readFile(join(folder, 'token'), 'utf8')).trim(),
      );
    }));

  test('it is found while its process lives, and gone after removal', () =>
    inFolder(async (folder) => {
      await writeServerFile(folder, server, 'secret');
      expect(await findServer(folder)).toEqual({ ...server, token: 'secret' });
      await removeServerFile(folder, process.pid);
      expect(await findServer(folder)).toBeUndefined();
    }));

  test("a dead process's file is ignored, and another's is not removed", () =>
    inFolder(async (folder) => {
      await writeServerFile(folder, { ...server, pid: 2 ** 22 + 1 }, 'secret');
      expect(await findServer(folder)).toBeUndefined();
      await removeServerFile(folder, process.pid);
      expect(await readFile(join(folder, 'token'), 'utf8')).toBe('secret\n');
    }));

  test('a file that names another machine would be sent the token, and is ignored', () =>
    inFolder(async (folder) => {
      await writeServerFile(folder, server, 'secret');
      await writeFile(
        join(folder, 'server.json'),
        JSON.stringify({ ...server, address: 'http://attacker.example:80' }),
      );
      expect(await findServer(folder)).toBeUndefined();
    }));

  test('a live process that is not pawl does not count as a server', () =>
    withServer(async ({ address }) => {
      expect(await isAnswering(address)).toBe(true);
      expect(await isAnswering('http://127.0.0.1:1')).toBe(false);
    }));
});
