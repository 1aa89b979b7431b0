import { digest as digestOf } from '../manifest/digest.ts';
import { type JsonObject, isJsonObject } from '../manifest/json.ts';
import { compareText, type Problem } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Address, Resource, Snapshot } from '../manifest/resource.ts';
import type { Bodies, Head, Live } from './change.ts';
import type { planCodes } from './codes.ts';
import type { OlderRevisions } from './revert.ts';

/** A resource that goes on under another name: the head that it has until then, and what it will be. */
export interface Move {
  readonly from: Head;
  readonly target: Resource;
}

/** What is live, and what is known of it and of the past. */
export interface MoveSources extends Pick<Live, 'heads'> {
  /** Heads that Git declares no more. */
  readonly dropped: readonly Head[];
  readonly bodies: Bodies;
  readonly older?: OlderRevisions | undefined;
}

/**
 * The moves among resources that differ, by their new address. What the old name has must be live and in the record,
 * and Git must have dropped it; without that `renamedFrom` says nothing, as it does once the move was applied. A move
 * that is taken back is one too, though the manifest that comes back cannot name what it was called in between.
 */
export function movesAmong(
  targets: readonly Resource[],
  { resources }: Pick<Snapshot, 'resources'>,
  sources: MoveSources,
): ReadonlyMap<Address, Move> {
  const { heads } = sources;
  const moves = new Map<Address, Move>();
  for (const target of targets) {
    const previous = previousAddressOf(target);
    if (previous === undefined || resources.has(previous) || heads.has(target.address)) continue;
    const from = heads.get(previous);
    if (from !== undefined && isInForce(from)) moves.set(target.address, { from, target });
  }
  addTakenBack(moves, targets, sources);
  return moves;
}

/** Live says of the newer name what it was called before, and Git has that one again in place of the newer. */
function addTakenBack(moves: Map<Address, Move>, targets: readonly Resource[], sources: MoveSources): void {
  const { heads, dropped, bodies } = sources;
  const created = new Map<Address, Resource>();
  for (const target of targets) {
    if (!heads.has(target.address) && !moves.has(target.address)) created.set(target.address, target);
  }
  if (created.size === 0) return;
  const gone = new Set(Array.from(moves.values(), ({ from }) => from.address));
  for (const from of dropped.filter(isInForce).sort((a, b) => compareText(a.address, b.address))) {
    const body = bodies.get(from.live ?? '');
    if (body === undefined || gone.has(from.address)) continue;
    const [kind = '', namespace = ''] = from.address.split('/');
    const previous = previousAddressOf({ kind, namespace, manifest: body });
    const target = previous === undefined ? undefined : created.get(previous);
    if (target === undefined || moves.has(target.address) || !isReturn(target, body, sources)) continue;
    moves.set(target.address, { from, target });
  }
}

/** Another resource may begin under the old name. It is the same one if it says what either of the names said. */
function isReturn({ address, digest, manifest }: Resource, live: JsonObject, { older }: MoveSources): boolean {
  if (older?.get(address)?.some((content) => content.digest === digest) === true) return true;
  return specOf(manifest) === specOf(live);
}

function specOf({ spec = null }: JsonObject): string {
  return digestOf({ spec });
}

function isInForce({ applied, live }: Head): boolean {
  return applied !== undefined && live !== undefined;
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
function previousAddressOf(one: {
  readonly kind: string;
  readonly namespace: string;
  readonly manifest: JsonObject;
}): Address | undefined {
  const { kind, namespace, manifest } = one;
  const written = metadataOf(manifest)['renamedFrom'];
  return typeof written === 'string' ? `${kind}/${qualify(written, namespace)}` : undefined;
}

function metadataOf({ metadata }: JsonObject): JsonObject {
  return isJsonObject(metadata) ? metadata : {};
}
