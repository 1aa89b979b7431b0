import type { Document } from './document.ts';
import { isJsonObject, own, type Json, type JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';
import { problemIn } from './position.ts';
import type { Problem } from './problem.ts';
import { checkPartialShape, type SchemaName } from './shape.ts';
import { shownText } from './shown.ts';

/** The annotation that makes a document a patch of the one with its identity in an earlier path. */
export const patchAnnotation = 'pawl/patch';

export function isPatch(manifest: JsonObject): boolean {
  return own(objectAt(objectAt(manifest, 'metadata'), 'annotations'), patchAnnotation) !== undefined;
}

/** What is wrong with a patch by itself: whatever it says must be of the right shape, and it need not say all. */
export function patchProblems(schema: SchemaName, manifest: JsonObject, document: Document): Problem[] {
  const problems = checkPartialShape(schema, manifest, document);
  const metadata = objectAt(manifest, 'metadata');
  const strategy = objectAt(metadata, 'annotations')[patchAnnotation];
  if (typeof strategy === 'string' && strategy !== 'merge') {
    const message = `\`${shownText(strategy)}\` is no way to patch.`;
    const help = 'Write `pawl/patch: merge`: maps are merged, `null` removes, lists are replaced.';
    problems.push(
      problemIn(document, ['metadata', 'annotations', patchAnnotation], { code: 'patch.strategy', message, help }),
    );
  }
  for (const field of ['name', 'namespace', 'renamedFrom']) {
    const value = own(metadata, field);
    if (value === undefined || (field !== 'renamedFrom' && value !== null)) continue;
    const message = `A patch cannot ${field === 'renamedFrom' ? 'rename a resource' : `remove \`metadata.${field}\``}: it is found by its identity.`;
    const help = 'Change the identity in the manifest that is patched, and follow it here.';
    problems.push(problemIn(document, ['metadata', field], { part: 'key', code: 'patch.identity', message, help }));
  }
  return problems;
}

/** What a patch says of the resource: without the annotation that makes it one. */
export function patchBody(value: Json): Json {
  if (!isJsonObject(value)) return value;
  const metadata = objectAt(value, 'metadata');
  const { [patchAnnotation]: _patch, ...annotations } = objectAt(metadata, 'annotations');
  const { annotations: _annotations, ...others } = metadata;
  const left = Object.keys(annotations).length === 0 ? others : { ...others, annotations };
  return { ...value, metadata: left };
}
