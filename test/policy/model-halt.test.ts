import { expect, test } from 'vitest';
import type { Bundle } from '../../src/manifest/bundle.ts';
import { memoryTool, memoryToolId } from '../../src/manifest/memory-tools.ts';
import type { HaltScope } from '../../src/policy/halt-scope.ts';
import { modelHalt } from '../../src/policy/model-halt.ts';
import { bundleOf } from '../support/runs.ts';
import { haltOf } from './branches-halts.ts';

const model = 'default/model';

/** The system `default/NAME`, whose one agent asks the model. */
const systemOf = (name: string, agent = 'clerk'): Bundle => ({
  ...bundleOf({ nodes: { work: { agent } }, agents: { [agent]: {} } }),
  system: `default/${name}`,
});

const desk = systemOf('desk');
const shop = systemOf('shop', 'seller');

function stops(bundles: readonly Bundle[], ...scopes: readonly HaltScope[]): string | undefined {
  return modelHalt(
    model,
    bundles,
    scopes.map((scope) => haltOf(scope)),
  );
}

test.each<HaltScope>([
  { kind: 'global' },
  { kind: 'environment', name: 'production' },
  { kind: 'namespace', name: 'default' },
  { kind: 'system', name: 'default/desk' },
  { kind: 'agent', name: 'default/clerk' },
  { kind: 'model', name: model },
  { kind: 'provider', name: 'scripted' },
])('a halt of $kind that stops every call of a model stops the look at it', (scope) => {
  expect(stops([desk], scope)).toMatch(/^ann halted /);
});

test.each<HaltScope>([
  { kind: 'namespace', name: 'defaul' },
  { kind: 'system', name: 'default/other' },
  { kind: 'agent', name: 'default/other' },
  { kind: 'model', name: 'default/other' },
  { kind: 'provider', name: 'openai' },
  { kind: 'tool', name: 'default/echo' },
  { kind: 'server', name: 'default/files' },
])('a halt of another $kind leaves it alone', (scope) => {
  expect(stops([desk], scope)).toBeUndefined();
});

test('one system that may still ask is enough', () => {
  const [first, second] = [
    { kind: 'system', name: 'default/desk' },
    { kind: 'agent', name: 'default/seller' },
  ] as const;
  expect(stops([desk, shop], first)).toBeUndefined();
  expect(stops([desk, shop], second)).toBeUndefined();
  expect(stops([desk, shop], first, second)).toBe('ann halted system/default/desk.');
});

test('halts that cannot be read count as active', () => {
  expect(modelHalt(model, [desk], undefined)).toBe('The halts in force cannot be read, so that they count as active.');
});

test('who is reached only through a halted system or agent asks nothing', () => {
  const handing = bundleOf({
    nodes: { work: { agent: 'boss' } },
    agents: { boss: { model: 'default/none' }, clerk: {} },
  });
  const boss = handing.agents['default/boss'];
  if (boss === undefined) throw new TypeError('the bundle has its boss');
  const clerk = {
    agent: 'default/clerk',
    description: 'Works.',
    interaction: 'toolCall',
    isolation: 'shared',
  } as const;
  const handed = { ...handing, agents: { ...handing.agents, 'default/boss': { ...boss, agents: { clerk } } } };
  expect(stops([handed])).toBeUndefined();
  expect(stops([handed], { kind: 'agent', name: 'default/boss' })).toBe('ann halted agent/default/boss.');
  const outer: Bundle = {
    ...desk,
    system: 'default/outer',
    nodes: { inner: { kind: 'system', system: 'default/desk', edges: [], from: [] } },
    systems: { 'default/desk': desk },
  };
  expect(stops([outer])).toBeUndefined();
  expect(stops([outer, desk], { kind: 'system', name: 'default/desk' })).toBe('ann halted system/default/desk.');
});

test('a model that only writes summaries is looked at while somebody may have one written', () => {
  const summing = bundleOf({
    nodes: { work: { agent: 'clerk' } },
    agents: {
      clerk: { model: 'default/none', compaction: { triggerTokens: 9_000, retainRecent: 2, summarizer: model } },
    },
  });
  expect(stops([summing], { kind: 'agent', name: 'default/other' })).toBeUndefined();
  expect(stops([summing], { kind: 'agent', name: 'default/clerk' })).toBe('ann halted agent/default/clerk.');
});

test('an endpoint that embeds for a tool of the agent is asked by it', () => {
  const embed = 'default/embed';
  const tool = memoryToolId('default/notes', 'search');
  const bundle = bundleOf({
    nodes: { work: { agent: 'clerk' } },
    agents: { clerk: { tools: { memory_search: tool } } },
  });
  const model = bundle.models['default/model'];
  if (model === undefined) throw new Error('the bundle has its model');
  const searching: Bundle = {
    ...bundle,
    models: { ...bundle.models, [embed]: model },
    tools: { [tool]: memoryTool('default/notes', 'search') },
    memories: {
      'default/notes': {
        type: 'postgres',
        session: { ttlMs: 1, maxMessages: 1 },
        longTerm: { topK: 5, embedding: { endpoint: embed, by: 'scripted/words/8', dimensions: 8 } },
      },
    },
  };
  expect(modelHalt(embed, [searching], [])).toBeUndefined();
  expect(modelHalt(embed, [searching], [haltOf({ kind: 'agent', name: 'default/other' })])).toBeUndefined();
  expect(modelHalt(embed, [searching], [haltOf({ kind: 'agent', name: 'default/clerk' })])).toMatch(/^ann halted /);
});
