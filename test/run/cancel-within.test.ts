import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Bundle, BundleGraph, BundleNode } from '../../src/manifest/bundle.ts';
import type { Json } from '../../src/manifest/json.ts';
import { runInMemory, type Played, type PlayedTool } from '../support/memory-executor.ts';
import { authorityOf, bundleOf } from '../support/runs.ts';
import { to } from './hand-off-play.ts';

type Nodes = Readonly<Record<string, object>>;

const assignees = { groups: [], users: ['ada'] };
const review = { approvers: { ...assignees, min: 1 }, ttlMs: 60_000, maxCycles: 3 };
const backoff = { initialMs: 60_000, maxMs: 60_000, multiplier: 1, jitter: 'none' } as const;
const retry = { maxAttempts: 3, backoff, on: ['unavailable', 'timeout'] };
const post = { kind: 'tool', tool: 'default/post', input: { n: 1 } };
const writer = { kind: 'agent', agent: 'default/writer', input: 'Write.' };

/** The nodes as they are written, the first of them followed by one that must never be reached. */
function graphOf(nodes: Nodes, limits: BundleGraph['limits'] = { timeoutMs: 60_000 }): BundleGraph {
  const [first = ''] = Object.keys(nodes);
  const made = Object.entries(nodes).map(
    ([name, node]) =>
      [name, { edges: name === first ? [{ to: 'then', default: false }] : [], from: [], ...node }] as const,
  );
  const then = { kind: 'tool', tool: 'default/then', edges: [], from: [first] };
  const all = Object.fromEntries([...made, ['then', then]]) as unknown as Record<string, BundleNode>;
  return { input: {}, nodes: all, entries: [first], limits };
}

function bundleWith(nodes: Nodes, turns: Json, systems: Readonly<Record<string, BundleGraph>> = {}): Bundle {
  const base = bundleOf({
    nodes: {},
    tools: { post: { operations: ['write'] }, then: { operations: ['write'] } },
    agents: {
      writer: { tools: { post: 'default/post' }, agents: { helper: to('helper') } },
      helper: { tools: { post: 'default/post' } },
    },
    replies: [
      { agent: 'writer', turns },
      { agent: 'helper', turns: [posts, { text: 'helped' }] },
    ],
  });
  return { ...base, ...graphOf(nodes), ...(Object.keys(systems).length === 0 ? {} : { systems }) };
}

const posts = { toolCalls: [{ tool: 'post', arguments: { n: 1 } }] };
const hands = { toolCalls: [{ tool: 'helper', arguments: { task: 'Help.' } }] };

function play(bundle: Bundle, tool: PlayedTool, answer?: Parameters<typeof runInMemory>[0]['answer']): Promise<Played> {
  const authority = authorityOf(bundle);
  const own = authority.subjects[`AgentSystem/${bundle.system}`];
  const inner = own === undefined ? {} : { 'AgentSystem/default/inner': own };
  return runInMemory({
    bundle,
    authority: { ...authority, subjects: { ...authority.subjects, ...inner } },
    input: { list: [1, 2, 3] },
    tools: { 'default/post': tool },
    ...(answer === undefined ? {} : { answer }),
  });
}

const cancelling: PlayedTool = (args, _call, store) => {
  for (const id of store.runs.keys()) store.cancel(id);
  return args;
};

const down: PlayedTool = () => ({
  outcome: { kind: 'failed', code: 'tool.network', message: 'down', retryable: false },
});

const cancelled = { state: 'Cancelled', error: { code: 'run.cancelled' }, ends: 1 };

describe('a run that is cancelled during a call makes no further one', () => {
  const one: Nodes = { first: post };
  const nested = { first: { kind: 'system', system: 'default/inner', input: {} } };
  test.each<[string, Bundle]>([
    ['of a tool', bundleWith(one, [])],
    ['of an agent’s turn', bundleWith({ first: writer }, [posts, posts, { text: 'done' }])],
    ['of an agent that another one asked', bundleWith({ first: writer }, [hands, { text: 'done' }])],
    ['of an entry of a list', bundleWith({ first: { ...post, forEach: 'input.list', maxParallel: 1 } }, [])],
    ['of a loop', bundleWith({ first: { ...post, loop: { until: 'false', maxTurns: 5 } } }, [])],
    ['of a node that would be tried again', bundleWith({ first: { ...post, retry } }, [])],
    ['of a nested system', bundleWith(nested, [], { 'default/inner': graphOf(one) })],
    [
      'of a list within a nested system',
      bundleWith(nested, [], { 'default/inner': graphOf({ deeper: { ...post, forEach: '[1, 2]', maxParallel: 1 } }) }),
    ],
    [
      'of a delegate',
      bundleWith({ first: { kind: 'tool', tool: 'default/echo', delegates: ['help'], input: {} }, help: post }, []),
    ],
    ['before a review', bundleWith({ first: { ...writer, review } }, [posts, { text: 'done' }])],
  ])('%s', async (_where, bundle) => {
    const played = await play(bundle, cancelling);
    expect(played.run).toMatchObject(cancelled);
    expect(played.effects.map(({ tool }) => tool).filter((tool) => tool !== 'default/echo')).toEqual(['default/post']);
    expect([...played.run.waits.values()].filter(({ kind, resolved }) => kind === 'review' && !resolved)).toEqual([]);
  });
});

describe('a run that is cancelled while it waits goes no further', () => {
  const human = { kind: 'human', human: { assignees, ttlMs: 60_000 } };
  test.each<[string, Bundle, readonly string[]]>([
    ['for a person', bundleWith({ first: human }, []), []],
    ['for a review', bundleWith({ first: { ...writer, review } }, [{ text: 'done' }]), []],
    ['for its next attempt', bundleWith({ first: { ...post, retry } }, []), ['default/post']],
    [
      'for a person in a nested system',
      bundleWith({ first: { kind: 'system', system: 'default/inner', input: {} } }, [], {
        'default/inner': graphOf({ ask: human }),
      }),
      [],
    ],
    [
      'for a person for each entry of a list',
      bundleWith({ first: { ...human, forEach: 'input.list', maxParallel: 3 } }, []),
      [],
    ],
  ])('%s', async (_what, bundle, effects) => {
    const played = await play(bundle, down, (run, store) => {
      store.cancel(run.id);
      return true;
    });
    expect(played.run).toMatchObject(cancelled);
    expect(played.effects.map(({ tool }) => tool)).toEqual(effects);
  });
});

describe('a run whose review asks for changes three times', () => {
  const reviewed = bundleWith({ first: { ...writer, review } }, [{ text: 'a draft' }]);
  /** Cancels when `rounds` changes were asked for; else the next one is asked for. */
  const reviewing =
    (rounds: number): Parameters<typeof runInMemory>[0]['answer'] =>
    (run, store) => {
      const [open, asked] = [[...run.waits].find(([, { resolved }]) => !resolved), run.waits.size];
      if (open === undefined) return false;
      if (asked > rounds) store.cancel(run.id);
      else store.answer(run.id, open[0], { as: 'changes', by: 'ada', text: 'shorter' });
      return true;
    };

  test.each([0, 1, 2, 3])('and is cancelled after %i of them goes no further', async (rounds) => {
    const played = await play(reviewed, down, reviewing(rounds));
    expect(played.run).toMatchObject(cancelled);
    expect(played.asked).toHaveLength(rounds + 1);
    expect(played.effects).toEqual([]);
  });

  test('fails when it asks for a fourth', async () => {
    const played = await play(reviewed, down, reviewing(4));
    expect(played.run).toMatchObject({ state: 'Failed', ends: 1 });
    expect(played.asked).toHaveLength(4);
  });
});

describe('the time of a nested step', () => {
  // Only the tool moves the clock, so that no time is over before it is called, however slow the machine is.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  const hangs: PlayedTool = async (_args, { signal }) => {
    const gone = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    vi.advanceTimersByTime(50);
    await gone;
    return { outcome: { kind: 'unknown', code: 'tool.timeout', message: 'gone' } };
  };
  const nested = (inner: BundleGraph, more: object = {}) =>
    bundleWith({ first: { kind: 'system', system: 'default/inner', input: {}, ...more } }, [], {
      'default/inner': inner,
    });

  test('is bounded by the node that calls its system', async () => {
    const played = await play(nested(graphOf({ slow: post }), { timeoutMs: 50 }), hangs);
    expect(played.run).toMatchObject({ state: 'Failed', error: { code: 'limit.timeout', node: 'first' } });
    expect(played.effects).toHaveLength(1);
  });

  test('is bounded by the inner system itself', async () => {
    const played = await play(nested(graphOf({ slow: post }, { timeoutMs: 50 })), hangs);
    expect(played.run).toMatchObject({ state: 'Failed', error: { code: 'limit.timeout' } });
    expect(played.effects).toHaveLength(1);
  });

  test('is bounded by the inner node, and the outer one has the failure', async () => {
    const played = await play(nested(graphOf({ slow: { ...post, timeoutMs: 50 } }), { timeoutMs: 30_000 }), hangs);
    expect(played.run).toMatchObject({ state: 'Failed', error: { code: 'limit.timeout', node: 'first>slow' } });
  });
});

test('a rule on an inner system holds for its calls, and not for those of the outer one', async () => {
  const bundle = bundleWith({ first: post, second: { kind: 'system', system: 'default/inner', input: {} } }, [], {
    'default/inner': graphOf({ write: post }),
  });
  const linked: Bundle = {
    ...bundle,
    nodes: {
      ...bundle.nodes,
      first: { ...bundle.nodes['first'], edges: [{ to: 'second', default: false }] } as BundleNode,
      second: { ...bundle.nodes['second'], from: ['first'] } as BundleNode,
    },
  };
  const authority = authorityOf(linked);
  const denied = authorityOf(linked, { deny: ['post'] }).subjects[`AgentSystem/${linked.system}`];
  if (denied === undefined) throw new Error('the system is a subject');
  const subjects = { ...authority.subjects, 'AgentSystem/default/inner': denied };
  const played = await runInMemory({
    bundle: linked,
    authority: { ...authority, subjects },
    tools: { 'default/post': (args) => args },
  });
  expect(played.run).toMatchObject({ state: 'Failed', error: { node: 'second>write' } });
  expect(played.effects.map(({ path }) => path)).toEqual(['first/1']);
});
