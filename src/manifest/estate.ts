import type { Document } from './document.ts';
import { mayHold, mayHoldAny, type Lost } from './lost.ts';
import type { ManifestReference } from './manifest-reference.ts';
import { isBefore, layerOf } from './overlay.ts';
import type { Address, Identity, Kind } from './resource.ts';
import type { Finding, Path } from './text.ts';
import type { Content, Validated } from './validate.ts';

/** Prompt and script files by path; the same bytes by the same object are read once. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** A manifest that is right by itself. */
export interface Sound extends Validated {
  readonly identity: Identity;
  readonly address: Address;
  readonly content: Content;
}

/** Everything that documents say of each other, by look-ups alone: ten thousand of them are a few milliseconds. */
export interface Estate {
  /** Whatever could be identified, wrong or not: a reference to it is not missing. */
  readonly known: ReadonlyMap<Address, Validated>;
  /** Those that are checked: all of them, or those that a change bears on. */
  readonly subjects: readonly Validated[];
  /** The subjects that are right by themselves. */
  readonly sound: readonly Sound[];
  /** The same by kind; of policies, permissions and pools all there are: each may bear on any subject. */
  readonly byKind: ReadonlyMap<Kind, readonly Sound[]>;
  /** What documents that cannot be read, or whose identity cannot, may declare. */
  readonly lost: readonly Lost[];
}

/** What is wrong with a manifest, at the path of a field. */
export interface PlacedFinding {
  readonly path: Path;
  readonly finding: Finding;
}

/** What is wrong in a manifest, or in that one of its layers that is named. */
export type Report = (manifest: Validated, path: Path, finding: Finding & { readonly document?: Document }) => void;

/** What is around the documents of an environment. */
export interface EstateBounds {
  /** Of the environment, in order. */
  readonly paths?: readonly string[];
  readonly lost?: readonly Lost[];
}

/** Joins documents by their identity; one identity twice is reported, and the first by place stays. */
export function estateOf(manifests: readonly Validated[], bounds: EstateBounds, report: Report): Estate {
  const known = new Map<Address, Validated>();
  for (const manifest of manifests) {
    if (manifest.address === undefined) continue;
    const other = known.get(manifest.address);
    // The first by place stays, so that the order in which files are read never shows.
    const [first, second] = other === undefined || isBefore(manifest, other) ? [manifest, other] : [other, manifest];
    known.set(manifest.address, first);
    if (second !== undefined) report(second, ['metadata', 'name'], twice(first, second, bounds.paths ?? []));
  }
  return estateAmong(known, [...known.values()], { lost: bounds.lost ?? [] });
}

/** Some of what is known, to be checked. */
export function estateAmong(
  known: ReadonlyMap<Address, Validated>,
  subjects: readonly Validated[],
  { lost = [], rules = new Map() }: { readonly lost?: readonly Lost[]; readonly rules?: Estate['byKind'] } = {},
): Estate {
  const sound: Sound[] = [];
  const byKind = new Map<Kind, Sound[]>();
  for (const manifest of subjects) {
    if (!isSound(manifest)) continue;
    sound.push(manifest);
    const kin = byKind.get(manifest.identity.kind);
    if (kin === undefined) byKind.set(manifest.identity.kind, [manifest]);
    else kin.push(manifest);
  }
  return { known, subjects, sound, byKind: new Map([...byKind, ...rules]), lost };
}

/** Whether the target of a reference may be in a document that cannot be read: by its name, or for all that is known. */
export function mayBeLost(reference: ManifestReference, { lost }: Estate): 'named' | 'possible' | undefined {
  if (lost.some((one) => mayHold(one, reference))) return 'named';
  return lost.some((one) => mayHoldAny(one, reference)) ? 'possible' : undefined;
}

export function isSound(manifest: Validated): manifest is Sound {
  return manifest.content !== undefined && manifest.identity !== undefined && manifest.address !== undefined;
}

function twice(first: Validated, second: Validated, paths: readonly string[]): Finding {
  const name = first.address ?? '';
  const { file, line } = first.document.place;
  const layers = [first, second].map(({ document }) => layerOf(document.place.file, paths));
  return {
    code: 'manifest.duplicate',
    message: `${name} is declared twice: here and at ${file}:${line}.`,
    help:
      layers[0] === layers[1]
        ? 'Remove one of the two, or rename it.'
        : 'Add the annotation `pawl/patch: merge` to the one in the later path to change only what it says, or remove one of the two.',
  };
}
