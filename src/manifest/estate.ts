import type { Document } from './document.ts';
import type { Address, Identity } from './resource.ts';
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
  readonly sound: readonly Sound[];
}

/** What is wrong with a manifest, at the path of a field. */
export interface PlacedFinding {
  readonly path: Path;
  readonly finding: Finding;
}

/** What is wrong in a manifest, or in that one of its layers that is named. */
export type Report = (manifest: Validated, path: Path, finding: Finding & { readonly document?: Document }) => void;

export function isSound(manifest: Validated): manifest is Sound {
  return manifest.content !== undefined && manifest.identity !== undefined && manifest.address !== undefined;
}
