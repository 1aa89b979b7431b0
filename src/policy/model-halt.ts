import type { Bundle, BundleAgent, BundleGraph } from '../manifest/bundle.ts';
import { own } from '../manifest/json.ts';
import { embeddersOf } from './embedders.ts';
import { firstHalt, haltedText, haltsOn, unreadableHalts } from './halt.ts';
import type { Halt } from './halt-scope.ts';

/**
 * Why nobody can ask a model at present, so that its endpoint is not asked anything either; undefined: a call of some
 * agent would pass the switches. An environment has many systems, and one that is free is enough.
 */
export function modelHalt(
  model: string,
  bundles: readonly Bundle[],
  halts: readonly Halt[] | undefined,
): string | undefined {
  if (halts === undefined) return unreadableHalts;
  let stopped: Halt | undefined;
  for (const bundle of bundles) {
    if (own(bundle.models, model) === undefined) continue;
    const halt = haltIn(bundle, model, halts);
    if (halt === undefined) return undefined;
    stopped ??= halt;
  }
  return stopped && haltedText(stopped);
}

/** The switch on the way to every call of the model in a run of the bundle; undefined: one way is free. */
function haltIn(bundle: Bundle, model: string, halts: readonly Halt[]): Halt | undefined {
  const calls = (agent: string | undefined, within: string) => {
    const nested = within === bundle.system ? [] : [{ system: within, limits: {}, tokens: 0, cost: 0 }];
    const subject = agent === undefined ? (`AgentSystem/${within}` as const) : (`Agent/${agent}` as const);
    return firstHalt(haltsOn({ kind: 'model', subject, model, inputTokens: 0 }, { bundle, usage: { nested } }, halts));
  };
  // What stops the model itself, or the whole system, stands on every way.
  let stopped = calls(undefined, bundle.system);
  if (stopped !== undefined) return stopped;
  const seen = new Set<string>();
  const open: Reached[] = startsOf(bundle, bundle.system);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { agent, within } = next;
    const key = `${within} ${agent ?? ''}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const halt = calls(agent, within);
    if (halt !== undefined) {
      stopped ??= halt;
      continue;
    }
    if (agent === undefined) {
      open.push(...startsOf(own(bundle.systems ?? {}, within), within));
      continue;
    }
    const known = own(bundle.agents, agent);
    if (known === undefined) continue;
    if (modelsOf(known, bundle).includes(model)) return undefined;
    open.push(...Object.values(known.agents ?? {}).map((to) => ({ agent: to.agent, within })));
  }
  return stopped;
}

/** An agent, or where there is none the whole of a nested system, in a graph that a run enters. */
interface Reached {
  readonly agent?: string;
  /** `namespace/name` of the system. */
  readonly within: string;
}

function startsOf(graph: BundleGraph | undefined, within: string): Reached[] {
  return Object.values(graph?.nodes ?? {}).flatMap((node): Reached[] => {
    if (node.kind === 'agent') return [{ agent: node.agent, within }];
    return node.kind === 'system' ? [{ within: node.system }] : [];
  });
}

function modelsOf(agent: BundleAgent, bundle: Bundle): readonly string[] {
  const { model, fallback = [], compaction } = agent;
  const summarizer = compaction?.summarizer === undefined ? [] : [compaction.summarizer];
  return [model, ...fallback, ...summarizer, ...embeddersOf(Object.values(agent.tools), bundle)];
}
