import { expect, test } from 'vitest';
import { openTestDatabase } from '../support/databases.ts';
import { startEffectServer } from '../support/effect-server.ts';
import { bundleOf, httpTool, install, submit, until, workerOn } from '../support/runs.ts';

test('a secret that an earlier owner of the run used is taken out of what comes back to the next one', async () => {
  const canary = 'CANARY-taken-over-4711';
  const [opened, effects] = await Promise.all([openTestDatabase('embedded'), startEffectServer()]);
  const { database } = opened;
  const options = { graceMs: 10, secrets: () => Promise.resolve({ kind: 'read', value: canary } as const) };
  try {
    const bundle = bundleOf({
      nodes: {
        login: { tool: 'login', to: ['wait'] },
        wait: { tool: 'wait', to: ['echo'] },
        echo: { input: { said: canary } },
      },
      tools: {
        login: httpTool(`${effects.url}/login`),
        wait: httpTool(`${effects.url}/hold`, { operations: ['read'] }),
      },
    });
    const login = bundle.tools['default/login'];
    if (login?.impl.type !== 'http') throw new TypeError('login is an HTTP tool');
    const auth = { profile: 'bearer', secret: { secret: 'default/crm', key: 'token' } } as const;
    await install(database, {
      ...bundle,
      tools: { ...bundle.tools, 'default/login': { ...login, impl: { ...login.impl, auth } } },
      secrets: { 'default/crm': { source: 'env', keys: { token: 'PAWL_SECRET_CRM' } } },
    });
    const run = await submit(database);
    const first = workerOn(database, options);
    await first.start();
    await effects.waitForEffects(2);
    await first.stop();
    const second = workerOn(database, options);
    await second.start();
    try {
      await effects.waitForEffects(3);
      await effects.release();
      const ended = await until(database, run.id);
      expect(ended).toMatchObject({ state: 'Succeeded', output: { echo: { said: '[secret]' } } });
    } finally {
      await second.stop();
    }
  } finally {
    await effects.close();
    await opened.close();
  }
});
