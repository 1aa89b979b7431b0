import type { Bundle } from '../manifest/bundle.ts';
import { type SchemaCheck, schemaCompiler } from './schema.ts';

/** Compiled input schemas of a bundle's tools, by `namespace/name`. */
export type ArgumentSchemas = ReadonlyMap<string, SchemaCheck>;

const known = new WeakMap<Bundle, ArgumentSchemas>();

/** Compiles every tool's input schema once, and keeps the checks for as long as the bundle lives. */
export function argumentSchemas(bundle: Bundle): ArgumentSchemas {
  const found = known.get(bundle);
  if (found !== undefined) return found;
  const compiler = schemaCompiler();
  const checks = new Map<string, SchemaCheck>();
  for (const [name, tool] of Object.entries(bundle.tools)) checks.set(name, compiler.compile(tool.inputSchema));
  known.set(bundle, checks);
  return checks;
}
