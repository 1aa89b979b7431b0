import type { Tier } from '../../manifest/bundle-world.ts';
import type { Isolation, IsolationHost } from './isolated.ts';
import { proveContainer } from './prove-container.ts';
import { proveSandbox, type TierProof } from './self-test.ts';

/** A tier that is offered is tried again so much later, one that is withheld sooner: somebody may have seen to it. */
const offeredForMs = 600_000;
const withheldForMs = 60_000;

interface Trial {
  readonly proof: TierProof;
  readonly dueAt: number;
}

type Provers = Readonly<Partial<Record<Tier, (host: IsolationHost) => Promise<TierProof>>>>;

/** Of the others nothing can be missing: they are pawl itself, and modules, which have no imports but pawl's. */
const machine: Provers = { sandbox: proveSandbox, container: proveContainer };

/**
 * What this worker can keep apart, tried when somebody first wants to know and again as time goes by. Whoever asks
 * meanwhile gets what was last found.
 */
export function provedTiers(
  host: IsolationHost,
  {
    provers = machine,
    now = () => performance.now(),
  }: { readonly provers?: Provers; readonly now?: () => number } = {},
): () => Promise<Isolation> {
  const trials = new Map<Tier, Trial>();
  let first: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const tryDue = async () => {
    const due = proved.filter((tier) => provers[tier] !== undefined && (trials.get(tier)?.dueAt ?? 0) <= now());
    const proofs = await Promise.all(due.map(async (tier) => (await provers[tier]?.(host)) ?? { tier }));
    for (const proof of proofs)
      trials.set(proof.tier, { proof, dueAt: now() + (proof.why === undefined ? offeredForMs : withheldForMs) });
  };
  return async () => {
    first ??= tryDue().catch((cause: unknown) => {
      first = undefined;
      throw cause;
    });
    await first;
    // What is tried again changes what the next one hears; where it cannot be tried, what was found stands.
    next ??= tryDue()
      .catch(() => undefined)
      .finally(() => (next = undefined));
    return isolationOf(
      host,
      [...trials.values()].map(({ proof }) => proof),
    );
  };
}

const proved: readonly Tier[] = ['sandbox', 'container'];

function isolationOf(host: IsolationHost, proofs: readonly TierProof[]): Isolation {
  const all = complete(proofs);
  const withheld = all.flatMap(({ tier, why }) => (why === undefined ? [] : [[tier, why] as const]));
  return {
    host,
    tiers: all.filter(({ why }) => why === undefined).map(({ tier }) => tier),
    withheld: Object.fromEntries(withheld),
  };
}

/** What each tier proved to be on this machine. */
export async function prove(host: IsolationHost): Promise<readonly TierProof[]> {
  return complete(await Promise.all([proveSandbox(host), proveContainer()]));
}

function complete(proofs: readonly TierProof[]): readonly TierProof[] {
  const of = (tier: Tier) => proofs.find((proof) => proof.tier === tier) ?? { tier };
  return [{ tier: 'inline' }, of('sandbox'), of('container'), { tier: 'wasm' }];
}
