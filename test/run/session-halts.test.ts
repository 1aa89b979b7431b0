import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { channels } from '../../src/bus/bus.ts';
import { EmitterBus } from '../../src/bus/emitter.ts';
import type { Bundle } from '../../src/manifest/bundle.ts';
import { memoryToolId } from '../../src/manifest/memory-tools.ts';
import { serviceMemory } from '../../src/memory/service-memory.ts';
import { callModel } from '../../src/models/call.ts';
import type { Authority } from '../../src/policy/authority.ts';
import type { Halt, HaltScope } from '../../src/policy/halt-scope.ts';
import type { Outside } from '../../src/run/outside.ts';
import type { WorkerOptions } from '../../src/run/worker-options.ts';
import { callTool } from '../../src/tools/call.ts';
import type { MemoryRun } from '../support/memory-rows.ts';
import { memoryWorker } from '../support/memory-executor.ts';
import { type MemoryService, startMemoryService } from '../support/memory-service.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { withSessions } from '../support/simulated-memories.ts';
import { authorityOf, bundleOf, eventually } from '../support/runs.ts';

const memory = 'default/notes';
const hourMs = 3_600_000;

const halt = (change: Partial<Halt> = {}): Halt => ({
  id: 'h1',
  scope: { kind: 'global' },
  reason: 'a leak',
  by: 'ann',
  aborts: false,
  ...change,
});

/** The memories of a worker that keeps none itself. */
const memories: NonNullable<WorkerOptions['memories']> = {
  open(name, settings, reach) {
    if (settings.http === undefined) throw new TypeError('the fixture has a service');
    return serviceMemory(name, { ...settings, http: settings.http }, reach);
  },
  sweep: () => Promise.resolve(),
};

describe('a session that a service keeps', () => {
  let service: MemoryService;
  beforeAll(async () => {
    service = await startMemoryService();
  });
  afterAll(() => service.close());
  beforeEach(() => {
    service.liar = undefined;
    service.asked.length = 0;
  });

  function remembering(): Bundle {
    const bundle = bundleOf({
      nodes: { talk: { agent: 'talker' } },
      agents: { talker: { tools: {}, memory: { memory, allow: [], maxHistory: 4 } } },
      replies: [{ agent: 'talker', turns: [{ text: 'Noted.' }] }],
      timeoutMs: 100 * hourMs,
    });
    const http = { url: service.url, allowPrivate: true, timeoutMs: 5_000 };
    const session = { ttlMs: 60_000, maxMessages: 50 };
    return { ...bundle, memories: { [memory]: { type: 'http', session, http } } };
  }

  /** A worker on a store in memory; `answered` happens when the model has answered. */
  function start(answered: (store: MemoryStore) => void = () => undefined) {
    const bundle = remembering();
    const store = new MemoryStore();
    store.install(bundle, withSessions(authorityOf(bundle), bundle));
    const bus = new EmitterBus();
    const outside: Outside = {
      tool: callTool,
      model: async (...call) => {
        const answer = await callModel(...call);
        answered(store);
        return answer;
      },
    };
    const worker = memoryWorker(store, { bus, outside, memories, leaseMs: 1_000 * hourMs });
    const run = store.submit({ session: 'ticket-1' });
    const wake = () => bus.notify(channels.ready, 'default');
    const tell = () => bus.notify(channels.halted, 'production');
    return { bundle, store, worker, run, wake, tell };
  }

  type Started = ReturnType<typeof start>;

  async function lift({ store, tell, wake }: Started) {
    store.halts.end('h1');
    await tell();
    await wake();
  }

  /** Lets the time pass that the run waits for. */
  async function goOn({ store, run, wake }: Started) {
    store.advance(Math.max(0, (run.runAt ?? store.now()) - store.now()));
    store.reap();
    await wake();
  }

  const reaches = (run: MemoryRun, state: MemoryRun['state']) =>
    eventually(async () => (run.state === state ? true : undefined));
  const operations = () => service.asked.map(({ operation }) => operation);
  const results = ({ steps }: MemoryRun) =>
    steps.filter(({ phase }) => phase === 'result').map(({ path, outcome, error }) => [path, error?.code ?? outcome]);

  const scopes: readonly HaltScope[] = [
    { kind: 'global' },
    { kind: 'environment', name: 'production' },
    { kind: 'namespace', name: 'default' },
    { kind: 'system', name: 'default/work' },
    { kind: 'agent', name: 'default/talker' },
  ];

  test.each(scopes)('is asked for nothing while $kind is halted, and goes on when it is lifted', async (scope) => {
    const started = start();
    const { store, worker, run } = started;
    store.halts.begin(halt({ scope }));
    await worker.start();
    await reaches(run, 'Waiting');
    expect({ asked: operations(), steps: run.steps }).toEqual({ asked: [], steps: [] });
    expect([...run.waits.values()]).toMatchObject([
      { path: 'talk/history/halt', kind: 'halt', detail: { halt: 'h1', reason: 'a leak', by: 'ann' } },
    ]);
    await lift(started);
    await reaches(run, 'Succeeded');
    expect(operations()).toEqual(['history', 'append']);
    await worker.stop();
  });

  test('is asked for nothing while halts cannot be read', async () => {
    const { store, worker, run } = start();
    store.halts.known = undefined;
    await worker.start();
    await reaches(run, 'Waiting');
    expect({ asked: operations(), waits: [...run.waits.keys()] }).toEqual({ asked: [], waits: ['talk/history/halt'] });
    await worker.stop();
  });

  test('is told nothing after a halt that began when the model had answered, and is told it when it is lifted', async () => {
    const started = start((store) => store.halts.begin(halt()));
    const { worker, run } = started;
    await worker.start();
    await reaches(run, 'Waiting');
    expect(operations()).toEqual(['history']);
    expect([...run.waits.values()]).toMatchObject([{ path: 'talk/remembered/halt', kind: 'halt' }]);
    await lift(started);
    await reaches(run, 'Succeeded');
    expect(operations()).toEqual(['history', 'append']);
    await worker.stop();
  });

  test('is refused by a halt that denies, and the journal says so', async () => {
    const { worker, run } = start((store) => store.halts.begin(halt({ denies: true })));
    await worker.start();
    await reaches(run, 'Succeeded');
    expect(operations()).toEqual(['history']);
    expect(results(run).at(-1)).toEqual(['talk/remembered', 'halt.global']);
    await worker.stop();
  });

  test('is given up while it is asked where a halt says so, and asked again after it', async () => {
    const started = start();
    const { store, worker, run, tell } = started;
    let isClosed = false;
    service.liar = (_asked, response: ServerResponse) => {
      response.on('close', () => void (isClosed = true));
      return 'answered';
    };
    await worker.start();
    await eventually(async () => (service.asked.length === 1 ? true : undefined));
    store.halts.begin(halt({ aborts: true }));
    await tell();
    await reaches(run, 'Waiting');
    await eventually(async () => (isClosed ? true : undefined));
    expect([...run.waits.values()]).toMatchObject([{ path: 'talk/history/halt', kind: 'halt' }]);
    service.liar = undefined;
    await lift(started);
    await reaches(run, 'Succeeded');
    expect(operations()).toEqual(['history', 'history', 'append']);
    await worker.stop();
  });

  const unavailable = (headers: Record<string, string> = {}) => {
    service.liar = (_asked, response) => {
      response.writeHead(503, headers).end('Down for an hour.');
      return 'answered';
    };
  };

  test('is decided again each time that it is asked again, by what is live by then', async () => {
    const started = start();
    const { store, worker, run } = started;
    unavailable();
    await worker.start();
    await reaches(run, 'Waiting');
    store.halts.begin(halt());
    await goOn(started);
    await eventually(async () => (run.waits.has('talk/history/halt') && run.state === 'Waiting' ? true : undefined));
    expect(operations()).toEqual(['history']);
    store.install(started.bundle, withoutSession(started.bundle));
    service.liar = undefined;
    await lift(started);
    await reaches(run, 'Succeeded');
    expect(results(run)).toContainEqual(['talk/history', 'policy.denied']);
    expect(operations()).toEqual(['history']);
    await worker.stop();
  });

  test('that is away is left alone for as long as it says, also where the run goes on before, and the run says why', async () => {
    const started = start();
    const { store, worker, run, wake } = started;
    unavailable({ 'retry-after': '20' });
    await worker.start();
    await reaches(run, 'Waiting');
    const wait = run.waits.get('talk/history');
    expect(wait).toMatchObject({
      kind: 'timer',
      detail: {
        code: 'memory.service_unavailable',
        message: 'The service of Memory/default/notes answered with status 503: Down for an hour.',
      },
    });
    const dueAt = wait?.dueAt ?? 0;
    expect(dueAt - store.now()).toBeGreaterThan(15_000);
    expect(dueAt - store.now()).toBeLessThanOrEqual(22_000);
    // As by a timer of another branch.
    Object.assign(run, { state: 'Queued', runAt: undefined });
    await wake();
    await eventually(async () => (run.fence === 2 && run.state === 'Waiting' ? true : undefined));
    expect({ asked: operations(), dueAt: run.waits.get('talk/history')?.dueAt }).toEqual({ asked: ['history'], dueAt });
    service.liar = undefined;
    await goOn(started);
    await reaches(run, 'Succeeded');
    await worker.stop();
  });

  test('that stays away is asked more and more seldom, at most every minute', async () => {
    const started = start();
    const { store, worker, run } = started;
    unavailable();
    await worker.start();
    const pauses: number[] = [];
    for (let claims = 1; claims <= 16; claims += 1) {
      await eventually(async () => (run.fence === claims && run.state === 'Waiting' ? true : undefined));
      pauses.push((run.waits.get('talk/history')?.dueAt ?? 0) - store.now());
      await goOn(started);
    }
    // Each is drawn from 0 to 2, 4, 8 … 60 seconds.
    for (const [index, pauseMs] of pauses.entries())
      expect(pauseMs).toBeLessThanOrEqual(Math.min(60_000, 2_000 * 2 ** index));
    expect(Math.max(...pauses)).toBeGreaterThan(4_000);
    await worker.stop();
  });
});

function withoutSession(bundle: Bundle): Authority {
  const authority = authorityOf(bundle);
  const row = authority.subjects['Agent/default/talker'];
  if (row === undefined) throw new Error('the agent has rules');
  const denied = { kind: 'deny', reason: 'policy.denied', rule: 'AgentPolicy/default/guard' } as const;
  const tools = { ...row.tools, [memoryToolId(memory, 'session')]: denied };
  return { ...authority, subjects: { ...authority.subjects, 'Agent/default/talker': { ...row, tools } } };
}
