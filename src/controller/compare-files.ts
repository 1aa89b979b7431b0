import { lstatSync } from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import { exitCodes, TerminalError } from '../errors.ts';
import { digest } from '../manifest/digest.ts';
import { isManifestPath, settingsPath } from '../manifest/file-name.ts';
import type { FileNeed } from '../manifest/file-need.ts';
import { isJsonObject, type JsonObject } from '../manifest/json.ts';
import { defaultFileLimits, namedFileBytesMax } from '../manifest/limits.ts';
import { moduleDigest } from '../manifest/resolve-module.ts';
import type { Address } from '../manifest/resource.ts';
import { shownText } from '../manifest/shown.ts';
import type { Validated } from '../manifest/validate.ts';
import type { Change } from '../plan/change.ts';
import { type FileDocuments, readFileDocuments } from '../source/file-documents.ts';
import { listPaths } from '../source/listing.ts';
import type { Repository } from '../source/repository.ts';
import { WorkingCopy, workingCopyCommit } from '../source/working-copy.ts';
import { type Content, differences, type Side } from './compare.ts';

export interface FilesCompared {
  readonly from: string;
  readonly to: string;
  readonly changes: readonly Change[];
}

/** What differs between two files or two folders of manifests: each by itself, whatever they refer to. */
export async function compareFiles(request: {
  readonly from: string;
  readonly to: string;
  readonly cwd: string;
}): Promise<FilesCompared> {
  const [before, after] = await Promise.all([sideOf(request.from, request.cwd), sideOf(request.to, request.cwd)]);
  return { from: before.name, to: after.name, changes: differences(before, after) };
}

async function sideOf(path: string, cwd: string): Promise<Side> {
  const isFolder = lstatSync(path).isDirectory();
  const root = isFolder ? path : dirname(path);
  const files = new WorkingCopy({ root });
  const listed = await listPaths(files, workingCopyCommit, {
    paths: [isFolder ? '' : basename(path)],
    before: undefined,
  });
  const { fileBytesMax, filesMax } = defaultFileLimits;
  const entries = [...listed.entries.values()].filter(
    ({ kind, path: file, size }) =>
      kind === 'file' && isManifestPath(file) && file !== settingsPath && size <= fileBytesMax,
  );
  if (entries.length > filesMax) throw tooMany(path, entries.length);
  const documents: FileDocuments[] = [];
  await readFileDocuments(files, entries, (file) => void documents.push(file));
  const contents = new Map<Address, Content>();
  for (const file of documents) {
    for (const document of file.documents) {
      const content = await contentOf(files, document);
      if (content !== undefined && document.address !== undefined) contents.set(document.address, content);
    }
  }
  const name = relative(cwd, path) || '.';
  const mistake = documents.flatMap(mistakes)[0];
  if (mistake === undefined) return { name, contents };
  throw new TerminalError(`${name} has errors; the first is ${mistake}`, {
    code: 'diff.invalid',
    help: 'Correct what `pawl validate` reports.',
    exit: exitCodes.findings,
  });
}

function mistakes({ problems, documents }: FileDocuments): readonly string[] {
  return [...problems, ...documents.flatMap((document) => document.problems)]
    .filter(({ severity }) => severity === 'error')
    .map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
}

/** The manifest with its prompt or script in it, so that a change of that file is seen. */
async function contentOf(files: Repository, { content, document }: Validated): Promise<Content | undefined> {
  if (content === undefined) return undefined;
  let { manifest } = content;
  for (const need of content.files) manifest = withText(manifest, need, await textOf(files, need));
  return { manifest, digest: digest(manifest), place: document.place };
}

/** A module is told apart by its digest. */
async function textOf(files: Repository, { path, at }: FileNeed): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const [entry] = await files.entries(workingCopyCommit, [path]);
  const bytesMax = namedFileBytesMax(path);
  if (entry === undefined || entry.kind !== 'file' || entry.size > bytesMax) return undefined;
  const bytes = (await files.read([entry.id], bytesMax)).get(entry.id);
  if (bytes === undefined) return undefined;
  return at.at(-1) === 'module' ? moduleDigest(bytes) : Buffer.from(bytes).toString('utf8');
}

/** A file that is not there stays named: it may lie outside of what is compared. */
function withText(manifest: JsonObject, { at }: FileNeed, text: string | undefined): JsonObject {
  const [key, ...path] = at;
  if (text === undefined || key === undefined) return manifest;
  if (path.length === 0) {
    const { [key]: _file, ...rest } = manifest;
    return {
      ...rest,
      [String(key)
        .replace(/File$/, '')
        .replace(/^file$/, 'text')]: text,
    };
  }
  const inner = manifest[key];
  return isJsonObject(inner)
    ? { ...manifest, [key]: withText(inner, { at: path, written: '', path: '' }, text) }
    : manifest;
}

function tooMany(path: string, count: number): TerminalError {
  return new TerminalError(`${shownText(path)} holds ${count} manifest files, which is more than one snapshot may.`, {
    code: 'limits.files',
    help: 'Compare a folder of it.',
    exit: exitCodes.usage,
  });
}
