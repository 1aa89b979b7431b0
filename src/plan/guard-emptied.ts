import { compareText } from '../manifest/problem.ts';
import type { Address } from '../manifest/resource.ts';
import type { Change, Live } from './change.ts';
import type { GuardRefusal } from './guard.ts';
import { listed } from './guard-words.ts';

/** Kinds, then namespaces, of which the plan deletes all of two or more. What moves elsewhere is not lost. */
export function emptied(
  { changes, live }: { readonly changes: readonly Change[]; readonly live: Live },
  removed: readonly Change[],
): readonly GuardRefusal[] {
  if (removed.length < lostMin) return [];
  return groupings.flatMap(({ id, what, groupOf }) => {
    const lost = groupsEmptied({ changes, live, removed, groupOf });
    if (lost.size === 0) return [];
    const names = [...lost].sort(compareText);
    const gone = removed.filter(({ address }) => lost.has(groupOf(address)));
    const counts = names.map((name) => `${name} (${gone.filter(({ address }) => groupOf(address) === name).length})`);
    return [
      {
        id,
        message: `The plan deletes all resources of ${what(names.length)} ${listed(counts)}; emptying one that had two or more is refused.`,
        acknowledgeable: true,
        addresses: gone.map(({ address }) => address).sort(compareText),
      },
    ];
  });
}

const lostMin = 2;

const groupings = [
  { id: 'guard.kind_emptied', what: (count: number) => (count === 1 ? 'the kind' : 'the kinds'), groupOf: kindAt },
  {
    id: 'guard.namespace_emptied',
    what: (count: number) => (count === 1 ? 'the namespace' : 'the namespaces'),
    groupOf: namespaceAt,
  },
] as const;

interface Grouped {
  readonly changes: readonly Change[];
  readonly live: Live;
  readonly removed: readonly Change[];
  readonly groupOf: (address: Address) => string;
}

function groupsEmptied({ changes, live, removed, groupOf }: Grouped): ReadonlySet<string> {
  const lost = new Map<string, number>();
  for (const { address } of removed) lost.set(groupOf(address), (lost.get(groupOf(address)) ?? 0) + 1);
  const left = new Map<string, number>();
  for (const [address, head] of live.heads) {
    const group = groupOf(address);
    if (head.live !== undefined && lost.has(group)) left.set(group, (left.get(group) ?? 0) + 1);
  }
  for (const { action, address, previousAddress, class: kind } of changes) {
    if (previousAddress !== undefined) {
      left.set(groupOf(previousAddress), (left.get(groupOf(previousAddress)) ?? 0) - 1);
    }
    if (action === 'move' || (action === 'create' && kind !== 'converged')) {
      left.set(groupOf(address), (left.get(groupOf(address)) ?? 0) + 1);
    }
  }
  const isEmptied = ([group, count]: [string, number]): boolean => count >= lostMin && count === left.get(group);
  return new Set([...lost].filter(isEmptied).map(([group]) => group));
}

function kindAt(address: Address): string {
  return address.slice(0, address.indexOf('/'));
}

function namespaceAt(address: Address): string {
  return address.slice(address.indexOf('/') + 1, address.lastIndexOf('/'));
}
