import type { Isolation, IsolationHost } from './isolated.ts';
import { proveContainer } from './prove-container.ts';
import { proveSandbox, type TierProof } from './self-test.ts';

/** Asks once what this worker can keep apart, when somebody first wants to know. */
export function provedTiers(host: IsolationHost): () => Promise<Isolation> {
  let proved: Promise<Isolation> | undefined;
  return () => (proved ??= prove(host).then((proofs) => ({ host, tiers: offered(proofs) })));
}

/** What each tier proved to be on this machine. */
export async function prove(host: IsolationHost): Promise<readonly TierProof[]> {
  // A module of WebAssembly has no imports but what pawl gives it: that needs nothing of the machine.
  const [sandbox, container] = await Promise.all([proveSandbox(host), proveContainer()]);
  return [{ tier: 'inline' }, sandbox, container, { tier: 'wasm' }];
}

function offered(proofs: readonly TierProof[]): Isolation['tiers'] {
  return proofs.filter(({ why }) => why === undefined).map(({ tier }) => tier);
}
