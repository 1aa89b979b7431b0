import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { programPath, startProcess } from '../support/processes.ts';

describe('the process', () => {
  test('outside a repository a command exits 64 and says what to do', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-nowhere-'));
    try {
      const pawl = startProcess({ entry: 'src/main.ts', args: ['status'], cwd: folder });
      expect(await pawl.exited()).toEqual({ code: 64, signal: null });
      expect([pawl.stdout, pawl.stderr]).toEqual(['', expect.stringMatching(/config\.no_repository[\s\S]*pawl init/)]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('variables that contradict each other are refused before anything is opened', async () => {
    const pawl = startProcess({
      entry: 'src/main.ts',
      args: ['status', '-o', 'json'],
      env: { NATS_URL: 'nats://127.0.0.1:1' },
    });
    expect((await pawl.exited()).code).toBe(64);
    expect(JSON.parse(pawl.stderr)).toMatchObject({ error: { code: 'config.contradiction', exit: 64 } });
  });

  test('a database that does not answer is said without its password', async () => {
    const env = { DATABASE_URL: 'postgres://someone:hunter2@127.0.0.1:1/none', NATS_URL: undefined };
    const pawl = startProcess({
      entry: 'src/main.ts',
      args: ['history'],
      cwd: new URL('../../example-repo', import.meta.url).pathname,
      env,
    });
    expect((await pawl.exited(30_000)).code).not.toBe(0);
    expect(pawl.stderr).toContain('error store.');
    expect(pawl.stderr).toContain('= help: Check that PostgreSQL runs and that DATABASE_URL points to it');
    expect(pawl.stderr).not.toContain('hunter2');
  }, 40_000);

  test('a reader that went away is no error', async () => {
    const script = `"${process.execPath}" "${programPath('src/main.ts')}" explain | head -1; echo "exit \${PIPESTATUS[0]}"`;
    const child = spawn('bash', ['-c', script], { cwd: new URL('../..', import.meta.url).pathname });
    const said: string[] = [];
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => said.push(`stderr: ${chunk.toString()}`));
    await once(child, 'close');
    const lines = said.join('').trimEnd().split('\n');
    expect([lines.length, lines.at(-1)]).toEqual([2, 'exit 0']);
  });
});
