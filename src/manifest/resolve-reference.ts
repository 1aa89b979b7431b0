import { didYouMean, nearest } from './nearest.ts';
import type { Reaching } from './defaults.ts';
import { objectAt, type ManifestReference } from './manifest-reference.ts';
import { mayBeLost, type Estate, type Report } from './estate.ts';
import { compareText } from './problem.ts';
import { isSharedWith } from './share.ts';
import type { Finding, Path } from './text.ts';
import type { Validated } from './validate.ts';
import { shownText } from './shown.ts';

/** What references are checked against. */
export interface Targets extends Estate {
  readonly reaching: (namespace: string) => Reaching;
}

/** Reports references that lead nowhere or may not. */
export function checkReferences(targets: Targets, report: Report): void {
  const missing: Missing[] = [];
  for (const manifest of targets.subjects) {
    for (const reference of manifest.references) {
      if (targets.known.has(reference.address)) {
        const finding = presentFinding(reference, manifest, targets);
        if (finding !== undefined) report(manifest, finding.path, finding);
      } else missing.push({ reference, manifest });
    }
  }
  if (missing.length > 0) reportMissing(missing, targets, report);
}

/** What is wrong with one mention of a resource. */
export function referenceFinding(
  reference: ManifestReference,
  from: Validated,
  targets: Targets,
): (Finding & { readonly path: Path }) | undefined {
  if (targets.known.has(reference.address)) return presentFinding(reference, from, targets);
  const one = { reference, manifest: from };
  return missingFinding(one, suggestion(one, targets), targets);
}

function presentFinding(
  reference: ManifestReference,
  from: Validated,
  targets: Targets,
): (Finding & { readonly path: Path }) | undefined {
  const target = targets.known.get(reference.address);
  if (target?.content === undefined) return undefined;
  const home = from.identity?.namespace ?? '';
  if (!reference.restricts && reference.namespace !== home) {
    const finding = shareFinding(reference, { target, home }, targets);
    if (finding !== undefined) return { ...finding, path: reference.path };
  }
  return reference.key === undefined
    ? undefined
    : keyFinding(reference.key, reference, Object.keys(objectAt(objectAt(target.content.manifest, 'spec'), 'keys')));
}

function shareFinding(
  { address, namespace }: ManifestReference,
  { target, home }: { readonly target: Validated; readonly home: string },
  { reaching }: Targets,
): Finding | undefined {
  const manifest = target.content?.manifest;
  if (manifest === undefined || isSharedWith(home, manifest, reaching(namespace))) return undefined;
  const { file, line } = target.document.place;
  const message = `${address} is of another namespace and is not shared with \`${home}\`.`;
  const help = `Add the annotation \`pawl/share: ${home}\` to it (${file}:${line}), or use one of this namespace.`;
  return { code: 'reference.not_shared', message, help };
}

interface Missing {
  readonly reference: ManifestReference;
  readonly manifest: Validated;
}

// What thousands of manifests miss is looked for once. Hundreds of different names that are all missing are no typing
// mistakes, and comparing each with all others would take minutes.
const suggestionsMax = 200;

function reportMissing(missing: readonly Missing[], targets: Targets, report: Report): void {
  const wanted = new Map<string, Missing>();
  for (const one of missing) wanted.set(keyOf(one), one);
  const suggestions = new Map<string, string | undefined>();
  for (const key of [...wanted.keys()].sort(compareText).slice(0, suggestionsMax)) {
    const one = wanted.get(key);
    if (one !== undefined) suggestions.set(key, suggestion(one, targets));
  }
  for (const one of missing) {
    const finding = missingFinding(one, suggestions.get(keyOf(one)), targets);
    if (finding !== undefined) report(one.manifest, finding.path, finding);
  }
}

function missingFinding(
  one: Missing,
  near: string | undefined,
  estate: Estate,
): (Finding & { readonly path: Path }) | undefined {
  const { reference } = one;
  const lost = mayBeLost(reference, estate);
  // It may be in the file that cannot be read; with a near miss at hand it is more likely misspelt.
  if (lost === 'named' || (lost === 'possible' && near === undefined)) return undefined;
  return {
    code: 'reference.missing',
    message: `${reference.kind} \`${shownName(one)}\` is not defined.`,
    help: near ?? `Add the ${reference.kind}, or correct the name.`,
    path: reference.path,
  };
}

/** As an author of the manifest would write it. */
function shownName({ reference, manifest }: Missing): string {
  const { namespace, name } = reference;
  return namespace === manifest.identity?.namespace ? name : `${namespace}/${name}`;
}

function keyOf(one: Missing): string {
  return `${one.reference.kind} ${one.manifest.identity?.namespace ?? ''} ${shownName(one)}`;
}

function suggestion(one: Missing, { known }: Estate): string | undefined {
  const home = one.manifest.identity?.namespace;
  const candidates = new Map<string, Validated>();
  for (const manifest of known.values()) {
    const { identity } = manifest;
    if (identity?.kind !== one.reference.kind) continue;
    candidates.set(identity.namespace === home ? identity.name : `${identity.namespace}/${identity.name}`, manifest);
  }
  const names = [...candidates.keys()].sort(compareText);
  // The same name in another namespace is what was meant more often than not.
  const near = nearest(shownName(one), names) ?? names.find((name) => name.endsWith(`/${one.reference.name}`));
  const file = near === undefined ? undefined : candidates.get(near)?.document.place.file;
  return near === undefined ? undefined : `Did you mean \`${near}\` (${file})?`;
}

function keyFinding(
  key: string,
  reference: ManifestReference,
  keys: readonly string[],
): (Finding & { readonly path: Path }) | undefined {
  if (keys.includes(key)) return undefined;
  const help = didYouMean(key, keys) ?? `Its keys: ${keys.join(', ')}.`;
  const path = [...reference.path.slice(0, -1), 'key'];
  return {
    code: 'reference.secret_key',
    message: `${reference.address} has no key \`${shownText(key)}\`.`,
    help,
    path,
  };
}
