import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bundle, BundleGraph, BundleNode } from '../../src/manifest/bundle.ts';
import { callerAt, nestingOf, nodeAt, nodeOf, outerNodesOf, stepsOf } from '../../src/run/place.ts';
import { parentOf } from '../../src/trace/parent.ts';
import { bundleOf } from '../support/runs.ts';

// A graph that nests itself, so that every name may stand at any depth. Each agent calls each other one as `to-<name>`.
const names = ['writer', 'critic', 'clerk'] as const;
const nodes: Readonly<Record<string, Partial<BundleNode>>> = {
  ...Object.fromEntries(names.map((name) => [name, { kind: 'agent', agent: `default/${name}` }])),
  tool: { kind: 'tool', tool: 'default/echo' },
  call: { kind: 'system', system: 'default/inner' },
  other: { kind: 'system', system: 'default/other' },
};
const graph: BundleGraph = {
  input: {},
  limits: { timeoutMs: 1_000 },
  entries: Object.keys(nodes),
  nodes: Object.fromEntries(
    Object.entries(nodes).map(([name, node]) => [name, { edges: [], from: [], ...node } as BundleNode]),
  ),
};
const base = bundleOf({ nodes: {}, agents: { writer: {}, critic: {}, clerk: {} }, tools: { echo: {} } });
const hands = Object.fromEntries(names.map((name) => [`to-${name}`, { agent: `default/${name}` }]));
const bundle = {
  ...base,
  ...graph,
  agents: Object.fromEntries(Object.entries(base.agents).map(([name, agent]) => [name, { ...agent, agents: hands }])),
  systems: { 'default/inner': graph, 'default/other': graph },
} as unknown as Bundle;

const number = fc.integer({ min: 2, max: 500 });
const marks = fc
  .tuple(
    fc.option(
      number.map((n) => `#${n}`),
      { nil: '' },
    ),
    fc.option(
      number.map((n) => `[${n}]`),
      { nil: '' },
    ),
    fc.option(
      number.map((n) => `@r${n}`),
      { nil: '' },
    ),
    fc.option(
      number.map((n) => `@${n}`),
      { nil: '' },
    ),
    fc.constantFrom('', '@d2'),
    fc.option(
      number.map((n) => `!${n}`),
      { nil: '' },
    ),
  )
  .map((all) => all.join(''));

interface Meant {
  readonly place: string;
  readonly systems: readonly string[];
  readonly node: string;
  readonly hands: readonly string[];
}

const step = (node: fc.Arbitrary<string>) =>
  fc.tuple(fc.array(fc.tuple(fc.constantFrom(...names), marks), { maxLength: 1 }), node, marks);

const meant: fc.Arbitrary<Meant> = fc
  .record({
    outer: fc.array(step(fc.constantFrom('call', 'other')), { maxLength: 4 }),
    last: step(fc.constantFrom(...names, 'tool')),
    hands: fc.array(fc.tuple(number, number, fc.constantFrom(...names), marks), { maxLength: 3 }),
  })
  .map(({ outer, last, hands: handed }) => {
    const texts = [...outer, last].map(([leads, node, mark]) =>
      [...leads.map(([lead, own]) => `${lead}${own}`), `${node}${mark}`].join(':'),
    );
    const node = last[1];
    const isAgent = node !== 'tool';
    const suffix = isAgent ? handed.map(([turn, index, name, mark]) => `^${turn}.${index}.to-${name}${mark}`) : [];
    return {
      place: texts.join('>') + suffix.join(''),
      systems: outer.map(([, name]) => (name === 'call' ? 'default/inner' : 'default/other')),
      node,
      hands: isAgent ? handed.map(([, , name]) => name) : [],
    };
  });

const seeded = { seed: 5, numRuns: 500 };

test('whoever is written into a place is who makes its calls', () => {
  fc.assert(
    fc.property(meant, ({ place, systems, node, hands: handed }) => {
      const system = systems.at(-1) ?? bundle.system;
      const agent = `default/${handed.at(-1) ?? node}`;
      expect(callerAt(bundle, place)).toEqual(node === 'tool' ? { kind: 'system', system } : { kind: 'agent', agent });
    }),
    seeded,
  );
});

test('a place says which node it executes, and in which systems', () => {
  fc.assert(
    fc.property(meant, ({ place, systems, node }) => {
      expect(nodeAt(bundle, place)).toBe(graph.nodes[node]);
      expect(nodeOf(stepsOf(place).at(-1) ?? '')).toBe(node);
      expect(nestingOf(bundle, place).map(({ system }) => system)).toEqual(systems);
      expect(outerNodesOf(place).every((name) => Object.hasOwn(bundle.nodes, name))).toBe(true);
    }),
    seeded,
  );
});

test('a place is inside of ever shorter ones, up to one of the run’s own graph', () => {
  fc.assert(
    fc.property(meant, ({ place }) => {
      let at = place;
      for (let around = parentOf(at); around !== undefined; around = parentOf(at)) {
        expect(at.startsWith(around) && around.length < at.length).toBe(true);
        at = around;
      }
      expect(at).toMatch(/^[a-z]+(?:[#@!][rd]?\d+)*$/);
    }),
    seeded,
  );
});

test.each([
  '',
  '>',
  ':',
  '^',
  'nobody',
  'call>nobody',
  'tool>tool',
  'writer^1.1.nobody',
  '__proto__',
  'call>__proto__',
  '[',
  '#',
])('the place %j of another bundle is nobody else’s than the run’s own', (place) => {
  const caller = callerAt(bundle, place);
  const own = [bundle.system, 'default/inner', 'default/writer'];
  expect(own).toContain(caller.kind === 'agent' ? caller.agent : caller.system);
  if (!place.startsWith('writer') && !place.startsWith('call')) {
    expect(caller).toEqual({ kind: 'system', system: bundle.system });
  }
});
