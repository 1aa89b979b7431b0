import { createRequire } from 'node:module';
import type * as AjvModule from 'ajv/dist/2020.js';
import type { Ajv2020, ErrorObject } from 'ajv/dist/2020.js';
import { parseDuration } from './duration.ts';
import type { Json } from './json.ts';
import { schemas } from './schemas.gen.ts';

/** All that is wrong with a value by one of our schemas. */
export function shapeErrors(file: string, value: Json): readonly ErrorObject[] {
  ajv ??= ajvOfSchemas();
  const validate = ajv.getSchema(file);
  if (validate === undefined) throw new TypeError(`there is no schema ${file}`);
  return validate(value) ? [] : (validate.errors ?? []);
}

let ajv: Ajv2020 | undefined;

/** The schema checker with our schemas and what they need; schemas are compiled when first asked for. */
function ajvOfSchemas(): Ajv2020 {
  // Loaded here, because most commands find nothing wrong and never need it.
  const ajvModule: typeof AjvModule = createRequire(import.meta.url)('ajv/dist/2020.js');
  const { Ajv2020: Checker, _ } = ajvModule;
  const instance = new Checker({
    allErrors: true,
    verbose: true,
    useDefaults: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    // Our own schemas are checked by a test; here it would cost more than checking the manifests.
    validateSchema: false,
    logger: false,
    // Optimising the generated code takes as long as generating it, and a command has too few mistakes to earn it.
    code: { optimize: false },
  });
  for (const annotation of ['x-propagation', 'x-sensitive', 'x-resolved', 'x-reads']) instance.addKeyword(annotation);
  instance.addFormat('pawl-duration', {
    type: 'string',
    validate: (text: string) => parseDuration(text) !== undefined,
  });
  // The checker's own compares every pair: seconds for a list that fills a file. All such lists of ours hold strings.
  instance.removeKeyword('uniqueItems');
  instance.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    code: (context) => {
      if (context.schema === true) context.fail(_`new Set(${context.data}).size !== ${context.data}.length`);
    },
  });
  for (const [file, schema] of Object.entries(schemas)) instance.addSchema(schema, file);
  return instance;
}
