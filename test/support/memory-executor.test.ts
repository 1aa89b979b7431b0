import { expect, test } from 'vitest';
import { runInMemory } from './memory-executor.ts';
import { bundleOf, httpTool } from './runs.ts';

test('a graph runs to its end in memory, and what its tools were asked is told in order', async () => {
  const bundle = bundleOf({
    nodes: { pay: { tool: 'pay', to: ['tell'] }, tell: { tool: 'tell' } },
    tools: { pay: httpTool('http://127.0.0.1:1/pay'), tell: httpTool('http://127.0.0.1:1/tell') },
  });
  const tools = { 'default/pay': () => ({ paid: 7 }), 'default/tell': () => 'told' };
  const { run, effects } = await runInMemory({ bundle, tools, input: { amount: 7 } });
  expect(run).toMatchObject({ state: 'Succeeded', output: { tell: 'told' }, fence: 1, ends: 1 });
  expect(effects.map(({ tool, args }) => [tool, args])).toEqual([
    ['default/pay', { amount: 7 }],
    ['default/tell', { paid: 7 }],
  ]);
  expect(run.steps.map(({ path, phase }) => `${path} ${phase}`)).toEqual([
    'pay/1 intent',
    'pay/1 result',
    'tell/1 intent',
    'tell/1 result',
  ]);
});

test('a run that waits for a timer goes on without the time passing, and for a person when one answers', async () => {
  let asked = 0;
  const bundle = bundleOf({
    nodes: { ask: { agent: 'asker', to: [{ to: 'pay' }] }, pay: { tool: 'pay', input: {} } },
    agents: { asker: { tools: {} } },
    tools: { pay: httpTool('http://127.0.0.1:1/pay') },
    replies: [{ agent: 'asker', turns: [{ error: 'unavailable' }, { text: 'yes' }] }],
  });
  const { run } = await runInMemory({
    bundle,
    tools: { 'default/pay': () => ({ outcome: { kind: 'unknown', code: 'tool.network', message: 'cut' } }) },
    answer(waiting, store) {
      if (!waiting.waits.has('pay/1')) return false;
      asked += 1;
      store.resolve(waiting.id, 'pay/1', { done: 'paid' });
      return true;
    },
  });
  expect(run).toMatchObject({ state: 'Succeeded', output: { pay: 'paid' } });
  expect(asked).toBe(1);
});
