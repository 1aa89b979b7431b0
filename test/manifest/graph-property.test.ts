import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { componentsOf } from '../../src/manifest/graph-components.ts';
import { dominatorsOf } from '../../src/manifest/graph-dominators.ts';
import { validateGraph } from '../../src/manifest/graph.ts';
import type { JsonObject } from '../../src/manifest/json.ts';

type Edges = ReadonlyMap<string, readonly string[]>;

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`);

const anyEdges: fc.Arbitrary<Edges> = fc.integer({ min: 1, max: 12 }).chain((count) =>
  fc
    .array(fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }), { maxLength: 4 }), {
      minLength: count,
      maxLength: count,
    })
    .map((lists) => new Map(lists.map((targets, index) => [`n${index}`, targets.map((target) => `n${target}`)]))),
);

/** What can be reached from the roots without passing `without`. */
function reached(roots: readonly string[], edges: Edges, without?: string): ReadonlySet<string> {
  const found = new Set(roots.filter((root) => root !== without));
  for (const node of found) for (const next of edges.get(node) ?? []) if (next !== without) found.add(next);
  return found;
}

describe('dominators', () => {
  test('are those without which a node cannot be reached', () => {
    fc.assert(
      fc.property(anyEdges, fc.integer({ min: 1, max: 3 }), (edges, rootCount) => {
        const roots = [...edges.keys()].slice(0, rootCount);
        const { dominates, order } = dominatorsOf(roots, (node) => edges.get(node) ?? []);
        const reachable = reached(roots, edges);
        expect(new Set(order)).toEqual(reachable);
        for (const by of edges.keys()) {
          const around = reached(roots, edges, by);
          for (const node of edges.keys())
            expect(dominates(by, node)).toBe(
              reachable.has(by) && reachable.has(node) && (by === node || !around.has(node)),
            );
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('groups', () => {
  test('hold the nodes that lead to each other', () => {
    fc.assert(
      fc.property(anyEdges, (edges) => {
        const groups = componentsOf(edges.keys(), (node) => edges.get(node) ?? []);
        const groupOf = new Map(groups.flatMap((group, index) => group.map((node) => [node, index])));
        for (const a of edges.keys()) {
          for (const b of edges.keys()) {
            const both = reached([a], edges).has(b) && reached([b], edges).has(a);
            expect(groupOf.get(a) === groupOf.get(b)).toBe(both);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const node = (all: readonly string[]): fc.Arbitrary<JsonObject> => {
  const name = fc.constantFrom(...all, 'end', 'zz');
  const edge = fc.record(
    { to: name, when: oneOf('output == "x"', 'nodes.n0.output == "y"'), default: fc.boolean() },
    { requiredKeys: ['to'] },
  );
  return fc.record(
    {
      agentRef: fc.constant('x'),
      input: name.map((read) => `\${ nodes.${read}.output }`),
      edges: fc.array(edge, { maxLength: 3 }),
      dependsOn: fc.uniqueArray(name, { maxLength: 2 }),
      join: fc.record({ mode: oneOf('all', 'any', 'quorum'), count: fc.integer({ min: 1, max: 4 }) }),
      onError: oneOf('fail', 'continue', 'goto n1'),
      delegates: fc.uniqueArray(name, { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: ['agentRef'] },
  );
};

const anySpec: fc.Arbitrary<JsonObject> = fc.integer({ min: 1, max: 8 }).chain((count) => {
  const all = names(count);
  const graph = fc
    .array(node(all), { minLength: count, maxLength: count })
    .map((nodes) => Object.fromEntries(nodes.map((body, index) => [`n${index}`, body])));
  return fc.record(
    { graph, limits: fc.constant({ maxTurns: 3 }), onFailure: fc.constantFrom(...all) },
    { requiredKeys: ['graph'] },
  );
});

const sorted = (spec: JsonObject): string[] =>
  validateGraph(spec)
    .map((finding) => JSON.stringify(finding))
    .sort();

describe('findings', () => {
  test('are the same in whatever order nodes are written', () => {
    fc.assert(
      fc.property(anySpec, fc.infiniteStream(fc.integer({ min: 0, max: 1_000 })), (spec, dice) => {
        const graph = Object.entries(spec['graph'] as JsonObject);
        const shuffled = graph
          .map((entry) => ({ entry, rank: dice.next().value ?? 0 }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ entry }) => entry);
        expect(sorted({ ...spec, graph: Object.fromEntries(shuffled) })).toEqual(sorted(spec));
      }),
      { numRuns: 400 },
    );
  });

  test('all have a message, a place and a known form', () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        for (const finding of validateGraph(spec)) {
          expect(finding.code).toMatch(/^(graph|expression)\./);
          expect(finding.message).toMatch(/\.$/);
          expect(finding.path.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe('large graphs', () => {
  const chain = (count: number, body: (index: number) => JsonObject): JsonObject => ({
    graph: Object.fromEntries(names(count).map((name, index) => [name, { agentRef: 'x', ...body(index) }])),
    limits: { maxTurns: 3 },
  });

  test('a chain of 10,000 nodes is no depth', () => {
    expect(
      validateGraph(chain(10_000, (index) => (index < 9_999 ? { edges: [{ to: `n${index + 1}` }] } : {}))),
    ).toEqual([]);
  });

  test('a thousand nodes with five thousand edges, each reading the first, are fine', () => {
    const spec = chain(1_000, (index) => ({
      edges: [1, 2, 3, 4, 5].flatMap((step) => (index + step < 1_000 ? [{ to: `n${index + step}` }] : [])),
      ...(index === 0 ? {} : { input: '${ nodes.n0.output }' }),
    }));
    expect(validateGraph(spec)).toEqual([]);
  });
});
