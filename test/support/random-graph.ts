import type { Bundle } from '../../src/manifest/bundle.ts';
import { bundleOf, httpTool, type NodePlan } from './runs.ts';
import { seeded } from './seeded.ts';

/** What a model answers in one turn: names of tools to call, or text. */
export type AgentTurn = { readonly calls: readonly string[] } | { readonly text: string };

export interface RandomGraph {
  readonly bundle: Bundle;
  readonly agents: Readonly<Record<string, readonly AgentTurn[]>>;
}

const hourMs = 3_600_000;
const nodesMax = 7;

/** One tool that reads, one that may be repeated, one that may not. */
export const worldTools = {
  look: httpTool('http://world.test/look', { operations: ['read'] }),
  put: httpTool('http://world.test/put', { idempotent: true }),
  pay: httpTool('http://world.test/pay'),
} as const;

type ToolName = keyof typeof worldTools;
const toolNames = Object.keys(worldTools) as readonly ToolName[];

/** A graph with chains, branches, conditions, joins and agents; the same for the same seed. */
export function randomGraph(seed: number): RandomGraph {
  const random = seeded(seed);
  const pick = (count: number) => Math.floor(random() * count);
  const anyTool = () => toolNames[pick(toolNames.length)] ?? 'look';
  const count = 1 + pick(nodesMax);
  const names = Array.from({ length: count }, (_, index) => `n${index}`);
  const agents: Record<string, readonly AgentTurn[]> = {};
  const nodes: Record<string, NodePlan> = {};
  for (const [index, name] of names.entries()) {
    const later = names.slice(index + 1);
    const to = later.filter((_, at) => random() < (at === 0 ? 0.7 : 0.25));
    if (random() < 0.4) {
      agents[name] = turns(pick, anyTool);
      nodes[name] = { agent: name, to };
    } else nodes[name] = { tool: anyTool(), to: conditioned(to, random), ...inputOf(name, nodes) };
  }
  const limits = { maxSteps: 20, maxToolCalls: 50, timeoutMs: hourMs };
  const offered = Object.fromEntries(toolNames.map((tool) => [tool, `default/${tool}`]));
  const bundle = bundleOf({
    nodes,
    agents: Object.fromEntries(Object.keys(agents).map((agent) => [agent, { tools: offered, limits }])),
    tools: worldTools,
    timeoutMs: hourMs,
  });
  return { bundle, agents };
}

/** An agent's text is no object, and a tool takes nothing else. */
function inputOf(name: string, before: Readonly<Record<string, NodePlan>>): Pick<NodePlan, 'input'> {
  const sources = Object.entries(before).filter(([, { to = [] }]) =>
    to.some((edge) => (typeof edge === 'string' ? edge : edge.to) === name),
  );
  const [[source, plan] = []] = sources;
  if (sources.length !== 1 || plan?.agent === undefined) return {};
  return { input: { said: `\${nodes.${source}.output}` } };
}

function turns(pick: (count: number) => number, anyTool: () => ToolName): readonly AgentTurn[] {
  const asking = Array.from({ length: pick(3) }, () => ({ calls: Array.from({ length: 1 + pick(3) }, anyTool) }));
  return [...asking, { text: `done after ${asking.length}` }];
}

/** Some edges hang on what came out; a default keeps the branch from ending by accident. */
function conditioned(to: readonly string[], random: () => number): NonNullable<NodePlan['to']> {
  if (to.length === 0 || random() < 0.6) return to;
  const edges = to.map((name) => ({ to: name, when: `output.way == '${random() < 0.5 ? 'left' : 'right'}'` }));
  return [...edges, { to: 'end', default: true }];
}
