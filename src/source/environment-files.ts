import { exitCodes, TerminalError } from '../errors.ts';
import { isManifestPath, lockPath, nameFault, settingsPath, shownPath } from '../manifest/file-name.ts';
import {
  type FileLimits,
  fileTooLarge,
  lockFileBytesMax,
  namedFileBytesMax,
  validateFileSizes,
} from '../manifest/limits.ts';
import type { Problem } from '../manifest/problem.ts';
import type { EnvironmentSettings } from '../manifest/resource.ts';
import { treePath } from '../manifest/tree-path.ts';
import { encodingProblem, entryProblem, fileProblem } from './entry-problem.ts';
import { batchesOf, type FileDocuments, fileDocuments, readFileDocuments, unreadFile } from './file-documents.ts';
import { coverOf } from './git-text.ts';
import type { Listing } from './listing.ts';
import type { Repository, TreeEntry } from './reader.ts';
import type { SnapshotCache, SnapshotState, Texts } from './snapshot-cache.ts';
import { workingCopyCommit } from './working-copy.ts';

/** What the steps of one snapshot share. */
export interface Reading {
  readonly repository: Repository;
  readonly environment: EnvironmentSettings;
  readonly paths: readonly string[];
  readonly limits: FileLimits;
  readonly cache: SnapshotCache;
  readonly before: SnapshotState | undefined;
}

/** Every manifest file at the environment's paths; after an earlier snapshot only what changed is looked at. */
export async function readManifests(reading: Reading, listing: Listing): Promise<ReadonlyMap<string, FileDocuments>> {
  const { before, cache, limits, repository } = reading;
  const { changed } = listing;
  const documents = new Map(changed === undefined ? [] : before?.documents);
  const isManifest = manifestFilter(reading);
  const fresh: TreeEntry[] = [];
  for (const path of changed ?? listing.entries.keys()) {
    documents.delete(path);
    const entry = listing.entries.get(path);
    if (entry !== undefined && isManifest(entry)) fresh.push(entry);
  }
  assertSizes([...Array.from(documents.values(), ({ entry }) => entry), ...fresh], limits);
  const unread: TreeEntry[] = [];
  for (const entry of fresh) {
    const known = refusedFile(entry, limits) ?? cache.documentsOf(entry.id, entry.path);
    if (known === undefined) unread.push(entry);
    else documents.set(entry.path, known);
  }
  await readFileDocuments(repository, unread, (file) => {
    documents.set(file.entry.path, file);
    cache.keepDocuments(file);
  });
  return documents;
}

function manifestFilter({ paths }: Reading): (entry: TreeEntry) => boolean {
  const inside = coverOf(paths);
  return ({ kind, path }) => kind === 'file' && isManifestPath(path) && inside(path);
}

/** The prompt and script files that manifests name, from the same commit. */
export async function readTexts(reading: Reading, listing: Listing, needed: ReadonlySet<string>): Promise<Texts> {
  const before = reading.before?.texts;
  const ids = new Map<string, string>();
  const bytes = new Map<string, Uint8Array>();
  const unread: TreeEntry[] = [];
  for (const path of needed) {
    const entry = listing.entries.get(path);
    if (entry === undefined || entry.kind !== 'file') continue;
    ids.set(path, entry.id);
    const known = before?.ids.get(path) === entry.id ? before.bytes.get(path) : undefined;
    if (known !== undefined) bytes.set(path, known);
    else if (entry.size > bytesMaxOf(path)) bytes.set(path, unreadBytes(entry.size));
    else unread.push(entry);
  }
  assertSizes(unread, reading.limits);
  for (const batch of batchesOf(unread)) {
    const blobs = await reading.repository.read(
      batch.map(({ id }) => id),
      Math.max(...batch.map(({ path }) => bytesMaxOf(path))),
    );
    for (const { path, id } of batch) {
      const blob = blobs.get(id);
      if (blob !== undefined) bytes.set(path, blob);
    }
  }
  return { ids, bytes };
}

function bytesMaxOf(path: string): number {
  return path === lockPath ? lockFileBytesMax : namedFileBytesMax(path);
}

/** Stands for content that is too large to be read: it is refused by its length, where the manifest names it. */
function unreadBytes(size: number): Uint8Array {
  // Zeros that nobody looks at take no memory, and a gigabyte of them is as much over the limit as more would be.
  return new Uint8Array(Math.min(size, 2 ** 30));
}

/** Links and submodules that a manifest names or that lie at the paths; hidden folders are nobody's manifests. */
export function entryProblems(listing: Listing, needed: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  for (const entry of listing.entries.values()) {
    if (entry.kind === 'file') continue;
    if (needed.has(entry.path) || !isHidden(entry.path)) problems.push(entryProblem(entry));
  }
  return problems;
}

/** A path that is not there is a mistake or an accident, never a wish to delete what it held. */
export function missingPaths(listing: Listing, { paths, environment }: Reading): Problem[] {
  const problems: Problem[] = [];
  for (const path of paths) {
    const folder = `${path}/`;
    let found = path === '' && listing.entries.size > 0;
    for (const entry of listing.entries.keys()) {
      if (found) break;
      found = entry === path || entry.startsWith(folder);
    }
    if (!found) problems.push(pathMissing(path, environment, listing.commit));
  }
  return problems;
}

function assertSizes(files: readonly TreeEntry[], limits: FileLimits): void {
  const problem = validateFileSizes(files, limits).find(({ code }) => code !== 'limits.file_bytes');
  if (problem === undefined) return;
  throw new TerminalError(problem.message, {
    code: problem.code,
    exit: exitCodes.findings,
    ...(problem.help === undefined ? {} : { help: problem.help }),
  });
}

/** A file that its name or size forbids to read. */
function refusedFile(entry: TreeEntry, limits: FileLimits): FileDocuments | undefined {
  if (entry.path.includes('\ufffd')) return unreadFile(entry, encodingProblem(entry));
  // The parser refuses the name before it looks at the content, which therefore need not be read.
  if (nameFault(entry.path) !== undefined) return fileDocuments(entry, new Uint8Array());
  if (entry.size <= limits.fileBytesMax) return undefined;
  return unreadFile(entry, fileTooLarge(entry.path, entry.size, limits.fileBytesMax));
}

export function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.'));
}

export function shownCommit(commit: string): string {
  return commit === workingCopyCommit ? 'The working copy' : `Commit ${commit.slice(0, 12)}`;
}

function pathMissing(path: string, environment: EnvironmentSettings, commit: string): Problem {
  const shown = path === '' ? 'any file' : `the path ${shownPath(path)}`;
  const message = `${shownCommit(commit)} lacks ${shown} of the environment ${environment.name}; nothing is deleted for that.`;
  const written = environment.paths.findIndex((other) => treePath(other) === path);
  return {
    ...fileProblem(settingsPath, {
      code: 'source.path_missing',
      message,
      help: 'Restore the path, or correct it in pawl.yaml.',
    }),
    ...environment.pathPlaces?.[written],
  };
}
