import { referencesOf } from '../manifest-reference.ts';
import { compareText } from '../problem.ts';
import type { Address } from '../resource.ts';
import { shareAnnotation } from '../share.ts';
import type { ForeignDocument } from './foreign.ts';
import type { Settling } from './settling.ts';

/** Who is used from other namespaces says so in pawl: the annotation is added, and flagged at the foreign document. */
export function share(resources: Settling): Settling {
  const users = new Map<Address, Set<string>>();
  for (const resource of resources.values()) {
    for (const { restricts, namespace, address } of referencesOf(resource, { spec: resource.spec })) {
      if (restricts || namespace === resource.namespace) continue;
      users.set(address, (users.get(address) ?? new Set()).add(resource.namespace));
    }
  }
  const shared: Settling = new Map(resources);
  for (const [address, namespaces] of users) {
    const resource = resources.get(address);
    if (resource === undefined) continue;
    const before = (resource.annotations[shareAnnotation] ?? '').split(/[,\s]+/).filter((one) => one !== '');
    if (before.includes('*')) continue;
    const all = [...new Set([...before, ...namespaces])].sort(compareText).join(', ');
    shared.set(address, { ...resource, annotations: { ...resource.annotations, [shareAnnotation]: all } });
    flag(resource.from, all);
  }
  return shared;
}

function flag([document]: readonly ForeignDocument[], namespaces: string): void {
  if (document === undefined) return;
  const message = `It is used from other namespaces, so it is shared with them: ${namespaces}.`;
  const isSaid = document.notes.some((note) => note.code === 'import.share' && note.message === message);
  if (!isSaid) document.root.at('metadata', 'namespace').flag('import.share', message);
}
