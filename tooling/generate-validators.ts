/**
 * Writes `src/manifest/shape-validators.gen.js` from `schemas/`: what ajv makes of each schema, so that no command loads
 * ajv or compiles a schema before it has read a manifest. `--check` exits 1 when it is stale.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as AjvModule from 'ajv/dist/2020.js';
import { transformSync } from 'esbuild';

const require = createRequire(import.meta.url);
const { Ajv2020, _ }: typeof AjvModule = require('ajv/dist/2020.js');
type Standalone = (ajv: AjvModule.Ajv2020, exported: Readonly<Record<string, string>>) => string;
const { default: standalone }: { default: Standalone } = require('ajv/dist/standalone/index.js');

const root = new URL('..', import.meta.url);
const output = new URL('src/manifest/shape-validators.gen.js', root);
const text = validatorsModule(readSchemas());

if (process.argv.includes('--check')) {
  if (readFileSync(output, 'utf8') !== text) {
    process.stderr.write('src/manifest/shape-validators.gen.js is stale. Run "npm run generate".\n');
    process.exitCode = 1;
  }
} else {
  writeFileSync(output, text);
}

function readSchemas(): Map<string, object> {
  const folder = new URL('schemas/', root);
  const files = readdirSync(folder).filter((file) => file.endsWith('.schema.json'));
  return new Map(files.sort().map((file) => [file, JSON.parse(readFileSync(new URL(file, folder), 'utf8'))]));
}

function validatorsModule(schemas: Map<string, object>): string {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    // Findings have words of their own.
    messages: false,
    useDefaults: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    logger: false,
    code: { source: true, esm: true, formats: _`formats` },
  });
  for (const annotation of ['x-propagation', 'x-sensitive', 'x-resolved', 'x-reads']) ajv.addKeyword(annotation);
  // Only its name counts here: the function is `formats['pawl-duration']` of the module that is written.
  ajv.addFormat('pawl-duration', { type: 'string', validate: () => true });
  // Ajv compares every pair: seconds for a list that fills a file. All such lists of ours hold strings.
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    code: (context) => {
      if (context.schema === true) context.fail(_`new Set(${context.data}).size !== ${context.data}.length`);
    },
  });
  for (const [file, schema] of schemas) ajv.addSchema(schema, file);
  const names = [...schemas.keys()].filter((file) => file !== 'common.schema.json');
  const exported = Object.fromEntries(names.map((file, index) => [`check${index}`, file]));
  const made = standalone(ajv, exported);
  const table = Object.entries(exported).map(([name, file]) => `${JSON.stringify(file)}: ${name},\n`);
  // A function, so that what it needs can be given: this file is copied as it is, and paths of imports would differ.
  const text = [
    // In parentheses, because it is called at once: a function that might not be is first read without being compiled.
    'export const validatorsOf = (function ({ formats, ucs2length }) {\n',
    // What ajv says at each of thousands of places is said once: the time to load this is that of reading it.
    'const and = (errors, error) => { if (errors === null) return [error]; errors.push(error); return errors; };\n',
    made
      .replaceAll(
        /if\(vErrors === null\)\{vErrors = \[(\w+)\];\}else \{vErrors\.push\(\1\);\}/g,
        'vErrors = and(vErrors, $1);',
      )
      .replace('"use strict";', '')
      .replaceAll('export const ', 'const ')
      .replace(/export default \w+;/, '')
      .replaceAll('require("ajv/dist/runtime/ucs2length").default', 'ucs2length'),
    `\nreturn {\n${table.join('')}};\n});\n`,
  ].join('');
  const { code } = transformSync(text, { minify: true, target: 'node20', charset: 'utf8', format: 'esm' });
  return `// Generated from schemas/ by tooling/generate-validators.ts. Do not edit: change the schema and run it again.\n${code}`;
}
