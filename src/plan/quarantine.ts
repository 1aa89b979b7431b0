import { compareText } from '../manifest/problem.ts';
import type { Address, Resource } from '../manifest/resource.ts';

/** What a rollback withdrew at one address: a content by its digest, or that nothing was there. */
export interface Withdrawn {
  readonly address: Address;
  /** Undefined: absence was withdrawn, so a target that lacks the resource is held. */
  readonly digest: string | undefined;
  readonly rollback: RollbackMark;
}

/** The rollback that withdrew it. */
export interface RollbackMark {
  /** The revision that the rollback made. */
  readonly revision: number;
  /** Whose content it brought back. */
  readonly to: number;
  readonly by: string;
  /** Text from outside. */
  readonly reason: string;
}

/** The withdrawn contents that a target would bring back; by address. A target with any of them is held. */
export function withdrawnIn(
  resources: ReadonlyMap<Address, Pick<Resource, 'digest'>>,
  quarantine: readonly Withdrawn[],
): readonly Withdrawn[] {
  return quarantine
    .filter(({ address, digest }) => resources.get(address)?.digest === digest)
    .sort((a, b) => compareText(a.address, b.address) || a.rollback.revision - b.rollback.revision);
}

/** `Agent/support/writer@3f2a1b2c`, or the address with `absent`. */
export function withdrawnName({ address, digest }: Pick<Withdrawn, 'address' | 'digest'>): string {
  return digest === undefined ? `${address}@absent` : `${address}@${digest.slice(0, 8)}`;
}

const namesMax = 3;

/** Why such a target is held, in one sentence. */
export function heldBecause(held: readonly [Withdrawn, ...Withdrawn[]]): string {
  const shown = held.slice(0, namesMax).map(withdrawnName).join(', ');
  const more = held.length > namesMax ? ` and ${held.length - namesMax} more` : '';
  const { to, revision, by, reason } = held[0].rollback;
  const why = reason === '' ? '' : `: ${reason}`;
  return `quarantined ${shown}${more}, since revision ${revision} rolled back to revision ${to} by ${by}${why}`;
}
