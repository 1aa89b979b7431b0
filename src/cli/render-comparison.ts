import type { Change } from '../plan/change.ts';
import { page } from '../plan/render/page.ts';
import { changeBlock, type ChangeKind, kindOf } from '../plan/render/text-changes.ts';

const shownMax = 200;

export interface Comparing {
  readonly changes: readonly Change[];
  readonly width: number;
  readonly color: boolean;
}

/** What leads from one state to another, in a plan's own words and without asking for anything to be applied. */
export function renderChanges({ changes, width, color }: Comparing): string {
  const out = page({ width, color });
  for (const change of changes.slice(0, shownMax)) changeBlock(out, change, { title: titles[kindOf(change)] });
  const hidden = changes.length - shownMax;
  if (hidden > 0) out.line(2, `(${hidden} more; see them with -o json)`, { mark: '#' });
  return out.text().trimEnd();
}

const titles: Readonly<Record<ChangeKind, string>> = {
  create: 'is new',
  update: 'differs',
  delete: 'is gone',
  move: 'has moved',
  adopt: 'is new',
  orphan: 'is gone',
};

export interface ChangeCounts {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly moved: number;
}

export function countChanges(changes: readonly Change[]): ChangeCounts {
  const count = (action: Change['action']) => changes.filter((change) => change.action === action).length;
  return { added: count('create'), changed: count('update'), removed: count('delete'), moved: count('move') };
}

/** `1 added, 2 changed, 0 removed`. */
export function countsText({ added, changed, removed, moved }: ChangeCounts): string {
  return `${added} added, ${changed} changed, ${removed} removed${moved > 0 ? `, ${moved} moved` : ''}`;
}
