import { isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';

/** What stands in the place of a value that nobody is shown. */
export const sensitive = '(sensitive)';

/**
 * Arguments as people see them: whatever the tool's schema says `x-sensitive` of is not there. Which alternative of a
 * schema a value is of is not asked: what any of them would hide is hidden, and so is all that cannot be made out.
 */
export function shownArguments(args: Json, schema: JsonObject): Json {
  if (!JSON.stringify(schema).includes('"x-sensitive"')) return args;
  return new Masking(schema).show(args, schema);
}

/** A schema that leads to itself without end is given up after so many looks, and hides. */
const looksMax = 100_000;
/** Arguments nest no deeper than 32; what leads on without a step down is no schema that a person wrote. */
const depthMax = 128;

class Masking {
  readonly #root: JsonObject;
  #looks = 0;

  constructor(root: JsonObject) {
    this.#root = root;
  }

  show(value: Json, schema: Json | undefined, depth = 0): Json {
    if (schema === undefined || typeof schema === 'boolean') return value;
    this.#looks += 1;
    if (!isJsonObject(schema) || depth > depthMax || this.#looks > looksMax) return sensitive;
    if (schema['x-sensitive'] === true) return sensitive;
    const next = depth + 1;
    const seen = this.#parts(schema).reduce<Json>((left, part) => this.show(left, part, next), value);
    if (Array.isArray(seen))
      return seen.map((entry: Json, index) =>
        itemSchemas(schema, index).reduce<Json>((left, part) => this.show(left, part, next), entry),
      );
    if (!isJsonObject(seen)) return seen;
    const fields = Object.entries(seen).map(([name, field]) => {
      const parts = fieldSchemas(schema, name);
      return [name, parts.reduce<Json>((left, part) => this.show(left, part, next), field)] as const;
    });
    return Object.fromEntries(fields);
  }

  /** Schemas of the same value. */
  #parts(schema: JsonObject): readonly Json[] {
    const ref = own(schema, '$ref');
    const listed = ['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => listOf(own(schema, keyword)));
    const single = ['if', 'then', 'else', 'not'].flatMap((keyword) => own(schema, keyword) ?? []);
    return [
      ...(ref === undefined ? [] : [this.#referred(ref)]),
      ...listed,
      ...single,
      ...valuesOf(schema, 'dependentSchemas'),
    ];
  }

  /** Null, which hides, where a reference leads nowhere that is known here. */
  #referred(ref: Json): Json {
    if (ref === '#') return this.#root;
    if (typeof ref !== 'string' || !ref.startsWith('#/')) return null;
    const steps = ref
      .slice(2)
      .split('/')
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    return (
      steps.reduce<Json | undefined>(
        (at, step) => (Array.isArray(at) ? at[Number(step)] : isJsonObject(at) ? own(at, step) : undefined),
        this.#root,
      ) ?? null
    );
  }
}

function itemSchemas(schema: JsonObject, index: number): readonly Json[] {
  const prefix = listOf(own(schema, 'prefixItems'))[index];
  const item = prefix ?? own(schema, 'items');
  return [item, own(schema, 'contains'), own(schema, 'unevaluatedItems')].filter((part) => part !== undefined);
}

/** Patterns are not matched here: a field that one of them might hide is hidden. */
function fieldSchemas(schema: JsonObject, name: string): readonly Json[] {
  const { properties } = schema;
  const named = isJsonObject(properties) ? own(properties, name) : undefined;
  const others =
    named === undefined ? [own(schema, 'additionalProperties'), own(schema, 'unevaluatedProperties')] : [named];
  return [...others.filter((part) => part !== undefined), ...valuesOf(schema, 'patternProperties')];
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function valuesOf(schema: JsonObject, keyword: string): readonly Json[] {
  const map = own(schema, keyword);
  return isJsonObject(map) ? Object.values(map) : [];
}
