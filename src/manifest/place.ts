import type { Document } from './document.ts';
import { problemIn } from './position.ts';
import type { Place } from './resource.ts';
import type { Path } from './text.ts';

/** Where what a path leads to is written. */
export function placeIn(document: Document, path: Path): Place {
  const { file, line, column } = problemIn(document, path, { code: '', message: '' });
  return { file, line, column };
}
