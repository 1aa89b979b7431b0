import { expect, test } from 'vitest';
import { provedTiers } from '../../../src/tools/isolation/proved-tiers.ts';
import type { TierProof } from '../../../src/tools/isolation/self-test.ts';

const host = { path: [], readable: [] };

test('a tier that is withheld is tried again after a minute, one that is offered after ten, and nobody waits for it', async () => {
  let now = 0;
  const tried: string[] = [];
  const found: { sandbox: TierProof; container: TierProof } = {
    sandbox: { tier: 'sandbox' },
    container: { tier: 'container', why: 'There is no engine.' },
  };
  const prover = (tier: 'sandbox' | 'container') => () => {
    tried.push(tier);
    return Promise.resolve(found[tier]);
  };
  const provers = { sandbox: prover('sandbox'), container: prover('container') };
  const isolation = provedTiers(host, { provers, now: () => now });
  const [first, second] = await Promise.all([isolation(), isolation()]);
  expect(first).toEqual({ host, tiers: ['inline', 'sandbox', 'wasm'], withheld: { container: 'There is no engine.' } });
  expect(second).toEqual(first);
  expect(tried).toEqual(['sandbox', 'container']);
  now = 60_000;
  found.container = { tier: 'container' };
  expect((await isolation()).tiers).not.toContain('container');
  await new Promise(setImmediate);
  expect((await isolation()).tiers).toEqual(['inline', 'sandbox', 'container', 'wasm']);
  expect(tried).toEqual(['sandbox', 'container', 'container']);
  await new Promise(setImmediate);
  now = 600_000;
  found.sandbox = { tier: 'sandbox', why: 'The kernel forbids it.' };
  await isolation();
  await new Promise(setImmediate);
  expect(await isolation()).toMatchObject({ withheld: { sandbox: 'The kernel forbids it.' } });
});
