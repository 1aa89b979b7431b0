import type { ValidateFunction } from 'ajv/dist/2020.js';

/** By file name of the schema. Each says all that is wrong at once, and fills defaults into what it checks. */
export declare function validatorsOf(needed: {
  readonly formats: Readonly<Record<string, { readonly type: 'string'; readonly validate: (text: string) => boolean }>>;
  /** Characters of a text as JSON Schema counts them: by code point. */
  readonly ucs2length: (text: string) => number;
}): Readonly<Record<string, ValidateFunction>>;
