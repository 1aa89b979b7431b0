import { expect, test } from 'vitest';
import { checkTiers } from '../../src/cli/check-tiers.ts';

test('the doctor names the tiers that were proved, and why others were not', () => {
  const [check] = checkTiers([
    { tier: 'inline' },
    { tier: 'sandbox', why: 'The kernel forbids it.' },
    { tier: 'wasm' },
  ]);
  expect(check).toMatchObject({
    name: 'isolation',
    state: 'ok',
    detail: 'inline, wasm; no sandbox: The kernel forbids it.',
  });
});
