import { parse } from 'yaml';
import type { Bundle, BundleGraph, BundleTool } from '../../src/manifest/bundle.ts';
import { compileGraph } from '../../src/policy/compile-graph.ts';
import { manifest, resolveTexts } from '../manifest/manifests.ts';
import { bundleOf } from './runs.ts';

/** The compiled graph of an AgentSystem, by the YAML of its spec; every mistake in it is thrown. */
export function graphOf(spec: string): BundleGraph {
  const texts = {
    'system.yaml': manifest('AgentSystem', 'work', '{}').replace(/spec: \{\}\n*$/, `spec:\n${indented(spec)}\n`),
  };
  const { problems, resources } = resolveTexts({ ...texts, ...referred(spec) });
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  const system = resources.get('AgentSystem/default/work');
  if (system === undefined) throw new Error('the spec gives no system');
  return compileGraph(system);
}

/** A bundle that runs the graph; `tools` say more of some of them. */
export function bundleWith(spec: string, tools: Readonly<Record<string, Partial<BundleTool>>> = {}): Bundle {
  const graph = graphOf(spec);
  const named = Object.values(graph.nodes).flatMap((node) =>
    node.kind === 'tool' ? [node.tool.slice('default/'.length)] : [],
  );
  return {
    ...bundleOf({ nodes: {}, tools: Object.fromEntries(named.map((name) => [name, tools[name] ?? {}])) }),
    ...graph,
  };
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}

function referred(spec: string): Record<string, string> {
  const { graph } = parse(spec) as { readonly graph: Record<string, { readonly toolRef?: string }> };
  const tools = new Set(Object.values(graph).flatMap(({ toolRef }) => (toolRef === undefined ? [] : [toolRef])));
  const body = '{type: builtin, description: d, builtin: {name: echo}, inputSchema: {type: object}, operation: read}';
  return Object.fromEntries([...tools].map((name) => [`tools/${name}.yaml`, manifest('Tool', name, body)]));
}
