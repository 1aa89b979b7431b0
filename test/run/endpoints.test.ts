import { describe, expect, test } from 'vitest';
import { channels } from '../../src/bus/bus.ts';
import { EmitterBus } from '../../src/bus/emitter.ts';
import { TerminalError } from '../../src/errors.ts';
import type { Halt } from '../../src/policy/halt-scope.ts';
import { memoryWorker } from '../support/memory-executor.ts';
import type { MemoryRun } from '../support/memory-rows.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { authorityOf, bundleOf, eventually } from '../support/runs.ts';

const reaches = (run: MemoryRun, state: MemoryRun['state']) =>
  eventually(async () => (run.state === state ? true : undefined));

const outcomes = (run: MemoryRun) =>
  run.steps.filter(({ phase }) => phase === 'result').map(({ path, outcome, error }) => [path, outcome, error?.code]);

describe('an agent with another endpoint', () => {
  const made = bundleOf({ nodes: { write: { agent: 'writer' } }, agents: { writer: { fallback: ['default/other'] } } });
  const model = made.models['default/model'];
  if (model === undefined) throw new TypeError('the fixture has a model');
  const bundle = { ...made, models: { ...made.models, 'default/other': { ...model, model: 'other' } } };
  const authority = authorityOf(bundle);
  const allow = { kind: 'allow', rule: 'Agent/default/writer' } as const;
  const subjects = Object.fromEntries(
    Object.entries(authority.subjects).map(([name, one]) => [
      name,
      { ...one, models: { ...one.models, 'default/other': allow } },
    ]),
  );
  const ordered = { reason: 'a leak', by: 'ann', aborts: false };
  const first: Halt = { ...ordered, id: 'h1', scope: { kind: 'model', name: 'default/model' } };
  const both: Halt = { ...ordered, id: 'h2', scope: { kind: 'provider', name: model.provider } };

  /** A worker whose first model call is this one; any other is answered. */
  function begin(...calls: readonly ((signal: AbortSignal) => Promise<void>)[]) {
    const store = new MemoryStore();
    store.install(bundle, { ...authority, subjects });
    const bus = new EmitterBus();
    const asked: string[] = [];
    const worker = memoryWorker(store, {
      bus,
      outside: {
        tool: () => Promise.reject(new Error('no tool is called here')),
        model: async ({ model: name }, _request, { signal }) => {
          asked.push(name);
          await calls[asked.length - 1]?.(signal);
          return { text: 'done', toolCalls: [], usage: undefined, model: undefined, finish: 'stop' };
        },
      },
    });
    return { store, worker, asked, tell: () => bus.notify(channels.halted, 'production') };
  }

  test.each([
    ['waits', first],
    ['refuses', { ...first, denies: true }],
  ])('asks that one while its first is halted, where a halt %s', async (_what, switched) => {
    const { store, worker, asked } = begin();
    store.halts.begin(switched);
    const run = store.submit();
    await worker.start();
    await reaches(run, 'Succeeded');
    expect({ asked, outcomes: outcomes(run) }).toEqual({
      asked: ['other'],
      outcomes: [['write/1', 'done', undefined]],
    });
    await worker.stop();
  });

  test('asks that one too when the first is halted after the call was decided', async () => {
    // While the first node asks; nobody tells the worker, so that the second node's intent is a conflict.
    const { store, worker, asked } = begin(async () => store.halts.begin(first));
    const nodes = { write: { agent: 'writer', to: ['more'] }, more: { agent: 'writer' } };
    const two = bundleOf({ nodes, agents: { writer: { fallback: ['default/other'] } } });
    store.install({ ...two, models: bundle.models }, { ...authority, subjects });
    const run = store.submit();
    await worker.start();
    await reaches(run, 'Succeeded');
    expect(asked).toEqual([model.model, 'other']);
    expect(run.steps.filter(({ phase, outcome }) => phase === 'result' && outcome === 'denied')).toEqual([]);
    await worker.stop();
  });

  test('asks that one when the call to its first is given up', async () => {
    let isUnderWay = false;
    const { store, worker, asked, tell } = begin(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () =>
            reject(new TerminalError('gone', { code: 'model.aborted', help: '' })),
          );
          isUnderWay = true;
        }),
    );
    const run = store.submit();
    await worker.start();
    await eventually(async () => (isUnderWay ? true : undefined));
    store.halts.begin({ ...first, aborts: true });
    await tell();
    await reaches(run, 'Succeeded');
    expect(asked).toEqual([model.model, 'other']);
    expect(outcomes(run)).toEqual([
      ['write/1', 'unknown', 'call.halted'],
      ['write/1~2', 'done', undefined],
    ]);
    await worker.stop();
  });

  test('waits when all of them are halted', async () => {
    const { store, worker, asked } = begin();
    store.halts.begin(both);
    const run = store.submit();
    await worker.start();
    await reaches(run, 'Waiting');
    expect({ asked, waits: [...run.waits.values()] }).toMatchObject({
      asked: [],
      waits: [{ kind: 'halt', detail: { halt: 'h2' } }],
    });
    await worker.stop();
  });

  test('passes over none of them while halts cannot be read', async () => {
    const { store, worker, asked } = begin();
    store.halts.known = undefined;
    const run = store.submit();
    await worker.start();
    await reaches(run, 'Waiting');
    expect(asked).toEqual([]);
    await worker.stop();
  });
});
