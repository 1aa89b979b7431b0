import { describe, expect, test } from 'vitest';
import type { Bundle } from '../../src/manifest/bundle.ts';
import type { Budget } from '../../src/policy/authority.ts';
import { budgetFigures } from '../../src/plan/spend.ts';
import { ceilingOf } from '../../src/plan/spend-ceiling.ts';
import type { Compiled } from '../../src/plan/spend-steps.ts';
import { expectedOf } from '../../src/plan/spend-expected.ts';
import type { RunRate, SpendRow } from '../../src/plan/spend-record.ts';
import { type AuthorityPlan, authorityOf, type BundlePlan, bundleOf } from '../support/runs.ts';

const prices = { inputPerMTok: 1_000_000, outputPerMTok: 4_000_000 };
const one: BundlePlan = { nodes: { draft: { agent: 'writer' } }, agents: { writer: {} }, pricing: prices };

const compiled = (plan: BundlePlan, authority: AuthorityPlan = {}): Compiled => {
  const content = bundleOf(plan);
  return { content, authority: authorityOf(content, authority) };
};
const budget = (unit: Budget['unit'], limit: number): Budget => ({
  id: `AgentPolicy/default/p#${unit}`,
  scope: 'run',
  unit,
  limit,
});
const unpriced = ({ content, authority }: Compiled): Compiled => ({
  content: {
    ...content,
    models: {
      'default/model': {
        provider: 'openaiCompatible',
        model: 'm',
        allowPrivate: false,
        parameters: { maxOutputTokens: 1 },
      },
    },
  },
  authority,
});

type Pricing = { readonly inputPerMTok: number; readonly outputPerMTok: number };

const withModels = (
  { content, authority }: Compiled,
  prices: Readonly<Record<string, Pricing | undefined>>,
): Compiled => {
  const models = Object.entries(prices).map(([name, pricing]): [string, Bundle['models'][string]] => [
    name,
    {
      provider: 'openai',
      model: 'm',
      allowPrivate: false,
      parameters: { maxOutputTokens: 1 },
      ...(pricing === undefined ? {} : { pricing }),
    },
  ]);
  return { content: { ...content, models: { ...content.models, ...Object.fromEntries(models) } }, authority };
};

describe('the ceiling of a run', () => {
  test('is the cap on tokens at the dearer price', () => {
    expect(ceilingOf(compiled(one, { limits: { maxTokens: 50_000 } }))).toEqual({ micros: 200_000, lacks: [] });
  });

  test('adds up steps, and a cap of the run holds all of them', () => {
    const two = { ...one, nodes: { a: { agent: 'writer' }, b: { agent: 'writer' } } };
    expect(ceilingOf(compiled(two, { limits: { maxTokens: 50_000 } })).micros).toBe(400_000);
    const held = compiled(two, { limits: { maxTokens: 50_000 }, budgets: [budget('tokens', 60_000)] });
    expect(ceilingOf(held).micros).toBe(240_000);
  });

  test('counts what tools cost, for agents as often as they may call and for a tool node once', () => {
    const plan = {
      ...one,
      nodes: { a: { agent: 'writer' }, b: { tool: 'dear' } },
      agents: { writer: { tools: { echo: 'default/echo', dear: 'default/dear' } } },
      tools: { dear: { costPerCall: 5_000 } },
    };
    const limits = { maxTokens: 0, maxToolCalls: 7 };
    expect(ceilingOf(compiled(plan, { limits })).micros).toBe(40_000);
    expect(ceilingOf(compiled(plan, { limits, deny: ['dear'] })).micros).toBe(5_000);
  });

  test('is a budget in money where all who spend draw from it, priced or not', () => {
    expect(ceilingOf(compiled(one, { budgets: [budget('usd', 250_000)] })).micros).toBe(250_000);
    expect(ceilingOf(unpriced(compiled(one, { budgets: [budget('usd', 250_000)] }))).micros).toBe(250_000);
    const part = compiled({
      ...one,
      nodes: { a: { agent: 'writer' }, b: { agent: 'other' } },
      agents: { writer: {}, other: {} },
    });
    const [writer, other] = ['Agent/default/writer', 'Agent/default/other'].map(
      (name) => part.authority.subjects[name],
    );
    if (writer === undefined || other === undefined) throw new TypeError('both agents are subjects');
    const subjects = { ...part.authority.subjects, 'Agent/default/writer': { ...writer, budgets: [budget('usd', 1)] } };
    expect(ceilingOf({ ...part, authority: { ...part.authority, subjects } }).micros).toBeUndefined();
  });

  test('says what is missing: a cap, or a price', () => {
    expect(ceilingOf(compiled(one))).toEqual({
      micros: undefined,
      lacks: ['no limit of tokens for Agent/default/writer or the run'],
    });
    expect(ceilingOf(unpriced(compiled(one, { limits: { maxTokens: 1 } })))).toEqual({
      micros: undefined,
      lacks: ['no price of ModelEndpoint/default/model'],
    });
  });

  test('sees every endpoint that an agent may fall back on or have sum up, at the dearest price', () => {
    const writer = {
      fallback: ['default/dear'],
      compaction: { triggerTokens: 9_000, retainRecent: 2, summarizer: 'default/brief' },
    };
    const limits = { maxTokens: 50_000 };
    const several = withModels(compiled({ ...one, agents: { writer } }, { limits }), {
      'default/dear': { inputPerMTok: 1, outputPerMTok: 9_000_000 },
      'default/brief': { inputPerMTok: 20_000_000, outputPerMTok: 1 },
    });
    expect(ceilingOf(several)).toEqual({ micros: 1_000_000, lacks: [] });
    expect(ceilingOf(withModels(several, { 'default/dear': undefined })).lacks).toEqual([
      'no price of ModelEndpoint/default/dear',
    ]);
  });

  test('sees agents that work is handed to, as often and as deep as the limits let it', () => {
    const to = (agent: string) => ({
      [agent]: { agent: `default/${agent}`, description: 'd', interaction: 'toolCall', isolation: 'perCall' } as const,
    });
    const agents = { writer: { agents: to('critic') }, critic: { agents: to('clerk') }, clerk: {} };
    const limits = { maxTokens: 1_000, maxToolCalls: 3 };
    // 1 of the writer, 3 of the critic and 9 of the clerk, at 4,000 micro-USD.
    expect(ceilingOf(compiled({ ...one, agents }, { limits })).micros).toBe(13 * 4_000);
    const shallow = compiled({ ...one, agents }, { limits: { ...limits, maxDelegationDepth: 1 } });
    expect(ceilingOf(shallow).micros).toBe(4 * 4_000);
  });

  test('sees the steps of nested systems, under the limits of each', () => {
    const nodes = { a: { agent: 'writer' }, b: { agent: 'writer' } };
    const { content: inner } = compiled({ ...one, nodes });
    const nested = (limits: Bundle['limits']): Compiled => {
      const plain = compiled(one, {});
      const node = { kind: 'system', system: 'default/inner', edges: [], from: [] } as const;
      const graph = { input: {}, nodes: inner.nodes, entries: inner.entries, limits };
      return {
        ...plain,
        content: { ...plain.content, nodes: { x: node, y: node }, systems: { 'default/inner': graph } },
      };
    };
    expect(ceilingOf(nested({ timeoutMs: 1, maxTokens: 10_000 })).micros).toBe(4 * 40_000);
    expect(ceilingOf(nested({ timeoutMs: 1, maxCost: 500 })).micros).toBe(4 * 500);
    expect(ceilingOf(nested({ timeoutMs: 1 })).lacks).toEqual([
      'no limit of tokens for Agent/default/writer or the run',
    ]);
  });

  test('is a limit in money of the run, or of every step, whatever prices are known', () => {
    const { content, authority } = unpriced(compiled(one));
    expect(ceilingOf({ content: { ...content, limits: { timeoutMs: 1, maxCost: 700 } }, authority }).micros).toBe(700);
    expect(ceilingOf(unpriced(compiled(one, { limits: { maxCost: 300 } }))).micros).toBe(300);
  });

  test('is nothing where a script answers', () => {
    const { pricing: _pricing, ...free } = one;
    expect(ceilingOf(compiled(free))).toEqual({ micros: 0, lacks: [] });
  });

  test('does not overflow', () => {
    const dear = { ...one, pricing: { inputPerMTok: 0, outputPerMTok: 9_000_000_000_000 } };
    expect(ceilingOf(compiled(dear, { limits: { maxTokens: 900_000_000 } })).micros).toBe(8_100_000_000_000_000);
  });
});

const now = new Date('2025-03-10T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
const rate = (change: Partial<RunRate> = {}): RunRate => ({
  system: 'default/work',
  month: 70,
  monthSince: daysAgo(20),
  week: 70,
  weekSince: daysAgo(7),
  ...change,
});
const used = (run: string, change: Partial<SpendRow> = {}): SpendRow => ({
  system: 'default/work',
  run,
  node: 'draft',
  kind: 'model',
  target: 'default/model',
  calls: 1,
  tokensIn: 1_000,
  tokensOut: 100,
  ...change,
});

describe('what is expected a day', () => {
  const { content } = compiled(one);

  test('is the median of recorded runs times the runs a day', () => {
    const rows = [used('a', { tokensIn: 10 }), used('b'), used('c', { tokensIn: 90_000_000 })];
    expect(expectedOf(content, { rate: rate(), rows, now })).toEqual({ micros: 14_000, lacks: [], runs: 3, days: 7 });
  });

  test('is counted over the last month where the last week had none, and over a day at least', () => {
    const rows = [used('a')];
    const idle = rate({ month: 20, week: 0, weekSince: null });
    expect(expectedOf(content, { rate: idle, rows, now })).toMatchObject({ micros: 1_400, days: 20 });
    const fresh = rate({ month: 3, week: 3, weekSince: daysAgo(0.01) });
    expect(expectedOf(content, { rate: fresh, rows, now })).toMatchObject({ micros: 4_200, days: 1 });
  });

  test('goes by the endpoint that the node has now, whatever it was recorded with', () => {
    const rows = [used('a', { target: 'default/old' })];
    expect(expectedOf(content, { rate: rate(), rows, now }).micros).toBe(14_000);
  });

  test('goes by what stands in the same place of the order of fallback, and within others by the dearest', () => {
    const both = { 'default/a': prices, 'default/b': { inputPerMTok: 2_000_000, outputPerMTok: 8_000_000 } };
    const withOrder = (model: string, fallback: string): Bundle =>
      withModels(compiled({ ...one, agents: { writer: { model, fallback: [fallback] } } }), both).content;
    const [before, after] = [withOrder('default/a', 'default/b'), withOrder('default/b', 'default/a')];
    const rows = [used('r', { target: 'default/a' })];
    expect(expectedOf(before, { rate: rate(), rows, now }).micros).toBe(14_000);
    expect(expectedOf(after, { rate: rate(), rows, now, recorded: before }).micros).toBe(28_000);
    const fallenBack = [used('r', { node: 'draft#2', target: 'default/b' })];
    expect(expectedOf(before, { rate: rate(), rows: fallenBack, now }).micros).toBe(28_000);
    const handedOn = [used('r', { node: 'draft^1.2.helper', target: 'default/a' })];
    expect(expectedOf(after, { rate: rate(), rows: handedOn, now, recorded: before }).micros).toBe(28_000);
    expect(expectedOf(after, { rate: rate(), rows: [used('r', { node: 'gone>x' })], now }).micros).toBe(0);
  });

  test('counts calls of tools, and nothing of a node that is gone', () => {
    const plan = { ...one, tools: { dear: { costPerCall: 50 } } };
    const rows = [used('a', { kind: 'tool', target: 'default/dear', calls: 2, tokensIn: 0, tokensOut: 0 })];
    expect(expectedOf(bundleOf(plan), { rate: rate(), rows, now }).micros).toBe(1_000);
    expect(expectedOf(content, { rate: rate(), rows: [used('a', { node: 'gone' })], now }).micros).toBe(0);
  });

  test('says that there is no history, or no price', () => {
    expect(expectedOf(content, { rate: undefined, rows: [], now })).toEqual({
      micros: undefined,
      lacks: ['no history'],
      runs: 0,
      days: 0,
    });
    expect(expectedOf(unpriced(compiled(one)).content, { rate: rate(), rows: [used('a')], now })).toMatchObject({
      micros: undefined,
      lacks: ['no price of ModelEndpoint/default/model'],
    });
  });

  test('a run that called nothing counts as one that cost nothing', () => {
    const idle = (run: string) =>
      used(run, { node: null, kind: null, target: null, calls: 0, tokensIn: 0, tokensOut: 0 });
    expect(expectedOf(content, { rate: rate(), rows: [idle('a'), idle('b'), used('c')], now })).toMatchObject({
      micros: 0,
      runs: 3,
    });
  });
});

describe('figures', () => {
  test('stand side by side, and a system that comes has nothing before', () => {
    const dearer = compiled(
      { ...one, pricing: { inputPerMTok: 2_000_000, outputPerMTok: 8_000_000 } },
      { limits: { maxTokens: 1_000 } },
    );
    const before = compiled(one, { limits: { maxTokens: 1_000 } });
    const rows = [used('a')];
    const [figure] = budgetFigures({
      before: new Map([['default/work', before]]),
      after: new Map([['default/work', dearer]]),
      rates: [rate()],
      rows,
      now,
    });
    expect(figure).toMatchObject({
      ceiling: { before: 4_000, after: 8_000 },
      expected: { before: 14_000, after: 28_000 },
      runs: 1,
      days: 7,
    });
    const [fresh] = budgetFigures({
      before: new Map(),
      after: new Map([['default/new', before]]),
      rates: [],
      rows: [],
      now,
    });
    expect(fresh).toEqual({
      system: 'default/new',
      ceiling: { before: undefined, after: 4_000 },
      ceilingLacks: { before: [], after: [] },
      expected: { before: undefined, after: undefined },
      expectedLacks: { before: [], after: ['no history'] },
      runs: 0,
      days: 0,
    });
  });
});
