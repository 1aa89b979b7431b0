import { typeOfSchema } from './expression-schema.ts';
import type { ValueType } from './expression-type.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { objectAt } from './manifest-reference.ts';

/** What an agent's prompt needs of its node's input; undefined: nothing. The model is given all that is in it besides. */
export function agentInput(agent: JsonObject): ValueType | undefined {
  const declared = Object.entries(objectAt(agent, 'inputs')).flatMap(([name, input]) =>
    isJsonObject(input) ? [{ name, input }] : [],
  );
  if (!declared.some(({ input }) => isNeeded(input))) return undefined;
  return typeOfSchema({
    type: 'object',
    properties: Object.fromEntries(declared.map(({ name, input }) => [name, schemaOf(input)])),
    required: declared.filter(({ input }) => isNeeded(input)).map(({ name }) => name),
  });
}

function isNeeded(input: JsonObject): boolean {
  return input['default'] === undefined && input['required'] !== false;
}

/** Where there is something else to show, null is as good as nothing. */
function schemaOf(input: JsonObject): JsonObject {
  const { type = 'string', enum: allowed } = input;
  if (isNeeded(input)) return { type, ...(allowed === undefined ? {} : { enum: allowed }) };
  const values: Json | undefined = Array.isArray(allowed) ? [...allowed, null] : undefined;
  return { type: [type, 'null'], ...(values === undefined ? {} : { enum: values }) };
}
