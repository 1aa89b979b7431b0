import type { BundleAgent } from '../manifest/bundle.ts';
import { parseDuration } from '../manifest/duration.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import { shared } from './bundle-text.ts';
import { requiredNames } from './compile-server.ts';
import { kept } from './kept.ts';
import { modelRefsOf, toolUsesOf } from './runnable.ts';
import type { ToolUse } from './tool-lists.ts';
import { type SpecOf, specOf } from './typed.ts';

/** What a run keeps of an agent. What the manifest leaves at its default is left out, so that old bundles stay the same. */
export const agentOf = kept((agent: Resource): BundleAgent => {
  const spec = specOf(agent, 'Agent');
  const [model = '', ...fallback] = modelRefsOf(agent).map((reference) => qualify(reference, agent.namespace));
  const compaction = spec.context?.compaction;
  const tools = toolsOf(agent);
  return shared({
    model,
    ...(fallback.length === 0 ? {} : { fallback }),
    prompt: spec.prompt ?? '',
    ...inputsOf(spec.inputs),
    ...tools,
    limits: agentLimits(spec.limits),
    ...(spec.output === undefined ? {} : { output: spec.output }),
    execution: executionOf(spec.execution, tools.tools),
    ...(compaction === undefined ? {} : { compaction: compactionOf(compaction, agent.namespace) }),
  });
});

function toolsOf(agent: Resource): Pick<BundleAgent, 'tools' | 'toolTimeoutsMs'> {
  const tools = toolsIn(toolUsesOf(agent));
  if (tools === undefined)
    throw new TypeError(`${agent.address} lists two tools of one name: a model could not tell them apart`);
  return tools;
}

/** Undefined: two tools have one name. */
const toolsIn = kept((uses: readonly ToolUse[]): Pick<BundleAgent, 'tools' | 'toolTimeoutsMs'> | undefined => {
  if (new Set(uses.map(({ name }) => name)).size !== new Set(uses.map(({ id }) => id)).size) return undefined;
  const timeouts = uses.flatMap(({ name, timeout }): [string, number][] =>
    timeout === undefined ? [] : [[name, durationMs(timeout)]],
  );
  const tools = shared(sortedRecord(uses.map(({ name, id }) => [name, id])));
  return timeouts.length === 0 ? { tools } : { tools, toolTimeoutsMs: sortedRecord(timeouts) };
});

/** Only what a run reads: a description changes no bundle. */
function inputsOf(inputs: SpecOf<'Agent'>['inputs']): Pick<BundleAgent, 'inputs'> {
  const declared = Object.entries(inputs ?? {});
  if (declared.length === 0) return {};
  return { inputs: sortedRecord(declared.map(([name, { description: _text, ...input }]) => [name, input])) };
}

/** What an agent's own manifest allows it, with times in milliseconds. */
export function agentLimits(limits: SpecOf<'Agent'>['limits']): BundleAgent['limits'] {
  const { maxSteps, maxToolCalls, maxTokens, maxCost, maxDelegationDepth, timeout } = limits;
  return {
    maxSteps,
    maxToolCalls,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(maxCost === undefined ? {} : { maxCost }),
    ...(maxDelegationDepth === undefined ? {} : { maxDelegationDepth }),
    timeoutMs: durationMs(timeout),
  };
}

function executionOf(execution: SpecOf<'Agent'>['execution'], tools: BundleAgent['tools']): BundleAgent['execution'] {
  const { onDeny, maxDenials, toolUse, duplicateCalls } = execution;
  const requiredTools = requiredNames(execution.requiredTools ?? [], tools);
  return {
    onDeny,
    maxDenials,
    ...(toolUse === 'stopOnFirst' ? { toolUse } : {}),
    ...(requiredTools.length === 0 ? {} : { requiredTools: [...requiredTools].sort(compareText) }),
    ...(duplicateCalls === undefined ? {} : { duplicateCalls }),
  };
}

type Compaction = NonNullable<NonNullable<SpecOf<'Agent'>['context']>['compaction']>;

function compactionOf({ triggerTokens, retainRecent, summarizerRef }: Compaction, namespace: string) {
  return {
    triggerTokens,
    retainRecent,
    ...(summarizerRef === undefined ? {} : { summarizer: qualify(summarizerRef, namespace) }),
  };
}

/** Whether a worker of an older engine would run the agent as something else. */
export function isNewer({ fallback, toolTimeoutsMs, limits, execution, compaction }: BundleAgent): boolean {
  const { toolUse, requiredTools, duplicateCalls } = execution;
  const { maxCost, maxDelegationDepth } = limits;
  const newer = [
    fallback,
    toolTimeoutsMs,
    maxCost,
    maxDelegationDepth,
    toolUse,
    requiredTools,
    duplicateCalls,
    compaction,
  ];
  return newer.some((member) => member !== undefined);
}

function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new TypeError(`"${text}" is not a duration: validation comes before compiling`);
  return ms;
}

function sortedRecord<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => compareText(a, b)));
}
