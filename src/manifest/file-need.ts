import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import type { Kind } from './resource.ts';
import type { Path } from './text.ts';

/** A file that belongs to a manifest. */
export interface FileNeed {
  /** The field that names it. */
  readonly at: Path;
  /** As the author wrote it. */
  readonly written: string;
  /** From the root of the repository; undefined: it leads out of it. */
  readonly path: string | undefined;
}

const none: readonly FileNeed[] = [];

/** The files of prompts, scripts and tools that a manifest names. A path is relative to the document that wrote it: ask `fileOf`. */
export function fileNeedsOf(kind: Kind, manifest: JsonObject, fileOf: (path: Path) => string): readonly FileNeed[] {
  const needs: FileNeed[] = [];
  for (const at of fileFields(kind, manifest)) {
    const written = at.reduce<Json | undefined>(
      (value, key) => (isJsonObject(value) ? value[key] : undefined),
      manifest,
    );
    if (typeof written === 'string') needs.push({ at, written, path: repositoryPath(written, fileOf(at)) });
  }
  return needs.length === 0 ? none : needs;
}

function fileFields(kind: Kind, manifest: JsonObject): readonly (readonly string[])[] {
  if (kind === 'Agent') return promptFile;
  if (kind === 'ModelEndpoint') return scriptFile;
  if (kind === 'Tool') return toolFiles;
  if (kind !== 'PromptLibrary') return [];
  const keys = Object.keys(objectAt(objectAt(manifest, 'spec'), 'prompts'));
  return keys.map((key) => ['spec', 'prompts', key, 'file']);
}

const promptFile = [['spec', 'promptFile']];
const scriptFile = [['spec', 'scriptFile']];
const toolFiles = [
  ['spec', 'code', 'file'],
  ['spec', 'wasm', 'module'],
];

/** Relative to the manifest, or to the repository with a leading `/`. By text alone: no file system is asked. */
export function repositoryPath(written: string, manifestFile: string): string | undefined {
  const parts = written.startsWith('/') ? [] : manifestFile.split('/').slice(0, -1);
  for (const part of written.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (parts.pop() === undefined) return undefined;
    } else parts.push(part);
  }
  const path = parts.join('/');
  // Git's own folder is no part of a tree, and a backslash or a control character names no file that is meant well.
  if (path === '' || /[\\\p{Cc}]/u.test(path) || parts.some((part) => part.toLowerCase() === '.git')) return undefined;
  return path;
}
