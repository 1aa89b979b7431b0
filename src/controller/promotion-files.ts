import { posix } from 'node:path';
import { removeDocument } from '../manifest/edit.ts';
import type { Document } from '../manifest/document.ts';
import { makingOf } from '../manifest/origin.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address, Resource, Snapshot } from '../manifest/resource.ts';
import { type FilesAt, textAt } from './accept.ts';
import type { PathMap } from './promotion-paths.ts';

export interface Promoting {
  readonly at: FilesAt;
  readonly from: Snapshot;
  readonly to: Snapshot;
  readonly map: PathMap;
  /** None: all of it. */
  readonly only: readonly Address[];
}

export interface PromotedFiles {
  /** As they are to be in the other environment, by path. */
  readonly edited: ReadonlyMap<string, string>;
  /** What they declare. */
  readonly addresses: readonly Address[];
  /** Comes to both from the same file. */
  readonly shared: readonly Address[];
  /** What is left out, and why; text of ours with names from outside. */
  readonly left: readonly { readonly address: Address; readonly because: string }[];
}

interface SourceFile {
  readonly path: string;
  readonly target: string;
  readonly resources: Resource[];
}

/** The files that bring what one environment declares to another: whole files with their comments, without patches. */
export async function promotedFiles(promoting: Promoting): Promise<PromotedFiles> {
  const { from, map, only } = promoting;
  const [shared, left]: [Address[], { address: Address; because: string }[]] = [[], []];
  const files = new Map<string, SourceFile>();
  for (const resource of from.resources.values()) {
    const base = layersOf(resource)[0];
    if (base === undefined || (only.length > 0 && !only.includes(resource.address))) continue;
    const path = base.source.file;
    const target = map.targetOf(path);
    if (target === undefined) {
      shared.push(resource.address);
      continue;
    }
    const file = files.get(path) ?? { path, target, resources: [] };
    file.resources.push(resource);
    files.set(path, file);
  }
  const edited = new Map<string, string>();
  const addresses: Address[] = [];
  for (const file of [...files.values()].sort((a, b) => compareText(a.path, b.path))) {
    const made = await promoteFile(promoting, file);
    if (typeof made === 'string') {
      left.push(...file.resources.map(({ address }) => ({ address, because: made })));
      continue;
    }
    for (const [path, text] of made) edited.set(path, text);
    addresses.push(...file.resources.map(({ address }) => address));
  }
  return { edited, addresses, shared, left };
}

/** The files to write for one, or why it is left out. */
async function promoteFile(promoting: Promoting, file: SourceFile): Promise<ReadonlyMap<string, string> | string> {
  const { at, map } = promoting;
  const target = targetIn(promoting, file);
  if (typeof target !== 'string') return target.because;
  // Patches of a path that both have are of both; those of a path of its own say what is special there.
  const isOverlay = map.targetOf(file.path) !== file.path;
  const text = await withoutPatches(promoting, { path: file.path, isOverlay });
  if (text === undefined) return `${file.path} cannot be taken apart without a risk to what it says`;
  const edited = new Map([[target, text]]);
  for (const { at: source, to } of textsOf(file, target)) {
    if (source === to && map.isSameBranch) continue;
    if (source !== to && !map.isTarget(to)) return `${to}, which it reads in, is in no path of the other environment`;
    const content = await textAt(at, source);
    if (content === undefined) return `${source}, which it reads in, is not there`;
    edited.set(to, content);
  }
  return edited;
}

/** Where the other environment has these resources already, else the file that stands for this one. */
function targetIn({ to, from, map }: Promoting, file: SourceFile): string | { readonly because: string } {
  const declared = new Set<string>();
  for (const { address } of file.resources) {
    const base = layersOf(to.resources.get(address))[0];
    if (base !== undefined) declared.add(base.source.file);
  }
  if (declared.size > 1) return { because: `it stands in several files there: ${[...declared].join(', ')}` };
  const target = [...declared][0] ?? file.target;
  if (!map.isTarget(target)) return { because: `${target} is in no path of the other environment` };
  if (map.isSameBranch && from.resources.size > 0 && isRead(from, target)) {
    return { because: `it comes from ${target} there, which is shared` };
  }
  const own = new Set(file.resources.map(({ address }) => address));
  for (const resource of to.resources.values()) {
    for (const [index, { source }] of layersOf(resource).entries()) {
      if (source.file !== target || target === file.path) continue;
      if (index > 0) return { because: `${target} also holds a patch of ${resource.address}, which stays` };
      if (!own.has(resource.address)) return { because: `${target} also holds ${resource.address}, which stays` };
    }
  }
  return target;
}

function isRead({ resources }: Snapshot, path: string): boolean {
  return [...resources.values()].some((resource) => layersOf(resource).some(({ source }) => source.file === path));
}

async function withoutPatches(
  { at, from }: Promoting,
  { path, isOverlay }: { readonly path: string; readonly isOverlay: boolean },
): Promise<string | undefined> {
  const text = await textAt(at, path);
  if (text === undefined || !isOverlay) return text;
  const patches = [...from.resources.values()].flatMap((resource) =>
    layersOf(resource)
      .slice(1)
      .filter(({ source }) => source.file === path),
  );
  let kept: string | undefined = text;
  // From the last to the first, so that the places of the others stay.
  for (const { index } of patches.sort((a, b) => b.index - a.index)) {
    kept = kept === undefined ? undefined : removeDocument({ path, text: kept }, index);
  }
  return kept;
}

/** Prompt and script files: where they stand, and where the manifest looks for them at its new place. */
function textsOf(file: SourceFile, target: string): readonly { readonly at: string; readonly to: string }[] {
  return file.resources.flatMap((resource) =>
    (makingOf(resource)?.manifest.content.files ?? []).flatMap(({ path, written }) => {
      if (path === undefined) return [];
      const to = written.startsWith('/') ? path : posix.join(posix.dirname(target), written);
      return [{ at: path, to }];
    }),
  );
}

/** What it is made of, the first of them not a patch; empty for what no manifest declares. */
function layersOf(resource: Resource | undefined): readonly Document[] {
  const document = resource === undefined ? undefined : makingOf(resource)?.manifest.document;
  return document === undefined ? [] : (document.layers ?? [document]);
}
