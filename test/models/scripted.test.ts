import { expect, test } from 'vitest';
import { callModel } from '../../src/models/call.ts';
import { after, asking, optionsWith, scripted } from './fixture.ts';

const replies = [
  { agent: 'support', match: 'refund', turns: [{ text: 'Refunded.' }] },
  {
    agent: 'support',
    turns: [
      {
        toolCalls: [
          { tool: 'search', arguments: { id: '7' } },
          { tool: 'refund', arguments: '{"amount":' },
        ],
        usage: { inputTokens: 9, outputTokens: 4 },
      },
      { json: { status: 'shipped' } },
    ],
  },
  { agent: 'other/support', turns: [{ text: 'Another namespace.' }] },
];

test('the turn is the number of answers so far, and the same request gets the same answer', async () => {
  const first = await callModel(scripted(replies), asking(), optionsWith());
  expect(first).toEqual({
    text: '',
    toolCalls: [
      { id: '1.1', name: 'search', arguments: '{"id":"7"}' },
      { id: '1.2', name: 'refund', arguments: '{"amount":' },
    ],
    usage: { inputTokens: 9, outputTokens: 4 },
    model: 'script',
    finish: 'toolCalls',
  });
  const second = await callModel(scripted(replies), asking({ messages: after(1) }), optionsWith());
  expect(second).toMatchObject({ text: '{"status":"shipped"}', toolCalls: [], finish: 'stop' });
  expect(await callModel(scripted(replies), asking({ messages: after(1) }), optionsWith())).toEqual(second);
  expect(second.usage?.inputTokens).toBeGreaterThan(0);
});

test('the first reply whose agent and text match is taken', async () => {
  const refund = asking({ messages: [{ role: 'user', text: 'a refund please' }] });
  expect((await callModel(scripted(replies), refund, optionsWith())).text).toBe('Refunded.');
  const swapped = scripted([...replies].reverse());
  expect((await callModel(swapped, asking({ ...refund, agent: 'other/support' }), optionsWith())).text).toBe(
    'Another namespace.',
  );
});

test.each<[string, Parameters<typeof asking>[0], string]>([
  ['past its last turn', { messages: after(2) }, 'The script has only 2 turns for the agent default/support.'],
  [
    'without a reply for the agent',
    { agent: 'default/nobody' },
    'The script has no reply for the agent default/nobody that matches its input.',
  ],
])('a script %s is exhausted, and says so', async (_name, change, message) => {
  await expect(callModel(scripted(replies), asking(change), optionsWith())).rejects.toMatchObject({
    name: 'TerminalError',
    code: 'model.script_exhausted',
    message,
    help: expect.stringContaining('.script.yaml'),
  });
});

test.each([
  [['text']],
  [[{ agent: 'support', turns: ['text'] }]],
  [[{ agent: 'support', turns: [{ toolCalls: [{}] }] }]],
])('the script %j is invalid', async (broken) => {
  await expect(callModel(scripted(broken), asking(), optionsWith())).rejects.toMatchObject({
    code: 'model.script_invalid',
  });
});

test('a scripted latency ends with the worker’s signal', async () => {
  const worker = new AbortController();
  const call = callModel(
    scripted([{ agent: 'support', turns: [{ text: 'x', latencyMs: 60_000 }] }]),
    asking(),
    optionsWith({ signal: worker.signal }),
  );
  worker.abort();
  await expect(call).rejects.toMatchObject({ name: 'RetryableError', code: 'model.aborted' });
});
