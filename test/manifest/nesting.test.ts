import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chainsBelow, findCycles, heightsOf } from '../../src/manifest/nesting.ts';

const links = (text: string) =>
  new Map(
    text.split(' ').map((entry) => {
      const [from = '', targets = ''] = entry.split('>');
      return [from, targets.split(',')] as const;
    }),
  );

describe('chains', () => {
  test('are as high as the longest way down', () => {
    const graph = links('a>b,c b>c c>d');
    const { heights, rest } = heightsOf(graph);
    expect(Object.fromEntries(heights)).toEqual({ a: 3, b: 2, c: 1, d: 0 });
    expect(rest.size).toBe(0);
    expect(chainsBelow({ links: graph, heights }, 4)('a')).toEqual({ first: ['a', 'b', 'c', 'd'] });
    expect(chainsBelow({ links: graph, heights }, 2)('a')).toEqual({ first: ['a', 'b'], last: 'd' });
  });

  test('of twenty thousand links are followed without recursion', () => {
    const long = new Map(Array.from({ length: 20_000 }, (_, index) => [`n${index}`, [`n${index + 1}`]] as const));
    expect(heightsOf(long).heights.get('n0')).toBe(20_000);
  });

  test('of thousands of links are shown by their ends without being walked once for each member', () => {
    const count = 5_000;
    const long = new Map(Array.from({ length: count }, (_, index) => [`n${index}`, [`n${index + 1}`]] as const));
    const { heights } = heightsOf(long);
    let asked = 0;
    const counting = new Map(long);
    counting.get = (address) => {
      asked += 1;
      return long.get(address);
    };
    const chainBelow = chainsBelow({ links: counting, heights }, 9);
    for (const start of long.keys()) expect(chainBelow(start).last ?? `n${count}`).toBe(`n${count}`);
    expect(asked).toBeLessThan(2 * count);
  });
});

describe('circles', () => {
  test('are found once each, the shortest through their first member', () => {
    const { heights, rest } = heightsOf(links('a>b b>c c>a,d d>e e>d x>a y>y z>w'));
    expect(findCycles(rest)).toEqual([['a', 'b', 'c'], ['d', 'e'], ['y']]);
    // What leads into a circle has no height, and is no member of one.
    expect([...heights.keys()].sort()).toEqual(['w', 'z']);
  });

  test('are found exactly where there are some', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const graphs = fc.dictionary(name, fc.uniqueArray(name, { minLength: 1, maxLength: 3 }), { maxKeys: 5 });
    fc.assert(
      fc.property(graphs, (graph) => {
        const entries = new Map(Object.entries(graph));
        const found = findCycles(heightsOf(entries).rest);
        for (const cycle of found)
          for (const [index, from] of cycle.entries())
            expect(entries.get(from)).toContain(cycle[(index + 1) % cycle.length]);
        const members = new Set(found.flat());
        for (const start of entries.keys())
          expect(!reaches(entries, start) || leadsTo(entries, start, members)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

function below(graph: ReadonlyMap<string, readonly string[]>, start: string): Set<string> {
  const seen = new Set<string>();
  const open = [...(graph.get(start) ?? [])];
  for (const next of open) {
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(graph.get(next) ?? []));
  }
  return seen;
}

function reaches(graph: ReadonlyMap<string, readonly string[]>, start: string): boolean {
  return below(graph, start).has(start);
}

function leadsTo(graph: ReadonlyMap<string, readonly string[]>, start: string, members: ReadonlySet<string>): boolean {
  return members.has(start) || [...below(graph, start)].some((node) => members.has(node));
}
