import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import type { Kind } from '../manifest/resource.ts';
import { schemas } from '../manifest/schemas.gen.ts';
import { schemaOf } from '../manifest/validate.ts';

/** Where a manifest of one kind holds values that must never be shown: the `x-sensitive` parts of its schema. */
export interface SensitiveTree {
  readonly sensitive: boolean;
  readonly children: ReadonlyMap<string, SensitiveTree>;
  /** Map values and list entries, whatever their key. */
  readonly any: SensitiveTree | undefined;
}

export type SensitiveFields = (kind: Kind) => SensitiveTree | undefined;

/** The sensitive fields of the shipped schemas. */
export function sensitiveFields(kind: Kind): SensitiveTree | undefined {
  return treeOf(schemas[`${schemaOf[kind]}.schema.json`] ?? {}, kind);
}

/** One step down, into a key of a map or an entry of a list: all of a sensitive value is sensitive. */
export function sensitiveChild(tree: SensitiveTree | undefined, key: string): SensitiveTree | undefined {
  if (tree?.sensitive) return tree;
  return tree?.children.get(key) ?? tree?.any;
}

/** JSON pointers of the sensitive values in a manifest; of a sensitive map, one for each entry. */
export function sensitivePointers(value: Json | undefined, tree: SensitiveTree | undefined, pointer = ''): string[] {
  if (value === undefined || tree === undefined) return [];
  if (typeof value !== 'object' || value === null) return tree.sensitive ? [pointer] : [];
  const entries = Object.entries(value);
  if (tree.sensitive) return entries.map(([key]) => `${pointer}/${pointerKey(key)}`);
  return entries.flatMap(([key, child]) =>
    sensitivePointers(child, sensitiveChild(tree, key), `${pointer}/${pointerKey(key)}`),
  );
}

/** A key as a part of a JSON pointer (RFC 6901). */
export function pointerKey(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

const trees = new Map<Kind, SensitiveTree | undefined>();

function treeOf(schema: JsonObject, kind: Kind): SensitiveTree | undefined {
  if (!trees.has(kind)) trees.set(kind, sensitiveTree(schema));
  return trees.get(kind);
}

/** Undefined where nothing below is sensitive, so that a walk over such a part costs nothing. */
export function sensitiveTree(schema: Json | undefined): SensitiveTree | undefined {
  if (!isJsonObject(schema)) return undefined;
  if (schema['x-sensitive'] === true) return { sensitive: true, children: new Map(), any: undefined };
  const target = schema['$ref'] === undefined ? undefined : sensitiveTree(referenced(schema['$ref']));
  const children = new Map(target?.children);
  for (const [name, child] of Object.entries(isJsonObject(schema['properties']) ? schema['properties'] : {})) {
    const tree = sensitiveTree(child);
    if (tree !== undefined) children.set(name, tree);
  }
  const any = sensitiveTree(schema['additionalProperties']) ?? sensitiveTree(schema['items']) ?? target?.any;
  return target?.sensitive || children.size > 0 || any !== undefined
    ? { sensitive: target?.sensitive ?? false, children, any }
    : undefined;
}

/** References within `common.schema.json#/$defs/…` do not nest into themselves, so the walk ends. */
function referenced(ref: Json): Json | undefined {
  const name = typeof ref === 'string' ? /^common\.schema\.json#\/\$defs\/(\w+)$/.exec(ref)?.[1] : undefined;
  const definitions = schemas['common.schema.json']?.['$defs'];
  return name !== undefined && isJsonObject(definitions) ? definitions[name] : undefined;
}
