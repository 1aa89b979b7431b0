import type { Estate, Report } from './estate.ts';
import { isBefore } from './overlay.ts';
import type { Address } from './resource.ts';
import type { Finding } from './text.ts';
import type { Validated } from './validate.ts';

const path = ['metadata', 'renamedFrom'];

/** Reports names that a resource cannot have had: its own, one that is still declared, one that another had too. */
export function checkRenames(estate: Estate, report: Report): void {
  const renamed: Validated[] = [];
  for (const manifest of estate.subjects) if (manifest.renamedFrom !== undefined) renamed.push(manifest);
  if (renamed.length === 0) return;
  const heirs = new Map<Address, Validated>();
  for (const manifest of renamed.sort((a, b) => (isBefore(a, b) ? -1 : 1))) {
    const { renamedFrom = '', address = '' } = manifest;
    const finding = findingOf(
      { from: renamedFrom, to: address },
      estate.known.get(renamedFrom),
      heirs.get(renamedFrom),
    );
    if (finding !== undefined) report(manifest, path, finding);
    if (!heirs.has(renamedFrom)) heirs.set(renamedFrom, manifest);
  }
}

function findingOf(
  { from, to }: { readonly from: Address; readonly to: Address },
  declared: Validated | undefined,
  heir: Validated | undefined,
): Finding | undefined {
  if (from === to) {
    const message = `${to} cannot be renamed from itself.`;
    return { code: 'rename.self', message, help: 'Write the name that it had before, or remove `renamedFrom`.' };
  }
  if (declared !== undefined) {
    const message = `${to} is renamed from ${from}, which is still declared at ${placeOf(declared)}.`;
    return { code: 'rename.declared', message, help: 'Remove the old one, or `renamedFrom` if both are meant.' };
  }
  if (heir === undefined) return undefined;
  const message = `${to} and ${heir.address ?? ''} (${placeOf(heir)}) are both renamed from ${from}.`;
  return { code: 'rename.twice', message, help: 'Keep `renamedFrom` at the one that goes on; the other is new.' };
}

function placeOf({ document }: Validated): string {
  return `${document.place.file}:${document.place.line}`;
}
