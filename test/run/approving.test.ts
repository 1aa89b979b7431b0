import type { BundleRetry } from '../../src/manifest/bundle.ts';
import { describe, expect, test } from 'vitest';
import type { MemoryRun } from '../support/memory-rows.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { eventually } from '../support/runs.ts';
import { MemoryExecutor, type MemoryPlay, memoryWorker, runInMemory } from '../support/memory-executor.ts';
import { asking, rule, sender, sendNode, terms } from './approval-play.ts';

const openOf = (run: MemoryRun) => run.approvals.filter(({ state }) => state === 'pending');

/** Decides on every open request, and lets the clock move where there is none. */
const deciding =
  (as: 'approved' | 'denied'): NonNullable<MemoryPlay['answer']> =>
  (run, store: MemoryStore) => {
    for (const { path } of openOf(run)) store.decideApproval(run.id, path, as);
    return true;
  };

describe('a call that rules ask about', () => {
  test('waits without an owner until it is approved, and is then made once', async () => {
    const bundle = sendNode();
    const waiting = await runInMemory({ bundle, authority: asking(bundle) });
    expect(waiting.run).toMatchObject({ state: 'Waiting', owner: undefined });
    expect(waiting.effects).toEqual([]);
    const { run, effects } = await runInMemory({ bundle, authority: asking(bundle), answer: deciding('approved') });
    expect([run.state, effects.length]).toEqual(['Succeeded', 1]);
    expect(run.approvals).toMatchObject([{ path: 'send/1', state: 'consumed', usedBy: ['send/1'] }]);
    const intent = run.steps.find(({ path, phase }) => path === 'send/1' && phase === 'intent');
    expect(intent?.decision).toMatchObject({ kind: 'allow', approval: 'approval1' });
  });

  test('is asked about once, however often its node is tried', async () => {
    const retry: BundleRetry = {
      maxAttempts: 2,
      backoff: { initialMs: 1, maxMs: 1, multiplier: 1, jitter: 'none' },
      on: ['unavailable'],
    };
    // The tool itself is tried once, so that the node is tried again.
    const bundle = sendNode({ to: 'ada' }, { idempotent: true, retry: { ...retry, maxAttempts: 1 } });
    const [node] = Object.values(bundle.nodes);
    const retried = { ...bundle, nodes: { send: { ...node, retry } } } as typeof bundle;
    let calls = 0;
    const { run } = await runInMemory({
      bundle: retried,
      authority: asking(retried),
      answer: deciding('approved'),
      tools: {
        'default/send': () => {
          calls += 1;
          return calls === 1
            ? { outcome: { kind: 'failed', code: 'tool.unavailable', message: 'It is away.', retryable: true } }
            : {};
        },
      },
    });
    expect([run.state, calls, run.approvals.length]).toEqual(['Succeeded', 2, 1]);
  });

  test('holds nothing while it waits: no intent, no reservation', async () => {
    const bundle = sendNode();
    const { run } = await runInMemory({ bundle, authority: asking(bundle) });
    expect(run.steps).toEqual([]);
  });

  test('is denied: a tool node fails by it, and an agent is told neutrally and goes on', async () => {
    const node = sendNode();
    const failed = await runInMemory({ bundle: node, authority: asking(node), answer: deciding('denied') });
    expect(failed.run).toMatchObject({ state: 'Failed', error: { code: 'approval.denied' } });
    const bundle = sender();
    const { run, effects } = await runInMemory({ bundle, authority: asking(bundle), answer: deciding('denied') });
    expect([run.state, run.output, effects]).toEqual(['Succeeded', { write: 'sent' }, []]);
    expect(run.steps.find(({ outcome }) => outcome === 'denied')).toMatchObject({
      decision: { kind: 'deny', reason: 'approval.denied' },
    });
  });

  test('fails the step of an agent that says onDeny: fail', async () => {
    const bundle = sender([{ to: 'ada' }], {
      writer: { tools: { send: 'default/send' }, execution: { onDeny: 'fail', maxDenials: 3 } },
    });
    const { run } = await runInMemory({ bundle, authority: asking(bundle), answer: deciding('denied') });
    expect(run).toMatchObject({ state: 'Failed', error: { code: 'agent.denied' } });
  });

  test('is denied when nobody decides in time: omission never approves', async () => {
    const bundle = sendNode();
    const late: MemoryPlay['answer'] = (run, store) => {
      store.advance(terms.ttlMs + 1);
      store.reap();
      return run.approvals.length > 0;
    };
    const { run, effects } = await runInMemory({ bundle, authority: asking(bundle), answer: late });
    expect([run.state, run.error?.code, effects]).toEqual(['Failed', 'approval.expired', []]);
  });

  test('is asked about in its own right for each call of a turn, and each holds for its own arguments', async () => {
    const bundle = sender([{ to: 'ada' }, { to: 'bob' }, { to: 'ada' }]);
    const { run, effects } = await runInMemory({ bundle, authority: asking(bundle), answer: deciding('approved') });
    expect(effects.map(({ args }) => args)).toEqual([{ to: 'ada' }, { to: 'bob' }, { to: 'ada' }]);
    expect(new Set(run.approvals.map(({ request }) => request.actionDigest)).size).toBe(3);
  });

  test('lets other branches go on meanwhile', async () => {
    const bundle = sendNode();
    const both = {
      ...bundle,
      nodes: { ...bundle.nodes, side: { edges: [], from: [], kind: 'tool', tool: 'default/echo' } },
      entries: ['send', 'side'],
    } as typeof bundle;
    const { run, effects } = await runInMemory({ bundle: both, authority: asking(both) });
    expect([run.state, effects.map(({ tool }) => tool)]).toEqual(['Waiting', ['default/echo']]);
  });
});

describe('what was approved', () => {
  test('is void once the rules have changed: people are asked about the action as it is', async () => {
    const bundle = sendNode();
    const states: string[][] = [];
    const answer: MemoryPlay['answer'] = (run, store) => {
      states.push(run.approvals.map(({ state }) => state));
      if (run.approvals.length === 1) {
        store.decideApproval(run.id, 'send/1', 'approved');
        store.install(bundle, asking(bundle, ['send'], { 'AgentPolicy/default/other': terms }));
      } else store.decideApproval(run.id, 'send/1', 'approved');
      return true;
    };
    const { run, effects } = await runInMemory({ bundle, authority: asking(bundle), answer });
    expect([run.state, effects.length]).toEqual(['Succeeded', 1]);
    expect(run.approvals.map(({ state }) => state)).toEqual(['cancelled', 'consumed']);
    expect(run.approvals[1]?.request.asks.map(({ rule }) => rule)).toEqual([
      'AgentPolicy/default/careful',
      'AgentPolicy/default/other',
    ]);
  });

  test('and expired before the call could be made lets nothing through', async () => {
    const bundle = sendNode();
    const answer: MemoryPlay['answer'] = (run, store) => {
      store.decideApproval(run.id, 'send/1', 'approved');
      store.advance(terms.ttlMs + 1);
      return run.approvals.length > 0;
    };
    const { run, effects } = await runInMemory({ bundle, authority: asking(bundle), answer });
    expect([run.state, run.error?.code, effects]).toEqual(['Failed', 'approval.expired', []]);
  });
});

describe('an approval of a class of calls', () => {
  const batch = { ttlMs: 10_000, fourEyes: true, batch: { max: 2, same: ['to'] } };
  const inClass = (bundle: Parameters<typeof asking>[0]) => asking(bundle, ['send'], { [rule]: batch });
  const to = (name: string, text: number) => ({ to: name, text });

  test('releases calls that were asked about too, and no more of them than it says', async () => {
    const calls = [to('ada', 1), to('ada', 2), to('bob', 3), to('ada', 4), to('ada', 5)];
    const bundle = sender(calls);
    const asked: number[] = [];
    const answer: MemoryPlay['answer'] = (run, store) => {
      const [first] = openOf(run);
      if (first === undefined) return false;
      asked.push(openOf(run).length);
      return store.decideApproval(run.id, first.path, 'approved');
    };
    const { run, effects } = await runInMemory({ bundle, authority: inClass(bundle), answer });
    expect([run.state, effects.map(({ args }) => args)]).toEqual(['Succeeded', expect.arrayContaining(calls)]);
    expect(effects).toHaveLength(calls.length);
    // Three of ada's by one approval, bob's by another, and the fourth of ada's by a third.
    expect(asked).toHaveLength(3);
    expect(run.approvals.map(({ usedBy }) => usedBy.length)).toEqual([3, 1, 1]);
  });
});

test('who answers a worker falsely for ever does not hold it for ever', async () => {
  class Liar extends MemoryExecutor {
    asked = 0;
    override requestApproval(): ReturnType<MemoryExecutor['requestApproval']> {
      this.asked += 1;
      const state = { id: 'a', actionDigest: 'of something else', state: 'approved' } as const;
      return Promise.resolve({ kind: 'asked', state, remainingMs: 1_000 });
    }
  }
  const store = new MemoryStore();
  const bundle = sendNode();
  store.install(bundle, asking(bundle));
  const executor = new Liar(store);
  const worker = memoryWorker(store, { executor });
  const run = store.submit({ system: bundle.system, input: {} });
  await worker.start();
  await eventually(async () => (run.state === 'Failed' ? true : undefined));
  await worker.stop();
  expect([run.error?.code, executor.asked]).toEqual(['gate.conflict', expect.any(Number)]);
  expect(executor.asked).toBeLessThanOrEqual(1_000);
});

test('requests of agents that were handed work rise to the root run and name the place', async () => {
  const bundle = sender([{ to: 'ada' }]);
  const lead = bundle.agents['default/writer'];
  if (lead === undefined) throw new TypeError('no agent');
  const handing = {
    ...bundle,
    nodes: { lead: { ...bundle.nodes['write'], agent: 'default/lead' } },
    entries: ['lead'],
    agents: {
      ...bundle.agents,
      'default/lead': {
        ...lead,
        tools: {},
        agents: {
          writer: { agent: 'default/writer', description: 'Writes.', interaction: 'toolCall', isolation: 'perCall' },
        },
      },
    },
    models: {
      'default/model': {
        ...bundle.models['default/model'],
        script: {
          replies: [
            {
              agent: 'lead',
              turns: [{ toolCalls: [{ tool: 'writer', arguments: { task: 'send it' } }] }, { text: 'done' }],
            },
            { agent: 'writer', turns: [{ toolCalls: [{ tool: 'send', arguments: { to: 'ada' } }] }, { text: 'sent' }] },
          ],
        },
      },
    },
  } as unknown as typeof bundle;
  const { run, effects } = await runInMemory({
    bundle: handing,
    authority: asking(handing),
    answer: deciding('approved'),
  });
  expect([run.state, run.error, effects.length]).toEqual(['Succeeded', undefined, 1]);
  expect(run.approvals).toMatchObject([
    { request: { node: 'lead^1.1.writer', action: { subject: 'Agent/default/writer' } } },
  ]);
});
