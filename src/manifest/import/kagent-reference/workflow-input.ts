import { isJsonList, isJsonObject, type JsonObject } from '../../json.ts';
import { shownText } from '../../shown.ts';
import type { ForeignNode } from '../foreign.ts';
import { schemaOf } from './parameters.ts';

const known = ['name', 'type', 'required', 'enum', 'description', 'default'];
const types = ['string', 'number', 'integer', 'boolean', 'array', 'object'];

/** The schema of what a run is given: of a list of parameters, or as it stands. */
export function inputSchemaOf(input: ForeignNode): JsonObject | undefined {
  if (!input.exists) return undefined;
  input.json();
  if (isJsonList(input.value)) return checked(input);
  const [schema, parameters] = [input.get('schema').value, input.get('parameters')];
  const isAlone = isJsonObject(input.value) && Object.keys(input.value).length === 1;
  if (isAlone && isJsonObject(schema)) return schema;
  if (isAlone && isJsonList(parameters.value)) return checked(parameters);
  const message = '`spec.input` must be a list of parameters, `{parameters: […]}` or `{schema: …}`.';
  input.refuse({ code: 'import.schema', message });
  return undefined;
}

function checked(list: ForeignNode): JsonObject {
  for (const parameter of list.items()) {
    const [name, type] = [parameter.get('name').value, parameter.get('type').value ?? 'string'];
    if (typeof name !== 'string' || name === '') broken(parameter, 'needs a `name`');
    if (typeof type !== 'string' || !types.includes(type)) broken(parameter.get('type'), 'is no type of JSON');
    for (const [field, node] of parameter.entries()) if (!known.includes(field)) broken(node, 'is not a field');
  }
  return schemaOf(list);
}

function broken(node: ForeignNode, how: string): void {
  node.refuse({ code: 'import.schema', message: `\`${shownText(node.field)}\` ${how}.` });
}
