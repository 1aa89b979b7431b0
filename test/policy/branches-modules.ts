import type { Bundle, BundleTool } from '../../src/manifest/bundle.ts';
import { ruled } from './branches-calls.ts';
import { type Branch, bundle, contextWith, toolCall } from './fixture.ts';

const instance = { min: 'wasm', filesystem: 'none' } as const;
const image = `example/convert@sha256:${'a'.repeat(64)}`;

const impls: Readonly<Record<string, { readonly impl: BundleTool['impl']; readonly tier: 'wasm' | 'container' }>> = {
  function: { impl: { type: 'code', source: 'export default () => 1', isolation: instance }, tier: 'wasm' },
  module: {
    impl: { type: 'wasm', module: '', export: 'call', memory: 65_536, fuel: 1, isolation: instance },
    tier: 'wasm',
  },
  container: {
    impl: { type: 'container', image, args: [], env: [], isolation: { min: 'container', filesystem: 'readOnly' } },
    tier: 'container',
  },
};

/** T8 for what runs in one tier only: no other stands in for it, however strong. */
export const moduleBranches: readonly Branch[] = Object.entries(impls).flatMap(([name, { impl, tier }]) => {
  const within: Bundle = {
    ...bundle,
    tools: Object.fromEntries(Object.entries(bundle.tools).map(([path, tool]) => [path, { ...tool, impl }])),
  };
  const others = (['inline', 'process', 'sandbox', 'container', 'wasm'] as const).filter((one) => one !== tier);
  const all = [...others, tier];
  const apart = { rule: 'AgentPolicy/default/apart', min: 'wasm' } as const;
  return [
    {
      reason: 'isolation.unavailable',
      name: `a ${name} on a worker that has every tier but its own`,
      refused: [toolCall, contextWith({ bundle: within, tiers: others })],
      passes: [toolCall, contextWith({ bundle: within, tiers: [tier] })],
    },
    ...(tier === 'wasm'
      ? []
      : ([
          {
            reason: 'isolation.unavailable',
            name: `a ${name} below the floor`,
            refused: [toolCall, contextWith({ bundle: within, tiers: all, live: ruled({ isolation: apart }) })],
            passes: [toolCall, contextWith({ bundle: within, tiers: all })],
          },
        ] as const)),
  ];
});
