import { didYouMean } from './nearest.ts';
import { objectAt, type ManifestReference } from './manifest-reference.ts';
import type { Estate, Sound } from './estate.ts';
import type { Finding, Path } from './text.ts';
import type { Validated } from './validate.ts';

/** What is wrong with one mention of a resource. */
export function referenceFinding(
  reference: ManifestReference,
  from: Validated,
  estate: Estate,
): (Finding & { readonly path: Path }) | undefined {
  const target = estate.known.get(reference.address);
  if (target === undefined) return { ...missing(reference, from, estate), path: reference.path };
  const { content } = target;
  if (content === undefined) return undefined;
  const home = from.identity?.namespace;
  if (!reference.restricts && reference.namespace !== home && !isShared(content.manifest)) {
    const message = `${reference.address} is of another namespace and is not shared.`;
    const help = 'Add the annotation `pawl/share: "true"` to it, or use one of this namespace.';
    return { code: 'reference.not_shared', message, help, path: reference.path };
  }
  return reference.key === undefined
    ? undefined
    : keyFinding(reference.key, reference, Object.keys(objectAt(objectAt(content.manifest, 'spec'), 'keys')));
}

function missing(reference: ManifestReference, from: Validated, estate: Estate): Finding {
  const home = from.identity?.namespace;
  const shown = reference.namespace === home ? reference.name : `${reference.namespace}/${reference.name}`;
  const candidates: string[] = [];
  for (const { identity } of estate.known.values()) {
    if (identity?.kind !== reference.kind) continue;
    candidates.push(identity.namespace === home ? identity.name : `${identity.namespace}/${identity.name}`);
  }
  const near = didYouMean(shown, candidates) ?? elsewhere(reference.name, candidates);
  return {
    code: 'reference.missing',
    message: `${reference.kind} \`${shown}\` is not defined.`,
    help: near ?? `Add the ${reference.kind}, or correct the name.`,
  };
}

/** The same name in another namespace is what was meant more often than not. */
function elsewhere(name: string, candidates: readonly string[]): string | undefined {
  const other = candidates.find((candidate) => candidate.endsWith(`/${name}`));
  return other === undefined ? undefined : `Did you mean \`${other}\`?`;
}

function keyFinding(
  key: string,
  reference: ManifestReference,
  keys: readonly string[],
): (Finding & { readonly path: Path }) | undefined {
  if (keys.includes(key)) return undefined;
  const help = didYouMean(key, keys) ?? `Its keys: ${keys.join(', ')}.`;
  const path = [...reference.path.slice(0, -1), 'key'];
  return { code: 'reference.secret_key', message: `${reference.address} has no key \`${key}\`.`, help, path };
}

function isShared(manifest: Sound['content']['manifest']): boolean {
  return objectAt(objectAt(manifest, 'metadata'), 'annotations')['pawl/share'] === 'true';
}
