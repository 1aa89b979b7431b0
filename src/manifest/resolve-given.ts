import type { Report, Sound } from './estate.ts';
import { objectAt } from './manifest-reference.ts';
import { qualify } from './reference.ts';
import { referenceFinding, type Targets } from './resolve-reference.ts';
import type { Joined } from './resolve-resource.ts';
import { addressOf } from './resource.ts';

/** Says at Defaults what is wrong with the model that they give to agents of other namespaces, once a namespace. */
export function givenFindings(targets: Targets, report: Report): (manifest: Sound, joined: Joined) => void {
  const seen = new Set<string>();
  return (manifest, { given }) => {
    const giver = targets.known.get(given.get('/spec/modelRef') ?? '');
    const home = manifest.identity.namespace;
    if (giver?.identity === undefined || giver.content === undefined || giver.identity.namespace === home) return;
    const key = `${giver.address ?? ''} ${home}`;
    if (seen.has(key)) return;
    seen.add(key);
    const written = objectAt(giver.content.manifest, 'spec')['modelRef'];
    if (typeof written !== 'string') return;
    const [namespace = '', name = ''] = qualify(written, giver.identity.namespace).split('/');
    const path = ['spec', 'modelRef'];
    const address = addressOf({ kind: 'ModelEndpoint', namespace, name });
    const reference = { kind: 'ModelEndpoint', address, namespace, name, path, restricts: false } as const;
    const finding = referenceFinding(reference, manifest, targets);
    // A model that is missing is said where all references are.
    if (finding?.code !== 'reference.not_shared') return;
    const message = `${address} is not shared, and these Defaults give it to agents of the namespace ${home}.`;
    report(giver, path, { ...finding, message });
  };
}
