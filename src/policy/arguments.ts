import type { Bundle, BundleTool } from '../manifest/bundle.ts';
import type { JsonObject } from '../manifest/json.ts';
import { handOffSchema, handOffTarget } from './hand-off.ts';
import { type SchemaCheck, type SchemaCompiler, schemaCompiler } from './schema.ts';

/** Compiled input schemas of a bundle's tools, by `namespace/name`, and of its hand-offs, by the agent's address. */
export type ArgumentSchemas = ReadonlyMap<string, SchemaCheck>;

const known = new WeakMap<Bundle, ArgumentSchemas>();

/** Compiles every input schema once, and keeps the checks for as long as the bundle lives. */
export function argumentSchemas(bundle: Bundle): ArgumentSchemas {
  const found = known.get(bundle);
  if (found !== undefined) return found;
  const compiler = schemaCompiler();
  const checks = new Map<string, SchemaCheck>();
  for (const [name, tool] of Object.entries(bundle.tools))
    checks.set(name, toolSchema(compiler, tool, tool.inputSchema));
  for (const { agents } of Object.values(bundle.agents)) {
    for (const { agent } of Object.values(agents ?? {})) {
      const target = handOffTarget(agent);
      if (!checks.has(target)) checks.set(target, compiler.compile(handOffSchema(bundle, agent)));
    }
  }
  known.set(bundle, checks);
  return checks;
}

/** A schema of a tool's: of one of an MCP server it is the server's, as it was pinned. */
export function toolSchema(compiler: SchemaCompiler, { impl }: BundleTool, schema: JsonObject): SchemaCheck {
  return impl.type === 'mcp' ? compiler.compileForeign(schema) : compiler.compile(schema);
}
