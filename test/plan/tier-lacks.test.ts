import { expect, test } from 'vitest';
import type { Bundle } from '../../src/manifest/bundle.ts';
import { tierLacksOf } from '../../src/plan/tier-lacks.ts';
import { lackText, tiersText } from '../../src/plan/render/beside-words.ts';
import { bundleOf } from '../support/runs.ts';

const isolation = { min: 'process', filesystem: 'readOnly' } as const;
const cli = { type: 'cli', command: 'jq', args: [], env: [], isolation } as const;
const image = {
  type: 'container',
  image: 'a@sha256:0',
  args: [],
  env: [],
  isolation: { ...isolation, min: 'container' },
} as const;
const content: Bundle = bundleOf({ nodes: { a: {} }, tools: { jq: { impl: cli }, convert: { impl: image } } });
const bundles = [{ system: 'default/work', digest: '', content, authority: { system: 'default/work', subjects: {} } }];
const standing = { pool: 'default', workers: 2, untried: 0, offered: ['inline', 'wasm'] } as const;

test('tools of a changed system that no live worker of the pool can run are named, with what they need', () => {
  const lacks = tierLacksOf(bundles, standing);
  expect(lacks?.lacking).toEqual([
    { system: 'default/work', tool: 'default/convert', tiers: ['container'] },
    { system: 'default/work', tool: 'default/jq', tiers: ['sandbox'] },
  ]);
  expect(lacks && [tiersText(lacks), ...lacks.lacking.map(lackText)]).toEqual([
    'None of the 2 live workers of the pool default can run these tools (on offer: inline, wasm); calls there would be denied.',
    'default/convert of AgentSystem/default/work needs container',
    'default/jq of AgentSystem/default/work needs sandbox',
  ]);
  expect(tierLacksOf(bundles, { ...standing, offered: ['inline', 'sandbox', 'wasm'] })?.lacking).toHaveLength(1);
});

test('nothing is guessed: not of a pool without workers, nor of workers that have not tried', () => {
  expect(tierLacksOf(bundles, { ...standing, workers: 0, offered: [] })).toBeUndefined();
  expect(tierLacksOf(bundles, { ...standing, untried: 1 })).toBeUndefined();
  expect(tierLacksOf(bundles, { ...standing, offered: ['sandbox', 'container'] })).toBeUndefined();
  expect(tierLacksOf([], standing)).toBeUndefined();
});
