import type { JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import type { Kind } from './resource.ts';
import type { Path } from './text.ts';

/** A file that belongs to a manifest. */
export interface FileNeed {
  readonly field: 'promptFile' | 'scriptFile';
  /** As the author wrote it. */
  readonly written: string;
  /** From the root of the repository; undefined: it leads out of it. */
  readonly path: string | undefined;
}

/** The prompt or script file that a manifest names. A path is relative to the document that wrote it: ask `fileOf`. */
export function fileNeedOf(kind: Kind, manifest: JsonObject, fileOf: (path: Path) => string): FileNeed | undefined {
  const field = kind === 'Agent' ? 'promptFile' : kind === 'ModelEndpoint' ? 'scriptFile' : undefined;
  if (field === undefined) return undefined;
  const written = objectAt(manifest, 'spec')[field];
  return typeof written === 'string'
    ? { field, written, path: repositoryPath(written, fileOf(['spec', field])) }
    : undefined;
}

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
