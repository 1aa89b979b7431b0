import { type JsonObject, isJsonObject } from '../manifest/json.ts';
import type { Problem } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Address, Resource, Snapshot } from '../manifest/resource.ts';
import type { Head, Live } from './change.ts';
import type { planCodes } from './codes.ts';

/** A resource that goes on under another name: the head that it has until then, and what it will be. */
export interface Move {
  readonly from: Head;
  readonly target: Resource;
}

/**
 * The moves among resources that differ, by their new address. What the old name has must be live and in the record,
 * and Git must have dropped it; without that `renamedFrom` says nothing, as it does once the move was applied.
 */
export function movesAmong(
  targets: Iterable<Resource>,
  { resources }: Pick<Snapshot, 'resources'>,
  { heads }: Pick<Live, 'heads'>,
): ReadonlyMap<Address, Move> {
  const moves = new Map<Address, Move>();
  for (const target of targets) {
    const previous = previousAddressOf(target);
    if (previous === undefined || resources.has(previous) || heads.has(target.address)) continue;
    const from = heads.get(previous);
    if (from?.applied !== undefined && from.live !== undefined) moves.set(target.address, { from, target });
  }
  return moves;
}

/** Moves onto a name that live has: which of the two would go on is not for pawl to choose. */
export function occupiedMoves(
  targets: Iterable<Resource>,
  { resources }: Pick<Snapshot, 'resources'>,
  { heads }: Pick<Live, 'heads'>,
): Problem[] {
  const problems: Problem[] = [];
  for (const target of targets) {
    const previous = previousAddressOf(target);
    if (previous === undefined || resources.has(previous) || !heads.has(target.address)) continue;
    if (heads.get(previous)?.applied === undefined) continue;
    problems.push({
      code: 'rename.occupied' satisfies keyof typeof planCodes,
      severity: 'error',
      message: `${target.address} is renamed from ${previous}, but live holds ${target.address} already.`,
      help: 'Remove the one that is live in a commit of its own, or remove `renamedFrom` and let the old one go.',
      address: target.address,
      ...target.place,
    });
  }
  return problems;
}

/** The address that the manifest says the resource had before. */
export function previousAddressOf({ kind, namespace, manifest }: Resource): Address | undefined {
  const written = metadataOf(manifest)['renamedFrom'];
  return typeof written === 'string' ? `${kind}/${qualify(written, namespace)}` : undefined;
}

function metadataOf({ metadata }: JsonObject): JsonObject {
  return isJsonObject(metadata) ? metadata : {};
}
