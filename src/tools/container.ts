import type { BundleTool } from '../manifest/bundle.ts';
import type { JsonObject } from '../manifest/json.ts';
import { localOf, tierOf } from '../policy/tier.ts';
import type { ToolCallOptions } from './options.ts';
import { environmentOf } from './program-environment.ts';
import { programOutcome } from './program-outcome.ts';
import { runProgram } from './program-run.ts';
import type { ToolOutcome } from './tool.ts';

export type ContainerTool = BundleTool & { readonly impl: Extract<BundleTool['impl'], { type: 'container' }> };

/** Starts a container, gives it the arguments as JSON on standard input, and reads the result from its output. */
export async function callContainer(
  tool: ContainerTool,
  args: JsonObject,
  options: ToolCallOptions,
): Promise<ToolOutcome> {
  const { image, command, args: words, env, isolation } = tool.impl;
  const { isolation: place, signal, secrets } = options;
  const local = localOf(tool, undefined);
  const tier = place && local && tierOf(local, place.tiers);
  if (place === undefined || tier === undefined)
    return failed('isolation.unavailable', `This worker has no tier for ${tool.name}.`);
  const given = await environmentOf(env, secrets);
  const deadline = AbortSignal.timeout(Math.min(tool.timeoutMs, options.timeoutMs ?? Number.POSITIVE_INFINITY));
  if (signal.aborted) return failed('tool.aborted', 'The call was given up by its worker.');
  // Heavy, and most workers never start a container.
  const { startIsolated } = await import('./isolation/start-isolated.ts');
  const container = { image, ownEntryPoint: command === undefined };
  const start = { argv: [...(command ?? []), ...words], ...given, isolation, tier, container };
  const { host, reached } = place;
  const { egress, network, mayStart } = options;
  const process = await startIsolated(start, { host, reached, egress, network, mayStart, signal });
  const terms = { input: JSON.stringify(args), bytesMax: tool.maxResultBytes, signal, deadline };
  return programOutcome(tool, await runProgram(process, terms), secrets.scrubText);
}

function failed(code: string, message: string): ToolOutcome {
  return { kind: 'failed', code, message, retryable: false };
}
