import { neutral } from '../manifest/neutral.ts';
import type { TierProof } from '../tools/isolation/self-test.ts';
import type { Check } from './app-port.ts';

/** In which tiers programs and modules can be kept apart on this machine, and why not in the others. */
export function checkTiers(proofs: readonly TierProof[]): readonly Check[] {
  const offered = proofs.filter(({ why }) => why === undefined).map(({ tier }) => tier);
  const missing = proofs.flatMap(({ tier, why }) => (why === undefined ? [] : [`no ${tier}: ${neutral(why)}`]));
  return [{ name: 'isolation', state: 'ok', detail: [offered.join(', '), ...missing].join('; ') }];
}
