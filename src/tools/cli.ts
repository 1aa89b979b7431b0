import type { BundleTool } from '../manifest/bundle.ts';
import type { JsonObject } from '../manifest/json.ts';
import { localOf, tierOf } from '../policy/tier.ts';
import type { IsolatedCommand } from './isolation/isolated.ts';
import type { ToolCallOptions } from './options.ts';
import { programArguments, programInput } from './program-arguments.ts';
import { environmentOf } from './program-environment.ts';
import { programOutcome } from './program-outcome.ts';
import { runProgram } from './program-run.ts';
import { TemplateRefusal } from './template.ts';
import type { ToolOutcome } from './tool.ts';

export type CliTool = BundleTool & { readonly impl: Extract<BundleTool['impl'], { type: 'cli' }> };

/** Runs a program apart from the worker and gives what it wrote. Whatever it started is gone when this resolves. */
export async function callCli(tool: CliTool, args: JsonObject, options: ToolCallOptions): Promise<ToolOutcome> {
  const { impl } = tool;
  const { isolation: place, signal } = options;
  const local = localOf(tool, undefined);
  const tier = place && local && tierOf(local, place.tiers);
  if (place === undefined || tier === undefined)
    return failed('isolation.unavailable', `This worker has no tier for ${tool.name}.`);
  const wanted = await commandOf(tool, args, options);
  if ('kind' in wanted) return wanted;
  const deadline = AbortSignal.timeout(Math.min(tool.timeoutMs, options.timeoutMs ?? Number.POSITIVE_INFINITY));
  if (signal.aborted) return failed('tool.aborted', 'The call was given up by its worker.');
  // Heavy, and most workers never start a program.
  const { startIsolated } = await import('./isolation/start-isolated.ts');
  const { host, reached } = place;
  const { egress, network, mayStart } = options;
  const process = await startIsolated({ ...wanted, tier }, { host, reached, egress, network, mayStart, signal });
  const input = impl.stdin === undefined ? '' : programInput(impl.stdin, args);
  const end = await runProgram(process, { input, bytesMax: tool.maxResultBytes, signal, deadline });
  return programOutcome(tool, end, options.secrets.scrubText);
}

async function commandOf(
  { impl }: CliTool,
  args: JsonObject,
  { secrets }: ToolCallOptions,
): Promise<Omit<IsolatedCommand, 'tier'> | ToolOutcome> {
  try {
    const argv = [impl.command, ...programArguments(impl.args, args)];
    return { argv, ...(await environmentOf(impl.env, secrets)), isolation: impl.isolation };
  } catch (cause) {
    if (cause instanceof TemplateRefusal) return failed(cause.code, cause.message);
    throw cause;
  }
}

function failed(code: string, message: string): ToolOutcome {
  return { kind: 'failed', code, message, retryable: false };
}
