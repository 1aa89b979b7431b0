import type { BundleTool } from '../manifest/bundle.ts';
import type { Json } from '../manifest/json.ts';
import { toolSchema } from './arguments.ts';
import { type SchemaCheck, schemaCompiler } from './schema.ts';

const checks = new WeakMap<BundleTool, SchemaCheck>();

/** Why a result is not what the tool's `outputSchema` says; undefined: it is, or there is none. */
export function resultCheck(tool: BundleTool, output: Json): string | undefined {
  if (tool.outputSchema === undefined) return undefined;
  let check = checks.get(tool);
  if (check === undefined) {
    check = toolSchema(schemaCompiler(), tool, tool.outputSchema);
    checks.set(tool, check);
  }
  const verdict = check(output);
  if (verdict.kind === 'valid') return undefined;
  const place =
    verdict.kind === 'invalid' && verdict.pointer !== '' ? `The result at ${verdict.pointer}` : 'The result';
  return `${place}: ${verdict.message}.`;
}
