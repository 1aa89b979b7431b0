import { describe, expect, test } from 'vitest';
import type { Bundle, BundleTool } from '../../src/manifest/bundle.ts';
import type { Json } from '../../src/manifest/json.ts';
import { eventOf } from '../../src/run/audit-event.ts';
import type { RecordedRow } from '../../src/run/journal-entry.ts';
import { replayRun } from '../../src/run/replay-run.ts';
import { type Played, type PlayedTool, runInMemory } from '../support/memory-executor.ts';
import type { MemoryRun, MemoryStep } from '../support/memory-rows.ts';
import type { MemoryStore } from '../support/memory-store.ts';
import { cards, runGuarded } from './guard-play.ts';
import { type AuthorityPlan, authorityOf, bundleOf, environment, silent, system } from '../support/runs.ts';

const form = { type: 'object', required: ['ok'], properties: { ok: { type: 'boolean' } } } as const;
const assignees = { groups: [], users: ['ada'] };
const tools = { echo: 'default/echo', refund: 'default/refund' };
const asksFirst = [
  { agent: 'lead', turns: [{ toolCalls: [{ tool: 'refund', arguments: { sum: 30 } }] }, { text: 'Told.' }] },
] as const satisfies Json;

interface Given {
  readonly tool?: Partial<BundleTool>;
  readonly ttlMs?: number;
  readonly replies?: Json;
  readonly authority?: AuthorityPlan;
  readonly timeoutsMs?: Readonly<Record<string, number>>;
  readonly played?: Readonly<Record<string, PlayedTool>>;
  readonly left?: NonNullable<Parameters<typeof runInMemory>[0]['left']>;
  readonly say?: (run: MemoryRun, store: MemoryStore) => boolean;
}

function bundleFor({ tool = {}, ttlMs = 3_600_000, replies = asksFirst, timeoutsMs }: Given): Bundle {
  const human: Partial<BundleTool> = {
    description: 'A person refunds it.',
    operations: ['write'],
    costPerCall: 5,
    impl: { type: 'human', assignees, form, ttlMs },
    ...tool,
  };
  return bundleOf({
    nodes: { lead: { agent: 'lead', input: 'Refund A-1.' } },
    agents: {
      lead: {
        tools,
        limits: { maxSteps: 10, maxToolCalls: 50, timeoutMs: 6_000 },
        ...(timeoutsMs === undefined ? {} : { toolTimeoutsMs: timeoutsMs }),
      },
    },
    tools: { refund: human },
    replies,
    timeoutMs: 6_000,
  });
}

function play(given: Given): Promise<Played> {
  const { authority, played, say, left } = given;
  const bundle = bundleFor(given);
  return runInMemory({
    bundle,
    authority: authorityOf(bundle, authority),
    ...(played === undefined ? {} : { tools: played }),
    ...(say === undefined ? {} : { answer: say }),
    ...(left === undefined ? {} : { left }),
  });
}

const answers =
  (output: Json, afterMs = 1_000) =>
  (run: MemoryRun, store: MemoryStore): boolean => {
    store.advance(afterMs);
    return store.answer(run.id, 'lead/1.1/human', { as: 'filled', by: 'ada', output }) === 'decided';
  };

const timePasses = (_run: MemoryRun, store: MemoryStore): boolean => {
  store.advance(2_001);
  return false;
};

const resultOf = ({ run }: Played, path: string) =>
  run.steps.find((row) => row.path === path && row.phase === 'result');
const intents = ({ run }: Played, path: string) =>
  run.steps.filter((row) => row.path === path && row.phase === 'intent').length;

describe('an agent that calls a person', () => {
  test('is asked about before it waits, and waits without a slot with the arguments shown', async () => {
    const played = await play({});
    expect(played.run.state).toBe('Waiting');
    expect(intents(played, 'lead/1.1')).toBe(1);
    expect(played.run.waits.get('lead/1.1/human')).toMatchObject({
      kind: 'human',
      detail: { shown: { sum: 30 }, assignees, form, tool: 'default/refund', by: 'Agent/default/lead' },
    });
    expect(played.effects).toEqual([]);
  });

  test('gets the answer as the result of the call, once, however often the run is taken up', async () => {
    const played = await play({ say: answers({ ok: true }) });
    expect(played.run).toMatchObject({ state: 'Succeeded', output: { lead: 'Told.' } });
    expect(resultOf(played, 'lead/1.1')).toMatchObject({ outcome: 'done', body: '{"ok":true}', cost: 5 });
    expect([intents(played, 'lead/1.1'), played.run.waits.size]).toEqual([1, 1]);
    expect(played.effects).toEqual([]);
  });

  test('is asked after all where the worker died between the intent and the question', async () => {
    const { run } = await play({});
    const left = {
      steps: run.steps.filter(({ phase, path }) => phase === 'intent' || path === 'lead/1'),
      waits: new Map(),
    };
    const played = await play({ left });
    expect(played.run.waits.get('lead/1.1/human')?.detail).toMatchObject({ shown: { sum: 30 } });
    expect(intents(played, 'lead/1.1')).toBe(1);
  });

  test('ends with its run, and nobody is asked any more', async () => {
    const played = await play({
      say: (run, store) => {
        store.cancel(run.id);
        return true;
      },
    });
    expect([
      played.run.state,
      played.store.answer(played.run.id, 'lead/1.1/human', { as: 'filled', by: 'ada', output: { ok: true } }),
    ]).toEqual(['Cancelled', undefined]);
  });

  test('is shown what guards leave of the arguments, whoever puts the question', async () => {
    const replies = [
      {
        agent: 'lead',
        turns: [{ toolCalls: [{ tool: 'refund', arguments: { card: '41111111' } }] }, { text: 'Told.' }],
      },
    ];
    const bundle = bundleFor({ replies });
    const shown = async (left: readonly MemoryStep[]) => {
      const { run } = await runGuarded({ bundle, guards: { 'Guard/default/cards': cards() }, left });
      return { run, detail: run.waits.get('lead/1.1/human')?.detail };
    };
    const { run, detail } = await shown([]);
    expect(detail).toMatchObject({ shown: { card: '[card]' } });
    // The worker died before the question was written.
    expect((await shown(run.steps)).detail).toMatchObject({ shown: { card: '[card]' } });
  });

  test('loses nothing of its time and of its run’s while the person thinks longer than either has', async () => {
    const played = await play({ say: answers({ ok: true }, 8_000) });
    expect(played.run.state).toBe('Succeeded');
  });

  test('is refused without anybody being asked, where the gate says no', async () => {
    const played = await play({ authority: { deny: ['refund'] } });
    expect(resultOf(played, 'lead/1.1')).toMatchObject({ outcome: 'denied', error: { code: 'policy.denied' } });
    expect(played.run.waits.size).toBe(0);
  });

  test('is held to limits before anybody is asked', async () => {
    const played = await play({ authority: { limits: { maxToolCalls: 0 } } });
    expect(resultOf(played, 'lead/1.1')).toMatchObject({ outcome: 'denied', error: { code: 'limit.tool_calls' } });
    expect(played.run.waits.size).toBe(0);
  });

  test('is told that nobody answered in time, and goes on', async () => {
    const played = await play({
      ttlMs: 2_000,
      say: timePasses,
    });
    expect(resultOf(played, 'lead/1.1')).toMatchObject({ outcome: 'failed', error: { code: 'human.expired' } });
    expect(played.run.output).toEqual({ lead: 'Told.' });
  });

  test('waits no longer than it says of its own use of the tool', async () => {
    const played = await play({ timeoutsMs: { refund: 5_000 } });
    const wait = played.run.waits.get('lead/1.1/human');
    expect(Math.round((wait?.dueAt ?? 0) - (wait?.createdAt ?? 0))).toBe(5_000);
  });

  test.each([
    ['the schema of its results', { outputSchema: { type: 'object', required: ['why'] } }, 'result.invalid'],
    ['its size', { maxResultBytes: 4 }, 'result.too_large'],
  ])('is told that the answer breaks %s', async (_what, tool, code) => {
    const played = await play({ tool, say: answers({ ok: true }) });
    expect(resultOf(played, 'lead/1.1')).toMatchObject({ outcome: 'failed', error: { code } });
  });

  test('asks several people at once where all calls only read, each once', async () => {
    const both = { toolCalls: [1, 2].map((sum) => ({ tool: 'refund', arguments: { sum } })) };
    let asked = 0;
    const played = await play({
      tool: { operations: ['read'] },
      replies: [{ agent: 'lead', turns: [both, { text: 'Told.' }] }],
      say: (run, store) => {
        asked = Math.max(asked, run.waits.size);
        const open = [...run.waits].find(([, { resolved }]) => !resolved);
        return (
          open !== undefined &&
          store.answer(run.id, open[0], { as: 'filled', by: 'ada', output: { ok: true } }) === 'decided'
        );
      },
    });
    expect([played.run.state, asked, played.run.waits.size]).toEqual(['Succeeded', 2, 2]);
  });
});

describe('a node that names a person’s tool', () => {
  const nodeBundle = (ttlMs = 2_000) =>
    bundleOf({
      nodes: { check: { tool: 'refund', input: { sum: 3 } } },
      tools: { refund: { operations: ['write'], impl: { type: 'human', assignees, ttlMs } } },
    });

  test('has the answer as its output; without a form it is a text', async () => {
    const played = await runInMemory({
      bundle: nodeBundle(),
      answer: (run, store) =>
        store.answer(run.id, 'check/1/human', { as: 'filled', by: 'ada', output: 'yes' }) === 'decided',
    });
    expect(played.run.waits.get('check/1/human')?.detail).toMatchObject({ form: { type: 'string' } });
    expect(played.run.output).toEqual({ check: 'yes' });
  });

  test('fails by the code of what went wrong', async () => {
    const played = await runInMemory({
      bundle: nodeBundle(),
      answer: timePasses,
    });
    expect(played.run).toMatchObject({ state: 'Failed', error: { code: 'human.expired', node: 'check' } });
  });
});

describe('a replay of a run in which a person answered', () => {
  const replayed = async (sum: number) => {
    const { run } = await play({ say: answers({ ok: true }) });
    const replies = [
      { agent: 'lead', turns: [{ toolCalls: [{ tool: 'refund', arguments: { sum } }] }, { text: 'Told.' }] },
    ];
    const content = bundleFor({ replies });
    const rows = run.steps as unknown as readonly RecordedRow[];
    const recorded = { id: run.id, environment, system, revision: 1, input: {}, rows };
    return replayRun(recorded, {
      target: { content, authority: authorityOf(content) },
      onDiverge: 'stop',
      models: 'ask',
      comparesVectors: false,
      secrets: () => Promise.resolve({ kind: 'unread', reason: 'env_missing', why: 'there is none' }),
      log: silent,
      version: '0',
      signal: new AbortController().signal,
    });
  };

  test('asks nobody again where the same is asked', async () => {
    const { end, diverged } = await replayed(30);
    expect([end.kind, diverged]).toEqual(['succeeded', []]);
  });

  test('says so where something else would be asked', async () => {
    const { diverged } = await replayed(31);
    expect(diverged).toMatchObject([{ path: 'lead/1.1', kind: 'tool', why: 'arguments', then: 'stopped' }]);
  });
});

test('the audit names who answered a call', () => {
  const entry = { phase: 'result', path: 'lead/1.1', node: 'lead', kind: 'tool', target: 'default/refund' } as const;
  expect(eventOf({ ...entry, outcome: 'done', audit: { by: 'ada' } })).toMatchObject({ event: 'done', by: 'ada' });
});
