import { describe, expect, test } from 'vitest';
import type { A2aAnswer, Part, RpcRequest } from '../../support/a2a-server.ts';
import { agent, call, keeping, toolAt, versions } from './fixture.ts';

/** Works for two questions, then has done what it was asked. */
const slowly =
  (...parts: readonly Part[]) =>
  ({ verb, nth }: RpcRequest): A2aAnswer =>
    verb === 'send' || nth < 2 ? { task: 'working' } : { task: 'completed', parts };

describe.each(versions)('an agent elsewhere that speaks A2A %s', (version) => {
  test('is sent one message, and asked for the task that it begins until that is over', async () => {
    const { url, seen } = await agent(slowly({ text: 'Found.' }), version);
    const task = keeping();
    expect(await call(toolAt(url), { task })).toEqual({ kind: 'done', output: 'Found.' });
    expect(seen.map(({ verb }) => verb)).toEqual(['send', 'get', 'get']);
    expect(seen[0]?.headers['a2a-version']).toBe(version);
    expect(JSON.stringify(seen[0]?.params)).toContain('Look it up.');
    expect(task.ids).toEqual(['task-1']);
  });

  test('may answer at once', async () => {
    const { url, seen } = await agent(() => ({ message: [{ text: 'Hello.' }] }), version);
    expect(await call(toolAt(url))).toEqual({ kind: 'done', output: 'Hello.' });
    expect(seen).toHaveLength(1);
  });

  test('gives text, data and files, of which none is opened', async () => {
    const file = { name: 'a.pdf', type: 'application/pdf' };
    const parts = [
      { text: 'One.' },
      { text: 'Two.' },
      { data: { n: 1 } },
      { url: 'http://169.254.169.254/', ...file },
      { bytes: 'aGk=', ...file },
    ];
    const { url } = await agent(() => ({ task: 'completed', parts }), version);
    const about = { name: 'a.pdf', mediaType: 'application/pdf' };
    expect(await call(toolAt(url))).toEqual({
      kind: 'done',
      output: {
        text: 'One.\n\nTwo.',
        data: [{ n: 1 }],
        files: [
          { ...about, url: 'http://169.254.169.254/' },
          { ...about, bytes: 'aGk=' },
        ],
      },
    });
  });

  test('gives one piece of data as it is', async () => {
    const { url } = await agent(() => ({ task: 'completed', parts: [{ data: { n: [1] } }] }), version);
    expect(await call(toolAt(url))).toEqual({ kind: 'done', output: { n: [1] } });
  });

  test('that was sent the work by an earlier owner of the run is asked, and sent nothing', async () => {
    const { url, seen } = await agent(slowly({ text: 'Found.' }), version);
    const task = keeping({ known: { id: 'task-1', version } });
    expect(await call(toolAt(url), { task })).toEqual({ kind: 'done', output: 'Found.' });
    expect(new Set(seen.map(({ verb }) => verb))).toEqual(new Set(['get']));
  });

  test.each<[string, A2aAnswer, string, string]>([
    ['failed', { task: 'failed', words: 'No such file.' }, 'agent.remote_failed', 'failed: No such file.'],
    ['rejected', { task: 'rejected' }, 'agent.remote_refused', 'did not take the work.'],
    ['was cancelled', { task: 'canceled' }, 'agent.remote_failed', 'gave the work up.'],
    [
      'asks back',
      { task: 'input-required', words: 'Which customer?' },
      'agent.remote_input',
      'asks for more than it was told, and was stopped: Which customer?',
    ],
    [
      'wants a person to sign in',
      { task: 'auth-required' },
      'agent.remote_input',
      'asks to be let in elsewhere, and was stopped.',
    ],
    [
      'refuses the request',
      { error: -32_602, words: 'Bad part' },
      'agent.remote_refused',
      'refused the request (-32602): Bad part',
    ],
  ])('that %s is told of as such', async (_name, end, code, message) => {
    const { url, host, seen } = await agent(({ verb }) => (verb === 'cancel' ? { task: 'canceled' } : end), version);
    const outcome = await call(toolAt(url));
    expect(outcome).toEqual({ kind: 'failed', code, message: `The agent at ${host} ${message}`, retryable: false });
    expect(seen.some(({ verb }) => verb === 'cancel')).toBe(code === 'agent.remote_input');
  });

  test('is told to stop when there is no more time', async () => {
    const { url, host } = await agent(({ verb }) => ({ task: verb === 'cancel' ? 'canceled' : 'working' }), version);
    const message = `The agent at ${host} was not done in time. It was stopped.`;
    expect(await call(toolAt(url, {}, 300))).toEqual({
      kind: 'failed',
      code: 'tool.timeout',
      message,
      retryable: false,
    });
  });

  test('that is done while it is told to stop has done it', async () => {
    const done = { task: 'completed', parts: [{ text: 'Found.' }] } satisfies A2aAnswer;
    const { url } = await agent(({ verb }) => (verb === 'cancel' ? done : { task: 'working' }), version);
    expect(await call(toolAt(url, {}, 300))).toEqual({ kind: 'done', output: 'Found.' });
  });

  test('that does not stop leaves open what it did', async () => {
    const { url, host } = await agent(() => ({ task: 'working' }), version);
    const message = `The agent at ${host} was not done in time. It could not be stopped. Its task is task-1.`;
    expect(await call(toolAt(url, {}, 300))).toEqual({ kind: 'unknown', code: 'tool.timeout', message });
  });

  test.each([
    [
      false,
      {
        kind: 'failed',
        code: 'tool.aborted',
        message: 'The call was given up by its worker. It was stopped.',
        retryable: false,
      },
      ['cancel'],
    ],
    [
      true,
      { kind: 'unknown', code: 'tool.aborted', message: 'The call was given up by its worker. Its task is task-1.' },
      [],
    ],
  ])('is stopped with the call, unless another worker goes on with it (%s)', async (leaves, end, last) => {
    const giveUp = new AbortController();
    const { url, seen } = await agent(({ verb }) => {
      if (verb === 'get') giveUp.abort();
      return { task: verb === 'cancel' ? 'canceled' : 'working' };
    }, version);
    const outcome = await call(toolAt(url), { signal: giveUp.signal, task: keeping({ leaves: () => leaves }) });
    expect(outcome).toEqual(end);
    expect(seen.slice(2).map(({ verb }) => verb)).toEqual(last);
  });
});
