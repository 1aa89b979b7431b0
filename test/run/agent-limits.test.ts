import { describe, expect, test } from 'vitest';
import type { Bundle, BundleAgent, BundleGraph } from '../../src/manifest/bundle.ts';
import type { Json } from '../../src/manifest/json.ts';
import type { Budget } from '../../src/policy/authority.ts';
import { sameCallMax } from '../../src/policy/gate.ts';
import { type Played, runInMemory } from '../support/memory-executor.ts';
import { authorityOf, bundleOf } from '../support/runs.ts';
import { seeded } from '../support/seeded.ts';

const seeds = Array.from({ length: 3 }, (_, index) => index + 1);
const toolCost = 7;

/** What one play may not pass; each is one limit alone. */
interface Bounds {
  readonly agent?: Partial<BundleAgent['limits']>;
  readonly execution?: Partial<BundleAgent['execution']>;
  readonly budget?: Pick<Budget, 'unit' | 'limit'>;
  readonly run?: BundleGraph['limits'];
  /** Of a system that each branch runs within. */
  readonly nested?: BundleGraph['limits'];
}

const timeoutMs = 60_000;
const usual = { maxSteps: 10, maxToolCalls: 50, timeoutMs };

const bounds: Readonly<Record<string, { readonly bounds: Bounds; readonly code: string }>> = {
  'maxToolCalls of a step': { bounds: { agent: { maxToolCalls: 9 } }, code: 'limit.tool_calls' },
  'maxTokens of a step': { bounds: { agent: { maxTokens: 700 } }, code: 'limit.tokens' },
  'maxCost of a step': { bounds: { agent: { maxCost: 60 } }, code: 'limit.cost' },
  'maxTokens of the run': { bounds: { run: { timeoutMs, maxTokens: 3_000 } }, code: 'limit.tokens' },
  'maxCost of the run': { bounds: { run: { timeoutMs, maxCost: 100 } }, code: 'limit.cost' },
  'maxTokens of a nested system': { bounds: { nested: { timeoutMs, maxTokens: 2_500 } }, code: 'limit.tokens' },
  'maxCost of a nested system': { bounds: { nested: { timeoutMs, maxCost: 80 } }, code: 'limit.cost' },
  'a budget of calls': { bounds: { budget: { unit: 'calls', limit: 14 } }, code: 'budget.exhausted' },
  'a budget of tokens': { bounds: { budget: { unit: 'tokens', limit: 3_000 } }, code: 'budget.exhausted' },
  'a budget of money': { bounds: { budget: { unit: 'usd', limit: 100 } }, code: 'budget.exhausted' },
  'the same call again and again': { bounds: {}, code: 'limit.repetition' },
  'duplicates that are denied': { bounds: { execution: { duplicateCalls: 'deny' } }, code: 'call.duplicate' },
};

describe.each(Object.keys(bounds))('%s', (name) => {
  test('is never passed, by many calls of one turn or of branches side by side', async () => {
    const one = bounds[name];
    if (one === undefined) throw new TypeError('no such bound');
    let refused = 0;
    for (const seed of seeds) {
      const played = await play(one.bounds, seed);
      expect({ seed, passed: passedIn(played, one.bounds) }).toEqual({ seed, passed: [] });
      refused += played.run.steps.filter(({ error }) => error?.code === one.code).length;
    }
    // Else the property would hold of runs that come nowhere near.
    expect(refused).toBeGreaterThan(0);
  });
});

const nested = 'default/inner';

async function play(bound: Bounds, seed: number): Promise<Played> {
  const bundle = bundleBy(bound, seed);
  const budgets =
    bound.budget === undefined ? [] : [{ id: 'AgentPolicy/default/p#0', scope: 'run', ...bound.budget } as const];
  const random = seeded(seed);
  return runInMemory({
    bundle,
    authority: authorityOf(bundle, { budgets }),
    tools: {
      'default/echo': async (args) => {
        for (let left = Math.floor(random() * 4); left > 0; left -= 1) await new Promise(setImmediate);
        return args;
      },
    },
  });
}

function bundleBy(bound: Bounds, seed: number): Bundle {
  const random = seeded(seed * 31);
  const some = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const branches = Array.from({ length: some(2, 4) }, (_, index) => `b${index}`);
  const turnsOf = (): Json[] => {
    const calls = (): Json => ({
      toolCalls: Array.from({ length: some(10, 25) }, () => ({
        tool: 'echo',
        arguments: { n: random() < 0.9 ? 1 : some(2, 3) },
      })),
      usage: { inputTokens: 300, outputTokens: some(100, 400) },
    });
    return [calls(), calls(), { text: 'done' }];
  };
  const made = bundleOf({
    nodes: Object.fromEntries(branches.map((name) => [name, { agent: name }])),
    agents: Object.fromEntries(
      branches.map((name) => [
        name,
        {
          limits: { ...usual, ...bound.agent },
          execution: { onDeny: 'inform', maxDenials: 1_000, ...bound.execution },
        },
      ]),
    ),
    tools: { echo: { costPerCall: toolCost } },
    replies: branches.map((agent) => ({ agent, turns: turnsOf() })),
    pricing: { inputPerMTok: 10_000, outputPerMTok: 20_000 },
  });
  const bundle = bound.run === undefined ? made : { ...made, limits: bound.run };
  return bound.nested === undefined ? bundle : within(bundle, bound.nested);
}

/** The same graph, twice side by side as a system of its own. */
function within(bundle: Bundle, limits: BundleGraph['limits']): Bundle {
  const { input, nodes, entries } = bundle;
  const outer = { kind: 'system', system: nested, edges: [], from: [] } as const;
  return {
    ...bundle,
    nodes: { left: outer, right: outer },
    entries: ['left', 'right'],
    systems: { [nested]: { input, nodes, entries, limits } },
  };
}

interface Held {
  readonly node: string;
  readonly tool: string | undefined;
  readonly tokens: number;
  readonly cost: number;
}

/** Where the journal was over a bound after any of its writes: what was held counts until its result is there. */
function passedIn({ run }: Played, bound: Bounds): readonly string[] {
  const held = new Map<string, Held>();
  const passed = new Set<string>();
  for (const { phase, outcome, kind, path, node, ...row } of run.steps) {
    if (outcome === 'denied' || (kind !== 'model' && kind !== 'tool')) continue;
    const tokens = phase === 'intent' ? (row.tokensReserved ?? 0) : (row.tokensIn ?? 0) + (row.tokensOut ?? 0);
    held.set(path, {
      node,
      tool: kind === 'tool' ? (row.argsDigest ?? held.get(path)?.tool) : undefined,
      tokens,
      cost: row.cost ?? 0,
    });
    const all = [...held.values()];
    if (isOver(all, { ...bound.run, ...amountOf(bound.budget) })) passed.add(`run at ${path}`);
    const step = all.filter((one) => one.node === node);
    if (isOver(step, { ...usual, ...bound.agent })) passed.add(`step at ${path}`);
    const outer = node.split('>')[0] ?? '';
    if (
      bound.nested !== undefined &&
      isOver(
        all.filter((one) => one.node.startsWith(`${outer}>`)),
        bound.nested,
      )
    )
      passed.add(`${outer} at ${path}`);
    const same = step.filter(({ tool }) => tool !== undefined && tool === held.get(path)?.tool);
    if (same.length > (bound.execution?.duplicateCalls === 'deny' ? 1 : sameCallMax)) passed.add(`same at ${path}`);
  }
  return [...passed];
}

interface Most {
  readonly calls?: number;
  readonly maxToolCalls?: number;
  readonly maxTokens?: number;
  readonly maxCost?: number;
}

function amountOf(budget: Bounds['budget']): Most {
  if (budget === undefined) return {};
  return { [{ calls: 'calls', tokens: 'maxTokens', usd: 'maxCost' }[budget.unit]]: budget.limit };
}

function isOver(held: readonly Held[], { calls, maxToolCalls, maxTokens, maxCost }: Most): boolean {
  const sum = (of: (one: Held) => number) => held.reduce((total, one) => total + of(one), 0);
  const isBelow = (used: number, most = Number.MAX_SAFE_INTEGER) => used <= most;
  const isWithin =
    isBelow(held.length, calls) &&
    isBelow(held.filter(({ tool }) => tool !== undefined).length, maxToolCalls) &&
    isBelow(
      sum(({ tokens }) => tokens),
      maxTokens,
    ) &&
    isBelow(
      sum(({ cost }) => cost),
      maxCost,
    );
  return !isWithin;
}
