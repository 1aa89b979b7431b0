import type { Document } from './document.ts';
import type { Problem } from './problem.ts';
import type { Resource } from './resource.ts';
import { checkShape } from './shape.ts';
import { schemaOf } from './validate.ts';
import { unsupportedProblems } from './unsupported.ts';

/**
 * Whether this build may put a stored body in force again: it was valid by the schemas of the build that applied it,
 * and those may have been others. What it names is not looked at: a revision was a whole.
 */
export function storedProblems(resource: Resource): readonly Problem[] {
  const { kind, manifest, place, address } = resource;
  // Checking fills defaults in, and a stored body is what its digest says.
  const value = structuredClone(manifest);
  const document: Document = { value, place, index: 0, source: { file: place.file, text: JSON.stringify(manifest) } };
  const found = [...checkShape(schemaOf[kind], value, document), ...unsupportedProblems(kind, document)];
  return found
    .filter(({ severity, lacks }) => severity === 'error' || lacks !== undefined)
    .map((problem) => ({
      ...problem,
      ...place,
      address,
      message: `The stored ${address} cannot be honoured by this build: ${problem.message}`,
      help: 'Roll back with the build that applied it, or bring the resource up to date in Git and apply that.',
    }));
}
