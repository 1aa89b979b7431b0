import { compareText } from '../problem.ts';
import type { Emitted } from './conversion.ts';
import type { ForeignDocument } from './foreign.ts';
import { manifestComments } from './manifest-comments.ts';
import { manifestPlace } from './manifest-place.ts';
import { renderManifest } from './render-manifest.ts';

/** A file that the import writes. */
export interface Written {
  readonly path: string;
  readonly text: string;
  readonly resource: Emitted;
}

/** The files of the resources, in the order of their paths. */
export function written(
  resources: readonly Emitted[],
  isOwn: (document: ForeignDocument, resource: Emitted) => boolean,
): readonly Written[] {
  const isNamespaced = new Set(resources.map(({ namespace }) => namespace)).size > 1;
  return resources
    .map((resource) => {
      const comments = manifestComments(resource, (document) => isOwn(document, resource));
      return { path: manifestPlace(resource, isNamespaced), text: renderManifest(resource, comments), resource };
    })
    .sort((a, b) => compareText(a.path, b.path));
}
