import { isJsonList, isJsonObject, own, type Json, type JsonObject } from './json.ts';
import { schemas } from './schemas.gen.ts';

/** A field of a kind, as its schema describes it. */
export interface SchemaField {
  /** `name`, `name[]` for an entry of a list, `*` for a member of a map whose names an author chooses. */
  readonly path: readonly string[];
  /** References followed. */
  readonly schema: JsonObject;
  readonly required: boolean;
  readonly fields: readonly SchemaField[];
}

/** The schema of a kind, of `PawlSettings` or of `Script`. */
export function schemaTitled(title: string): JsonObject | undefined {
  return Object.values(schemas).find((schema) => schema['title'] === title);
}

/** Everything an author may write in a document of that title, outermost first. */
export function fieldsTitled(title: string): readonly SchemaField[] {
  const schema = schemaTitled(title);
  return schema === undefined ? [] : fieldsOf(schema, []);
}

/** A field and all that are in it. */
export function withInner(field: SchemaField): readonly SchemaField[] {
  return [field, ...field.fields.flatMap(withInner)];
}

/** What a schema says that it is for. */
export function descriptionOf(schema: Readonly<Record<string, unknown>> | undefined): string {
  const description = schema?.['description'];
  return typeof description === 'string' ? description : '';
}

/** `spec.tools[].toolRef`, `spec.graph.*.edges[].to`. */
export function pathText(path: readonly string[]): string {
  return path.reduce((text, step) => `${text}${text === '' || step === '[]' ? '' : '.'}${step}`, '');
}

/** What a reference stands for; what is written beside it says more, and wins. */
export function followed(schema: JsonObject): JsonObject {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return schema;
  const { $ref: _reference, ...beside } = schema;
  return { ...followed(definition(reference)), ...beside };
}

function definition(reference: string): JsonObject {
  const [file = '', pointer = ''] = reference.split('#');
  let found: Json | undefined = own(schemas, file);
  for (const step of pointer.split('/').slice(1)) found = isJsonObject(found) ? own(found, step) : undefined;
  if (isJsonObject(found)) return found;
  throw new TypeError(`there is no schema ${reference}`);
}

/** Fields of fields: deeper than any schema of ours, so that one that refers to itself ends. */
const depthMax = 12;

function fieldsOf(schema: JsonObject, path: readonly string[]): SchemaField[] {
  if (path.length > depthMax) return [];
  const required = isJsonList(schema['required']) ? schema['required'] : [];
  const fields: SchemaField[] = [];
  const add = (step: string, child: Json | undefined, isRequired: boolean): void => {
    if (!isJsonObject(child)) return;
    const described = followed(child);
    const inner = [...path, step];
    fields.push({ path: inner, schema: described, required: isRequired, fields: fieldsOf(described, inner) });
  };
  const { properties, additionalProperties, items } = schema;
  if (isJsonObject(properties))
    for (const [name, child] of Object.entries(properties)) add(name, child, required.includes(name));
  add('*', additionalProperties, false);
  if (isJsonObject(items)) add('[]', items, false);
  for (const branch of branchesOf(schema)) for (const field of fieldsOf(followed(branch), path)) keepNew(fields, field);
  return fields;
}

/** What may be written in one of several ways has its fields in the branches, described there. */
function branchesOf(schema: JsonObject): JsonObject[] {
  const { then: met, else: unmet, oneOf, anyOf, allOf } = schema;
  return [met, unmet, ...listOf(oneOf), ...listOf(anyOf), ...listOf(allOf)].filter(isJsonObject);
}

/** A branch that only restricts a field says nothing that its own description does not. */
function keepNew(fields: SchemaField[], field: SchemaField): void {
  const name = field.path.at(-1);
  if (typeof field.schema['description'] !== 'string') return;
  if (!fields.some(({ path }) => path.at(-1) === name)) fields.push(field);
}

function listOf(value: Json | undefined): JsonObject[] {
  return isJsonList(value) ? value.filter(isJsonObject) : [];
}
