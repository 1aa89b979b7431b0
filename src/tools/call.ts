import { isPawlError, RetryableError } from '../errors.ts';
import type { BundleTool } from '../manifest/bundle.ts';
import { isJsonObject, type Json } from '../manifest/json.ts';
import { callMemory } from '../memory/call.ts';
import { resultCheck } from '../policy/result-check.ts';
import { type BuiltinTool, callBuiltin } from './builtin.ts';
import { callHttp } from './http.ts';
import type { ToolCallOptions } from './options.ts';
import type { ToolOutcome } from './tool.ts';

/** Makes one call that the gate allowed and the journal holds. Says what became of it; throws only on a bug. */
export async function callTool(tool: BundleTool, args: Json, options: ToolCallOptions): Promise<ToolOutcome> {
  if (!isJsonObject(args))
    throw new TypeError('the arguments of a call are an object: the gate lets nothing else pass');
  await options.secrets.load();
  try {
    // Nothing of pawl's own waits for anything.
    const outcome = isBuiltin(tool) ? callBuiltin(tool, args) : await dispatch(tool, args, options);
    return clean(checked(tool, outcome), options);
  } catch (cause) {
    // What a resource lacks (a secret) is the call's failure; anything else is a bug and not the tool's.
    if (!isPawlError(cause)) throw cause;
    const retryable = cause instanceof RetryableError;
    return clean({ kind: 'failed', code: cause.code, message: cause.message, retryable }, options);
  }
}

function isBuiltin(tool: BundleTool): tool is BuiltinTool {
  return tool.impl.type === 'builtin';
}

async function dispatch(
  tool: BundleTool,
  args: Readonly<Record<string, Json>>,
  options: ToolCallOptions,
): Promise<ToolOutcome> {
  const { impl } = tool;
  switch (impl.type) {
    case 'http':
      return await callHttp({ ...tool, impl }, args, options);
    case 'mcp':
      return await (await import('./mcp.ts')).callMcp({ ...tool, impl }, args, options);
    case 'cli':
      return await (await import('./cli.ts')).callCli({ ...tool, impl }, args, options);
    case 'container':
      return await (await import('./container.ts')).callContainer({ ...tool, impl }, args, options);
    case 'memory':
    case 'retrieval':
      return await callMemory({ ...tool, impl }, args, options);
    case 'wasm':
      return await (await import('./wasm.ts')).callWasm({ ...tool, impl }, args, options);
    case 'code':
      return await (await import('./code.ts')).callCode({ ...tool, impl }, args, options);
    case 'a2a':
      return await (await import('./a2a/call.ts')).callA2a({ ...tool, impl }, args, options);
    default:
      return {
        kind: 'failed',
        code: 'tool.failed',
        message: `Tools of type ${impl.type} cannot be called yet.`,
        retryable: false,
      };
  }
}

/** Holds a result against the tool's `outputSchema`. */
function checked(tool: BundleTool, outcome: ToolOutcome): ToolOutcome {
  const message = outcome.kind === 'done' ? resultCheck(tool, outcome.output) : undefined;
  return message === undefined ? outcome : { kind: 'failed', code: 'result.invalid', message, retryable: false };
}

/** No secret leaves in an output or in an error's text, whoever echoed it. */
function clean(outcome: ToolOutcome, { secrets }: ToolCallOptions): ToolOutcome {
  if (outcome.kind === 'done') return { kind: 'done', output: secrets.scrub(outcome.output) };
  return { ...outcome, message: secrets.scrubText(outcome.message) };
}
