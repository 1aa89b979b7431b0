import { describe, expect, onTestFinished, test } from 'vitest';
import type { Bundle, BundleAgent, BundleTool } from '../../src/manifest/bundle.ts';
import { RetryableError } from '../../src/errors.ts';
import type { Json } from '../../src/manifest/json.ts';
import { type A2aAnswer, type RpcRequest, startA2aServer } from '../support/a2a-server.ts';
import { MemoryExecutor, memoryWorker, runInMemory } from '../support/memory-executor.ts';
import { endedStates, type MemoryStep } from '../support/memory-rows.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { authorityOf, bundleOf, eventually } from '../support/runs.ts';

type External = Extract<BundleTool['impl'], { type: 'a2a' }>;

async function agent(answer: (request: RpcRequest) => A2aAnswer | Promise<A2aAnswer>) {
  const server = await startA2aServer(answer);
  onTestFinished(() => server.close());
  return server;
}

/** Works for one question, then has done what it was asked. */
const working = ({ verb }: RpcRequest): A2aAnswer =>
  verb === 'send' ? { task: 'working' } : { task: 'completed', parts: [{ text: 'High water at six.' }] };

function toolOf(url: string, change: Partial<External> = {}): Partial<BundleTool> {
  const impl = { type: 'a2a', url, allowPrivate: true, ...change } as const;
  return { operations: ['write'], impl, inputSchema: { type: 'object' } };
}

/** A node whose agent runs elsewhere. */
function elsewhere(url: string, change: Partial<BundleAgent> = {}): Bundle {
  const tools = { a2a: 'default/a2a' };
  return bundleOf({
    nodes: { tides: { agent: 'tides', input: 'When is high water?' } },
    agents: { tides: { external: 'a2a', model: '', prompt: '', tools, ...change } },
    tools: { a2a: toolOf(url) },
  });
}

/** An agent of pawl that lists one by its URL. */
function calling(url: string, replies: Json, change: Partial<External> = {}): Bundle {
  return bundleOf({
    nodes: { lead: { agent: 'lead', input: 'Write about tides.' } },
    agents: { lead: { tools: { tides: 'default/tides' } } },
    tools: { tides: toolOf(url, change) },
    replies,
  });
}

const play = (bundle: Bundle) => runInMemory({ bundle, authority: authorityOf(bundle), input: {} });

const verbs = (seen: readonly RpcRequest[]) => seen.map(({ verb }) => verb);

const asks = [{ toolCalls: [{ tool: 'tides', arguments: { task: 'When?' } }] }, { text: 'At six, then.' }];

describe('a node whose agent runs elsewhere', () => {
  test('is one call, decided and written like any other, and its answer is the output', async () => {
    const { url, seen } = await agent(working);
    const { run } = await play(elsewhere(url));
    expect(run.output).toEqual({ tides: 'High water at six.' });
    expect(JSON.stringify(seen[0]?.params)).toContain('When is high water?');
    expect(run.steps.map(({ path, phase, outcome }) => `${path} ${phase} ${outcome ?? ''}`)).toEqual([
      'tides/1.1 intent ',
      'tides/1.1/task result done',
      'tides/1.1 result done',
    ]);
  });

  test('is held against its output’s schema', async () => {
    const { url } = await agent(() => ({ message: [{ data: { hour: 'six' } }] }));
    const schema = { type: 'object', properties: { hour: { type: 'integer' } } };
    const { run } = await play(elsewhere(url, { output: { schema } }));
    expect(run.error).toMatchObject({ code: 'agent.output_invalid', node: 'tides' });
  });

  test('fails with what it says, and with what the gate says', async () => {
    const { url, seen } = await agent(() => ({ task: 'failed', words: 'No tables.' }));
    const bundle = elsewhere(url);
    expect((await play(bundle)).run.error).toMatchObject({ code: 'agent.remote_failed', node: 'tides' });
    const denied = await runInMemory({ bundle, authority: authorityOf(bundle, { deny: ['a2a'] }), input: {} });
    expect(denied.run.error).toMatchObject({ code: 'policy.denied', node: 'tides' });
    expect(seen).toHaveLength(1);
  });
});

describe('an agent that lists one elsewhere', () => {
  test('calls it, and goes on with its answer', async () => {
    const { url, seen } = await agent(working);
    const { run } = await play(calling(url, [{ agent: 'lead', turns: asks }]));
    expect(run.output).toEqual({ lead: 'At six, then.' });
    expect(JSON.stringify(seen[0]?.params)).toContain('When?');
  });

  test('leaves the rest of the step to it where it says so', async () => {
    const { url } = await agent(working);
    const { run } = await play(calling(url, [{ agent: 'lead', turns: asks }], { transfers: true }));
    expect(run.output).toEqual({ lead: 'High water at six.' });
  });

  test('fails with it, where the rest of the step was its', async () => {
    const { url } = await agent(() => ({ task: 'rejected' }));
    const { run } = await play(calling(url, [{ agent: 'lead', turns: asks }], { transfers: true }));
    expect(run.error).toMatchObject({ code: 'agent.remote_refused', node: 'lead', path: 'lead/1.1' });
  });
});

/** Goes on where a worker died that had written these rows. */
async function goOn(bundle: Bundle, rows: readonly MemoryStep[], authority = authorityOf(bundle)) {
  const store = new MemoryStore();
  store.install(bundle, authority);
  const run = store.submit({ system: bundle.system, input: {} });
  run.steps.push(...rows.map((row) => ({ ...row, fence: 0 })));
  const worker = memoryWorker(store);
  await worker.start();
  await eventually(async () => (endedStates.has(run.state) || run.state === 'Waiting' ? true : undefined));
  await worker.stop();
  return run;
}

test('wherever a worker dies, nothing is sent twice', async () => {
  const { url, seen } = await agent(working);
  const bundle = elsewhere(url);
  const whole = await goOn(bundle, []);
  expect(whole.output).toEqual({ tides: 'High water at six.' });
  expect(verbs(seen)).toEqual(['send', 'get']);
  const rows = [...whole.steps];
  const after = async (kept: number) => {
    const before = seen.length;
    const run = await goOn(bundle, rows.slice(0, kept));
    return { state: run.state, asked: verbs(seen.slice(before)) };
  };
  // The intent alone: nobody knows whether it was sent, and a person is asked.
  expect(await after(1)).toEqual({ state: 'Waiting', asked: [] });
  // With the task's id: it is asked for.
  expect(await after(2)).toEqual({ state: 'Succeeded', asked: ['get'] });
  expect(await after(3)).toEqual({ state: 'Succeeded', asked: [] });
});

test('a call that is refused once its task was begun is not said to be denied: a person is asked', async () => {
  const { url, seen } = await agent(working);
  const bundle = elsewhere(url);
  const whole = await goOn(bundle, []);
  const asked = seen.length;
  const denying = authorityOf(bundle, { deny: ['a2a'] });
  const run = await goOn(bundle, whole.steps.slice(0, 2), denying);
  expect(run.state).toBe('Waiting');
  expect(run.steps.map(({ path, outcome }) => `${path} ${outcome ?? ''}`)).toEqual([
    'tides/1.1 ',
    'tides/1.1/task done',
  ]);
  expect(seen).toHaveLength(asked);
});

test('a worker that stops leaves the task to the next one', async () => {
  let isStopping = false;
  const { url, seen } = await agent(({ verb }) => {
    if (verb === 'send' || !isStopping) return { task: 'working' };
    return { task: 'completed', parts: [{ text: 'High water at six.' }] };
  });
  const bundle = elsewhere(url);
  const store = new MemoryStore();
  store.install(bundle);
  const run = store.submit({ system: bundle.system, input: {} });
  const first = memoryWorker(store);
  await first.start();
  await eventually(async () => (verbs(seen).includes('get') ? true : undefined));
  await first.stop();
  isStopping = true;
  const second = memoryWorker(store);
  await second.start();
  await eventually(async () => (endedStates.has(run.state) ? true : undefined));
  await second.stop();
  expect(run.output).toEqual({ tides: 'High water at six.' });
  expect(verbs(seen).filter((verb) => verb !== 'get')).toEqual(['send']);
});

test('a task that pawl could not write down is no failure of its agent: the run is handed back, and a person is asked', async () => {
  const { url, seen } = await agent(working);
  const bundle = elsewhere(url);
  const store = new MemoryStore();
  store.install(bundle);
  const run = store.submit({ system: bundle.system, input: {} });
  const away: MemoryExecutor = new MemoryExecutor(store);
  const journal = away.journal.bind(away);
  away.journal = (write) =>
    write.entries.some(({ path }) => path.endsWith('/task'))
      ? Promise.reject(new RetryableError('The database is away.', { code: 'store.unreachable' }))
      : journal(write);
  const worker = memoryWorker(store, { executor: away });
  await worker.start();
  await eventually(async () => (endedStates.has(run.state) || run.state === 'Waiting' ? true : undefined));
  await worker.stop();
  expect([run.state, run.error]).toEqual(['Waiting', undefined]);
  expect(run.steps.map(({ path, outcome }) => `${path} ${outcome ?? ''}`)).toEqual(['tides/1.1 ']);
  expect(verbs(seen).filter((verb) => verb === 'send')).toHaveLength(1);
});
