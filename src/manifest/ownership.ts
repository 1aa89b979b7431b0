import type { Document } from './document.ts';
import type { Report } from './estate.ts';
import { didYouMean } from './nearest.ts';
import { objectAt } from './manifest-reference.ts';
import { isOverridePath } from './override-layer.ts';
import { layerOf } from './overlay.ts';
import { placeIn } from './place.ts';
import { problemIn } from './position.ts';
import type { Problem } from './problem.ts';
import { kinds, type Ownership } from './resource.ts';
import type { Finding, Path } from './text.ts';
import { treePath } from './tree-path.ts';
import type { PawlSettings } from './types.gen.ts';
import type { Validated } from './validate.ts';

/** The entries of `ownership`, with their places. */
export function ownershipOf(settings: PawlSettings, document: Document): readonly Ownership[] {
  return (settings.ownership ?? []).map(({ path, namespaces, kinds: allowed }, index) => {
    return {
      path: treePath(path),
      ...(namespaces === undefined ? {} : { namespaces }),
      ...(allowed === undefined ? {} : { kinds: allowed }),
      place: placeIn(document, ['ownership', index, 'path']),
    };
  });
}

/** What is wrong with `ownership` beyond its shape. */
export function ownershipProblems(settings: PawlSettings, document: Document): Problem[] {
  const problems: Problem[] = [];
  const paths = new Map<string, number>();
  for (const [index, entry] of (settings.ownership ?? []).entries()) {
    const path = treePath(entry.path);
    const earlier = paths.get(path);
    if (earlier !== undefined) {
      const message = `The path \`${path === '' ? '.' : path}\` has two owners: entries ${earlier + 1} and ${index + 1}.`;
      const finding = { code: 'settings.duplicate', message, help: 'Join them in one entry.' };
      problems.push(problemIn(document, ['ownership', index, 'path'], finding));
    }
    paths.set(path, earlier ?? index);
    for (const [position, kind] of (entry.kinds ?? []).entries()) {
      if (kinds.some((known) => known === kind)) continue;
      const help = didYouMean(kind, kinds) ?? `One of: ${kinds.join(', ')}.`;
      const finding = { code: 'manifest.kind', message: `\`${kind}\` is no kind.`, help };
      problems.push(problemIn(document, ['ownership', index, 'kinds', position], finding));
    }
  }
  return problems;
}

/** Reports what is declared or patched where its namespace or kind may not be. */
export function checkOwnership(manifests: Iterable<Validated>, ownership: readonly Ownership[], report: Report): void {
  if (ownership.length === 0) return;
  const paths = ownership.map(({ path }) => path);
  // Files are many to a folder, and a folder's entry is one: asked once for each.
  const owners = new Map<string, Ownership | undefined>();
  for (const manifest of manifests) {
    for (const document of manifest.document.layers ?? [manifest.document]) {
      const { file } = document.place;
      // Nobody's folder: who may override is asked elsewhere.
      if (isOverridePath(file)) continue;
      if (!owners.has(file)) owners.set(file, ownership[layerOf(file, paths)]);
      const entry = owners.get(file);
      if (entry === undefined) continue;
      for (const { path, finding } of trespasses(manifest, entry)) report(manifest, path, { ...finding, document });
    }
  }
}

function trespasses(
  { identity, content }: Validated,
  { path, namespaces, kinds: allowed, place }: Ownership,
): { path: Path; finding: Finding }[] {
  if (identity === undefined) return [];
  const where = `${path === '' ? 'the repository' : `\`${path}\``} (${place.file}:${place.line})`;
  const found: { path: Path; finding: Finding }[] = [];
  if (namespaces !== undefined && !namespaces.includes(identity.namespace)) {
    const message = `Manifests of ${where} may not declare resources of the namespace \`${identity.namespace}\`.`;
    const help = `${listed('The namespace', namespaces)} Move the manifest, or change the ownership in pawl.yaml.`;
    found.push({ path: ['metadata', 'namespace'], finding: { code: 'ownership.namespace', message, help } });
  }
  // They give models and shares to every namespace: whoever owns some owns no such Defaults.
  const reachesAll =
    identity.kind === 'Defaults' && objectAt(content?.manifest ?? {}, 'spec')['scope'] === 'environment';
  if (namespaces !== undefined && reachesAll) {
    const message = `Manifests of ${where} may not declare Defaults of the whole environment.`;
    const help = 'Write `scope: namespace`, or move the Defaults to a folder whose ownership lists no namespaces.';
    found.push({ path: ['spec', 'scope'], finding: { code: 'ownership.namespace', message, help } });
  }
  if (allowed !== undefined && !allowed.includes(identity.kind)) {
    const message = `Manifests of ${where} may not declare the kind ${identity.kind}.`;
    const help = `${listed('The kind', allowed)} Move the manifest, or change the ownership in pawl.yaml.`;
    found.push({ path: ['kind'], finding: { code: 'ownership.kind', message, help } });
  }
  return found;
}

function listed(what: string, names: readonly string[]): string {
  if (names.length === 0) return 'Nothing may be declared there.';
  return names.length === 1 ? `${what} there is ${names[0] ?? ''}.` : `${what}s there are ${names.join(', ')}.`;
}
