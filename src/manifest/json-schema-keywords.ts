/** What the value of a keyword must be. */
export type Shape =
  | 'schema'
  | 'schemas'
  | 'schemaMap'
  | 'patternMap'
  | 'pattern'
  | 'reference'
  | 'text'
  | 'texts'
  | 'count'
  | 'number'
  | 'boolean'
  | 'type'
  | 'format'
  | 'list'
  | 'textListMap'
  | 'any'
  | 'refused';

/** Every keyword that a schema may use, and those that are refused by name. */
export const shapes: Readonly<Record<string, Shape>> = {
  $schema: 'text',
  $comment: 'text',
  $defs: 'schemaMap',
  definitions: 'schemaMap',
  $ref: 'reference',
  $anchor: 'text',
  $id: 'refused',
  $dynamicRef: 'refused',
  $dynamicAnchor: 'refused',
  $recursiveRef: 'refused',
  $recursiveAnchor: 'refused',
  $vocabulary: 'refused',
  $async: 'refused',
  $data: 'refused',
  title: 'text',
  description: 'text',
  default: 'any',
  examples: 'list',
  example: 'any',
  deprecated: 'boolean',
  readOnly: 'boolean',
  writeOnly: 'boolean',
  contentEncoding: 'text',
  contentMediaType: 'text',
  contentSchema: 'schema',
  type: 'type',
  enum: 'list',
  const: 'any',
  format: 'format',
  multipleOf: 'number',
  maximum: 'number',
  exclusiveMaximum: 'number',
  minimum: 'number',
  exclusiveMinimum: 'number',
  maxLength: 'count',
  minLength: 'count',
  pattern: 'pattern',
  maxItems: 'count',
  minItems: 'count',
  uniqueItems: 'boolean',
  maxContains: 'count',
  minContains: 'count',
  items: 'schema',
  prefixItems: 'schemas',
  contains: 'schema',
  unevaluatedItems: 'schema',
  maxProperties: 'count',
  minProperties: 'count',
  required: 'texts',
  dependentRequired: 'textListMap',
  properties: 'schemaMap',
  patternProperties: 'patternMap',
  additionalProperties: 'schema',
  unevaluatedProperties: 'schema',
  propertyNames: 'schema',
  dependentSchemas: 'schemaMap',
  allOf: 'schemas',
  anyOf: 'schemas',
  oneOf: 'schemas',
  not: 'schema',
  if: 'schema',
  then: 'schema',
  else: 'schema',
  'x-sensitive': 'any',
  'x-propagation': 'any',
};

export const types = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'];

/** Those that the gate's validator knows. */
export const formats = [
  'date',
  'time',
  'date-time',
  'iso-time',
  'iso-date-time',
  'duration',
  'uri',
  'uri-reference',
  'uri-template',
  'url',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'regex',
  'uuid',
  'json-pointer',
  'relative-json-pointer',
  'byte',
  'int32',
  'int64',
  'float',
  'double',
  'password',
  'binary',
];
