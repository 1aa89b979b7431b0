import type { Bundle } from '../manifest/bundle.ts';
import { type ArgumentSchemas, toolSchema } from '../policy/arguments.ts';
import { handOffSchema, isHandOff } from '../policy/hand-off.ts';
import { type SchemaCheck, schemaCompiler } from '../policy/schema.ts';

const known = new WeakMap<Bundle, ArgumentSchemas>();

/**
 * As `argumentSchemas` has them, each compiled when it is first asked for: recorded calls use few of the tools of a
 * system, and to compile a schema takes longer than to decide a thousand calls.
 */
export function targetSchemas(bundle: Bundle): ArgumentSchemas {
  const found = known.get(bundle);
  if (found !== undefined) return found;
  const compiler = schemaCompiler();
  const checks = new LazyChecks((name) => {
    if (isHandOff(name)) return compiler.compile(handOffSchema(bundle, name.slice('Agent/'.length)));
    const tool = Object.hasOwn(bundle.tools, name) ? bundle.tools[name] : undefined;
    return tool && toolSchema(compiler, tool, tool.inputSchema);
  });
  known.set(bundle, checks);
  return checks;
}

class LazyChecks extends Map<string, SchemaCheck> {
  readonly #compile: (name: string) => SchemaCheck | undefined;

  constructor(compile: (name: string) => SchemaCheck | undefined) {
    super();
    this.#compile = compile;
  }

  override get(name: string): SchemaCheck | undefined {
    const check = super.get(name) ?? this.#compile(name);
    if (check !== undefined) this.set(name, check);
    return check;
  }
}

/** Lets any arguments pass. */
export const anyArguments: ArgumentSchemas = new LazyChecks(() => () => ({ kind: 'valid' }));
