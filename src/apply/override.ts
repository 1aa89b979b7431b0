import type { JsonObject } from '../manifest/json.ts';
import type { Address } from '../manifest/resource.ts';
import type { Plan } from '../plan/change.ts';
import type { EnvironmentRow } from '../store/environment.ts';
import { recordEvent } from '../store/event.ts';
import { endOverrides, readOverrides, recordOverride } from '../store/override.ts';
import type { StoreTransaction } from '../store/transaction.ts';
import { stale } from './precondition.ts';

/** What an apply does to overrides beside making its plan live. */
export type OverrideOrder =
  | {
      readonly kind: 'set';
      readonly id: string;
      readonly address: Address;
      readonly spec: JsonObject;
      readonly reason: string;
      readonly forMs: number;
    }
  /** By a person, before its time is up. */
  | { readonly kind: 'end'; readonly id: string };

interface Settling {
  readonly plan: Plan;
  readonly by: string;
  readonly override?: OverrideOrder;
}

/**
 * Makes the overrides in force those that the plan was made with, or throws `plan.stale`: none is dropped by a plan that
 * did not know of it, and none goes on in a plan that did not hold it. One whose time is up is taken back by whatever is
 * applied next; returning to a revision's stored content takes back all.
 */
export async function settleOverrides(
  trx: StoreTransaction,
  { plan, by, override }: Settling,
  { live, revision }: { readonly live: EnvironmentRow; readonly revision: number },
): Promise<void> {
  const { environment } = plan;
  const planned = new Set((plan.overrides ?? []).map(({ id }) => id));
  if (override?.kind === 'set') {
    const base = { root: live.root, commit: live.commit_id ?? '' };
    const { kind: _kind, ...made } = override;
    const expiresAt = await recordOverride(trx, { ...made, environment, by, revision, base });
    const { id, address, reason } = override;
    const detail = { id, address, reason, expiresAt, revision };
    await recordEvent(trx, { environment, actor: by, action: 'override.set', detail });
  }
  const standing = await readOverrides(trx, environment);
  for (const id of planned) if (!standing.some((one) => one.id === id)) throw stale(plan, `override ${id} has ended`);
  for (const one of standing) {
    if (planned.has(one.id)) {
      if (one.isExpired) throw stale(plan, `the time of override ${one.id} is up`);
      continue;
    }
    const isOrdered = override?.kind === 'end' && override.id === one.id;
    if (!isOrdered && !one.isExpired && plan.target.stored === undefined) {
      throw stale(plan, `${one.by} has set override ${one.id}`);
    }
    const ender = isOrdered || !one.isExpired ? by : undefined;
    await endOverrides(trx, { environment, ids: [one.id], by: ender, revision });
    const detail = { id: one.id, address: one.address, because: ender === undefined ? 'expired' : 'ended', revision };
    await recordEvent(trx, { environment, actor: by, action: 'override.end', detail });
  }
}
