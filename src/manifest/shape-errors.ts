import { createRequire } from 'node:module';
import type { ErrorObject } from 'ajv/dist/2020.js';
import { parseDuration } from './duration.ts';
import { own, type Json } from './json.ts';
import { validatorsOf } from './shape-validators.gen.js';

/** All that is wrong with a value by one of our schemas, whose defaults are filled into it. */
export function shapeErrors(file: string, value: Json): readonly ErrorObject[] {
  const validate = own(validators, file);
  if (validate === undefined) throw new TypeError(`there is no schema ${file}`);
  return validate(value) ? [] : (validate.errors ?? []);
}

// CommonJS whose default export the loaders of Node and of the tests see apart; this is the same to both.
const length: { readonly default: (text: string) => number } = createRequire(import.meta.url)(
  'ajv/dist/runtime/ucs2length.js',
);

// Made by ajv when the schemas last changed: loading it and compiling eight kinds took a command longer than checking
// hundreds of manifests.
const validators = validatorsOf({
  formats: { 'pawl-duration': { type: 'string', validate: (text) => parseDuration(text) !== undefined } },
  ucs2length: length.default,
});
