import { expect, test } from 'vitest';
import type { BundleEdge, BundleGraph, BundleJoin, BundleNode } from '../../src/manifest/bundle.ts';
import { sha256 } from '../../src/manifest/digest.ts';
import { dominatorsOf } from '../../src/manifest/graph-dominators.ts';
import { Play, placeOf } from './graph-play.ts';

const graphs = 400;
const stepsMax = 400;

/** The same numbers for the same seed, on every machine. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

/** One entry, edges that lead on by number, and edges back to nodes that every way to their source passes. */
function randomGraph(random: (below: number) => number): BundleGraph {
  const size = 3 + random(6);
  const on = Array.from({ length: size }, (_, to) =>
    Array.from({ length: to }, (__, from) => from).filter(
      (from) => random(3) === 0 || (to > 0 && from === to - 1 && random(2) === 0),
    ),
  );
  for (const [to, from] of on.entries()) if (to > 0 && from.length === 0) from.push(random(to));
  const out = (from: number): number[] => on.flatMap((sources, to) => (sources.includes(from) ? [to] : []));
  const { dominates } = dominatorsOf(['n0'], (name) => out(Number(name.slice(1))).map((to) => `n${to}`));
  const nodes = Array.from({ length: size }, (_, index): readonly [string, BundleNode] => {
    const name = `n${index}`;
    const edges: BundleEdge[] = out(index).map((to) => ({ to: `n${to}`, default: false }));
    for (let to = 1; to <= index; to += 1) {
      if (dominates(`n${to}`, name) && random(4) === 0) edges.push({ to: `n${to}`, default: false, back: true });
    }
    return [name, { kind: 'value', edges, from: [], ...joinOf(on[index]?.length ?? 0, random) }];
  });
  return {
    input: {},
    nodes: Object.fromEntries(nodes),
    entries: ['n0'],
    limits: { timeoutMs: 1, maxTurns: 3, onLimit: 'succeed' },
  };
}

function joinOf(inputs: number, random: (below: number) => number): { readonly join?: BundleJoin } {
  if (inputs < 2) return {};
  const onFailure = (['fail', 'skip', 'partial'] as const)[random(3)] ?? 'fail';
  const mode = random(4);
  if (mode === 0) return { join: { mode: 'any', onFailure } };
  return mode === 1 ? { join: { mode: 'quorum', count: 1 + random(inputs), onFailure } } : {};
}

interface Trace {
  readonly outputs: ReadonlyMap<string, string>;
  readonly isSettled: boolean;
}

/** Ends what runs in a random order; what an activation gives, and which edges it takes, comes of what it read. */
function execute(
  graph: BundleGraph,
  facts: Record<string, readonly string[]>,
  { random, steps }: { readonly random: (below: number) => number; readonly steps: number },
): Trace {
  const play = new Play(graph, { joined: facts });
  const outputs = new Map<string, string>();
  for (let count = 0; count < steps; count += 1) {
    for (const activation of play.started.values()) {
      if (activation.races) facts[placeOf(activation)] ??= activation.sources.map(({ node }) => node);
    }
    const running = play.running();
    const place = running[random(Math.max(1, running.length))];
    if (place === undefined) break;
    const activation = play.started.get(place);
    const read = JSON.stringify([
      place,
      activation?.sources.map(({ node, end }) => [node, end]),
      play.readValues(place),
    ]);
    const output = sha256(read).slice(0, 12);
    outputs.set(place, output);
    const edges = graph.nodes[activation?.node ?? '']?.edges ?? [];
    play.done(
      place,
      output,
      [...edges.keys()].filter((edge) => Number.parseInt(sha256(`${output}${edge}`).slice(0, 2), 16) % 5 < 3),
    );
  }
  return { outputs, isSettled: play.state.isSettled() };
}

test('whatever ends first, and wherever a run is taken up, the same places give the same outputs', () => {
  let turned = 0;
  for (let seed = 1; seed <= graphs; seed += 1) {
    const random = numbers(seed * 7919);
    const graph = randomGraph(random);
    const facts: Record<string, readonly string[]> = {};
    const cut = execute(graph, facts, { random, steps: random(12) });
    const whole = execute(graph, facts, { random, steps: stepsMax });
    const again = execute(graph, facts, { random: numbers(seed * 104_729), steps: stepsMax });
    const shown = `seed ${seed}: ${JSON.stringify(graph.nodes)}`;
    expect(whole.isSettled, shown).toBe(true);
    expect(new Map(again.outputs), shown).toEqual(new Map(whole.outputs));
    for (const [place, output] of cut.outputs) expect(whole.outputs.get(place), `${shown} at ${place}`).toBe(output);
    if ([...whole.outputs.keys()].some((place) => place.includes('#'))) turned += 1;
  }
  // Enough of them go round for the claim to mean something.
  expect(turned).toBeGreaterThan(graphs / 10);
});
