import type { Json, JsonObject } from '../../json.ts';
import { mapped, type FieldTable } from '../field-table.ts';
import type { ForeignNode } from '../foreign.ts';
import { given } from '../given.ts';

const types = ['string', 'number', 'integer', 'boolean', 'array', 'object'];

/** A list of parameters, as tools and workflows define what they are given. */
export function parameterFields(list: string, to: string): FieldTable {
  return {
    [`${list}[].name`]: mapped({ type: 'string', required: true, pattern: '[A-Za-z_][A-Za-z0-9_-]{0,63}' }, to),
    [`${list}[].type`]: mapped({ type: 'string', enum: types }, to),
    [`${list}[].required`]: mapped('boolean', to),
    [`${list}[].enum`]: mapped({ type: 'list', minItems: 1 }, to),
    [`${list}[].description`]: mapped('string', to),
    [`${list}[].default`]: mapped('any', to),
  };
}

/** The parameters as a JSON Schema. A name that stands twice is refused: which one holds is unclear. */
export function schemaOf(list: ForeignNode): JsonObject {
  const properties: Record<string, Json> = {};
  const required: string[] = [];
  for (const parameter of list.items()) {
    const name = parameter.get('name').text() ?? '';
    if (Object.hasOwn(properties, name))
      parameter.refuse({ code: 'import.schema', message: `\`${parameter.field}.name\` stands twice.` });
    properties[name] = given({
      type: parameter.get('type').text(),
      description: parameter.get('description').text(),
      enum: parameter.get('enum').json(),
      default: parameter.get('default').json(),
    });
    if (parameter.get('required').boolean() === true) required.push(name);
  }
  return given({
    type: 'object',
    properties,
    required: required.length === 0 ? undefined : required,
  });
}
