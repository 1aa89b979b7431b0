import { expect, onTestFinished, test } from 'vitest';
import { startEffectServer } from './effect-server.ts';
import { runProcess, startProcess } from './processes.ts';

test('a killed process has ended when kill returns, and says which signal ended it', async () => {
  const server = startProcess({ entry: 'test/support/effect-server-main.ts', args: ['/dev/null'] });
  await server.waitFor(/listening on http/);
  expect(await server.kill()).toEqual({ code: null, signal: 'SIGKILL' });
  expect(() => process.kill(server.pid, 0)).toThrow(/ESRCH/);
});

test('waiting for a line that never comes fails with what the process did print', async () => {
  const failing = startProcess({ entry: 'test/support/effect-server-main.ts', args: ['/nonexistent/log'] });
  await expect(failing.waitFor(/listening/)).rejects.toThrow(/ended without printing[\s\S]*ENOENT/);
  const silent = startProcess({ entry: 'test/support/effect-server-main.ts', args: ['/dev/null'] });
  await expect(silent.waitFor(/never/, 300)).rejects.toThrow(/did not print \/never\/ within 300 ms/);
  await silent.kill();
});

test('a process that does not end in time is killed and the test is told', async () => {
  const endless = runProcess({ entry: 'test/support/effect-server-main.ts', args: ['/dev/null'], timeoutMs: 1_000 });
  await expect(endless).rejects.toThrow(/did not end within 1000 ms/);
});

test('the effect log counts a repeated key once and survives the server', async () => {
  const server = await startEffectServer();
  onTestFinished(() => server.close());
  const send = (path: string, key: string): Promise<Response> =>
    fetch(server.url + path, { method: 'POST', headers: { 'idempotency-key': key }, body: '{"a":1}' });
  await send('/refund', 'one');
  await send('/refund', 'one');
  expect((await send('/status/503/refund?retryAfter=2', 'two')).headers.get('retry-after')).toBe('2');
  await expect(send('/drop/refund', 'three')).rejects.toThrow(/fetch failed/);
  await server.kill();
  expect((await server.effects()).map(({ key, applied, body }) => ({ key, applied, body }))).toEqual([
    { key: 'one', applied: true, body: { a: 1 } },
    { key: 'one', applied: false, body: { a: 1 } },
    { key: 'two', applied: true, body: { a: 1 } },
    { key: 'three', applied: true, body: { a: 1 } },
  ]);
});

test('a held answer comes only after release', async () => {
  const server = await startEffectServer();
  onTestFinished(() => server.close());
  let answered = false;
  const call = fetch(`${server.url}/hold/refund`, { method: 'POST' }).then((response) => {
    answered = true;
    return response.json();
  });
  expect(await server.waitForEffects(1)).toHaveLength(1);
  expect(answered).toBe(false);
  await server.release();
  expect(await call).toEqual({ ok: true, count: 1 });
});
