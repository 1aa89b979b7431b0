import { compareText } from '../manifest/problem.ts';
import { isProtected } from '../manifest/protection.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import type { GuardLimits } from '../manifest/rules.ts';
import type { Change, Live, Plan } from './change.ts';
import type { GuardRefusal } from './guard.ts';
import { emptied } from './guard-emptied.ts';
import { listed, noun } from './guard-words.ts';

export interface GuardInput {
  readonly changes: readonly Change[];
  readonly live: Live;
  readonly target: ReadonlyMap<Address, Pick<Resource, 'place'>>;
  /** From the base side. */
  readonly limits: GuardLimits;
  readonly revert: Plan['revert'];
}

/**
 * The guards that need no more than the plan's own inputs; live runs are looked at beside the plan and by apply. The
 * first apply has nothing to lose. What returns
 * to the older revision that the plan is a revert to was there before, so its size is no surprise.
 */
export function guardsOf(input: GuardInput): readonly GuardRefusal[] {
  const { live, revert } = input;
  if (live.revision === 0) return [];
  const removed = input.changes.filter(isRemoved);
  const isCounted = ({ returnsTo }: Change): boolean => revert === undefined || returnsTo !== revert.revision;
  const lost = removed.filter(isCounted);
  return [
    tooManyDeletes(input, lost),
    tooManyUpdates(input, input.changes.filter(isUpdated).filter(isCounted)),
    ...emptied(input, lost),
    sourceShrunk(input, lost),
    protectedDeletes(input, removed),
  ].filter((refusal) => refusal !== undefined);
}

/** Live loses it: a row that a hand deleted already is only taken off the record. */
function isRemoved({ action, class: kind }: Change): boolean {
  return action === 'delete' && kind !== 'converged';
}

/** Moves count as updates: each reaches whatever names the resource. */
function isUpdated({ action, class: kind }: Change): boolean {
  return (action === 'update' || action === 'move') && kind !== 'converged';
}

function tooManyDeletes({ live, limits }: GuardInput, removed: readonly Change[]): GuardRefusal | undefined {
  const { maxDeletes, maxDeletePercent } = limits;
  if (removed.length <= maxDeletes) return undefined;
  const size = liveCount(live);
  const limit = limitOf(size, maxDeletes, maxDeletePercent);
  if (removed.length <= limit) return undefined;
  const addresses = addressesOf(removed);
  return {
    id: 'guard.deletes',
    message: `The plan deletes ${removed.length} of ${size} live ${noun(size, 'resource')}; more than ${limit} at once (${maxDeletes} or ${maxDeletePercent} %) are refused: ${listed(addresses)}.`,
    acknowledgeable: true,
    addresses,
  };
}

function tooManyUpdates({ live, limits }: GuardInput, updated: readonly Change[]): GuardRefusal | undefined {
  const { maxUpdates, maxUpdatePercent } = limits;
  if (updated.length <= maxUpdates) return undefined;
  const size = liveCount(live);
  const limit = limitOf(size, maxUpdates, maxUpdatePercent);
  if (updated.length <= limit) return undefined;
  const addresses = addressesOf(updated);
  return {
    id: 'guard.updates',
    message: `The plan updates ${updated.length} of ${size} live ${noun(size, 'resource')}; more than ${limit} at once (${maxUpdates} or ${maxUpdatePercent} %) are refused: ${listed(addresses)}.`,
    acknowledgeable: true,
    addresses,
  };
}

function limitOf(size: number, count: number, percent: number): number {
  return Math.max(count, Math.floor((size * percent) / 100));
}

function liveCount({ heads }: Live): number {
  let count = 0;
  for (const head of heads.values()) if (head.live !== undefined) count += 1;
  return count;
}

/** With fewer than this many files half of them is one file, and nothing to be surprised at. */
const filesMin = 4;

/** A source of which half is gone is more likely broken than meant. Files put together lose nothing and may pass. */
function sourceShrunk({ live, target }: GuardInput, removed: readonly Change[]): GuardRefusal | undefined {
  if (removed.length === 0) return undefined;
  const before = new Set<string>();
  for (const { applied, file } of live.heads.values()) if (applied !== undefined) before.add(file);
  if (before.size < filesMin) return undefined;
  const after = new Set<string>();
  for (const { place } of target.values()) after.add(place.file);
  if (after.size * 2 > before.size) return undefined;
  const gone = [...before].filter((file) => !after.has(file)).sort(compareText);
  return {
    id: 'guard.source_shrunk',
    message: `The commit has ${after.size} of the ${before.size} manifest files that the last applied one had; half of them or less is refused: ${listed(gone)} ${gone.length === 1 ? 'is' : 'are'} gone.`,
    acknowledgeable: true,
    addresses: addressesOf(removed),
  };
}

/** By what live says: a commit that takes the protection away and deletes at once deletes what is protected. */
function protectedDeletes({ limits }: GuardInput, removed: readonly Change[]): GuardRefusal | undefined {
  const kinds = new Set(limits.protectedKinds);
  const kept = removed.filter(({ kind, before }) => kinds.has(kind) || isProtected(before));
  if (kept.length === 0) return undefined;
  const addresses = addressesOf(kept);
  const byKind = [...new Set(kept.filter(({ kind }) => kinds.has(kind)).map(({ kind }) => kind))].sort(compareText);
  const isByAnnotation = kept.some(({ kind, before }) => !kinds.has(kind) && isProtected(before));
  const protection = [
    ...(isByAnnotation ? ['the annotation `pawl/protect`'] : []),
    ...(byKind.length > 0 ? [`\`guards.protectedKinds\` (${byKind.join(', ')})`] : []),
  ].join(' and ');
  return {
    id: 'guard.protected',
    message: `The plan deletes what is protected: ${listed(addresses)}. Take ${protection} away in one merge, and delete in the next.`,
    acknowledgeable: false,
    addresses,
  };
}

function addressesOf(changes: readonly Change[]): readonly Address[] {
  return changes.map(({ address }) => address).sort(compareText);
}
