import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { type Address, type Resource } from '../../src/manifest/resource.ts';
import type { CellChange } from '../../src/plan/access.ts';
import { accessChanges } from '../../src/plan/authority.ts';
import type { Sides } from '../../src/plan/sides.ts';
import type { ArgumentSchemas } from '../../src/policy/arguments.ts';
import { type CompiledBundle, compileBundle } from '../../src/policy/compile.ts';
import { decide } from '../../src/policy/gate.ts';
import { unused } from '../policy/fixture.ts';
import { agent, mapOf, model, policy, resource, role, system, tool } from './fixture.ts';
import { sidesBetween } from './sides.ts';

const names = ['t0', 't1', 't2'];
const operations = ['read', 'write', 'delete'];
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const spec = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

const tools = fc.tuple(
  ...names.map((name) => fc.subarray(operations, { minLength: 1 }).map((operation) => tool(name, { operation }))),
);
const permissions = fc.subarray(
  names
    .flatMap((name) => ['*', ...operations].map((one) => `tool:${name}:${one}`))
    .concat('capability:c', 'tool:*:read'),
);
const roles = fc.tuple(...['r0', 'r1'].map((name) => permissions.map((list) => role(name, list))));
const agents = fc.tuple(
  ...['a0', 'a1'].map((name) =>
    fc
      .record({ listed: fc.subarray(names), held: fc.subarray(['r0', 'r1']), label: fc.boolean() })
      .map(({ listed, held, label }) =>
        agent(
          name,
          { tools: listed.map((toolRef) => ({ toolRef })), roles: held },
          { labels: label ? { team: 'x' } : {} },
        ),
      ),
  ),
);
const systems = fc
  .tuple(fc.subarray(['a0', 'a1']), maybe(fc.subarray(names, { minLength: 1 })), fc.boolean())
  .map(([first, second, hasSecond]) => [
    system('s0', Object.fromEntries(first.map((one) => [one, { agentRef: one, edges: [] }]))),
    ...(hasSecond
      ? [
          system(
            's1',
            {
              a0: { agentRef: 'a0', edges: [] },
              ...Object.fromEntries((second ?? []).map((one) => [one, { toolRef: one, edges: [] }])),
            },
            { spec: { roles: ['r0'] } },
          ),
        ]
      : []),
  ]);
const targets = fc.oneof(
  fc.constant({ global: true }),
  fc.subarray(['a0', 'a1']).map((list) => ({ targets: { agents: list } })),
  fc.subarray(['s0', 's1']).map((list) => ({ targets: { systems: list } })),
  fc.constant({ targets: { labels: { team: 'x' } } }),
  fc.constant({ targets: { namespaces: ['default'] } }),
);
const policySpec = fc
  .record({
    whom: targets,
    tools: maybe(fc.record({ allow: fc.subarray([...names, '*']), deny: fc.subarray(names) }, { requiredKeys: [] })),
    operations: maybe(fc.record({ deny: fc.subarray(operations), ask: fc.subarray(operations) })),
    models: maybe(fc.record({ allow: fc.subarray(['small', 'other']) })),
  })
  .map(({ whom, ...rest }) => spec({ ...rest, ...whom }));
const policies = fc.tuple(...['p0', 'p1', 'p2'].map((name) => maybe(policySpec.map((one) => policy(name, one)))));
const rules = fc.tuple(
  ...['m0', 'm1'].map((name) =>
    maybe(
      fc
        .record({
          toolRef: fc.constantFrom(...names),
          whom: fc.oneof(
            fc.constant({ global: true }),
            fc.subarray(['a0', 'a1']).map((list) => ({ agents: list })),
          ),
          required: maybe(fc.subarray(['capability:c', 'tool:t0:read', 'tool:t1:write'], { minLength: 1 })),
          match: fc.constantFrom('all', 'any'),
          denied: fc.subarray(operations),
          asked: fc.subarray(operations),
        })
        .map(({ toolRef, whom, required, match, denied, asked }) =>
          resource({
            kind: 'ToolPermission',
            name,
            spec: spec({
              toolRef,
              ...whom,
              required,
              match,
              rules: [
                ...denied.map((operation) => ({ operation, verdict: 'deny' })),
                ...asked.map((operation) => ({ operation, verdict: 'ask' })),
              ],
            }),
          }),
        ),
    ),
  ),
);

const estates = fc
  .tuple(tools, roles, agents, systems, policies, rules)
  .map((parts) => [model('small'), ...parts.flat()].filter((one) => one !== undefined));

/** Half of a change's resources are as they were. */
const changes = fc.tuple(estates, estates, fc.infiniteStream(fc.boolean())).map(([before, other, choose]) => {
  const old = mapOf(before);
  const after = other.map((one) => (choose.next().value === true ? (old.get(one.address) ?? one) : one));
  return { before, after };
});

test('what is said to move is what the worker decides otherwise, cell by cell', () => {
  fc.assert(
    fc.property(changes, ({ before, after }) => {
      expect(moved(accessChanges(sidesBetween(before, after)).cells)).toEqual(bruteForce(before, after));
    }),
    { numRuns: 150 },
  );
});

test('the order of files never matters', () => {
  fc.assert(
    fc.property(changes, ({ before, after }) => {
      const turned = accessChanges(sidesBetween([...before].reverse(), [...after].reverse()));
      expect(turned).toEqual(accessChanges(sidesBetween(before, after)));
    }),
    { numRuns: 100 },
  );
});

test('adding a policy never widens', () => {
  fc.assert(
    fc.property(estates, policySpec, (before, added) => {
      const { cells, limits, coverage, judged } = accessChanges(sidesBetween(before, [...before, policy('p9', added)]));
      const all = [...cells, ...limits, ...coverage, ...judged];
      expect(all.filter(({ direction }) => direction === 'widened')).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('without its causes nothing widens, and with one of several taken back alone it still does', () => {
  fc.assert(
    fc.property(changes, ({ before, after }) => {
      const sides = sidesBetween(before, after);
      const cells = accessChanges(sides).cells.filter(({ direction }) => direction === 'widened');
      for (const cell of cells.slice(0, 8)) {
        const causes = cell.causes.map(({ address }) => address);
        expect(causes).not.toEqual([]);
        expect(isWider(cell, without(sides, causes))).toBe(false);
        if (causes.length === 1) continue;
        for (const cause of causes) {
          expect(
            isWider(
              cell,
              without(
                sides,
                causes.filter((one) => one !== cause),
              ),
            ),
          ).toBe(true);
        }
      }
    }),
    { numRuns: 150 },
  );
});

/** The target with some changes taken back. */
function without({ before, after }: Sides, causes: readonly Address[]): ReadonlyMap<Address, Resource> {
  const resources = new Map(after);
  for (const address of causes) {
    const old = before.get(address);
    if (old === undefined) resources.delete(address);
    else resources.set(address, old);
  }
  return resources;
}

function moved(cells: readonly CellChange[]): readonly string[] {
  return [
    ...new Set(cells.map((cell) => `${cell.direction} ${cell.system} ${cell.subject} ${cell.target} ${cell.name}`)),
  ].sort();
}

function bruteForce(before: readonly Resource[], after: readonly Resource[]): readonly string[] {
  const [was, is] = [verdictsIn(mapOf(before)), verdictsIn(mapOf(after))];
  return [...new Set([...was.keys(), ...is.keys()])]
    .flatMap((cell) => {
      const rise = (is.get(cell) ?? 0) - (was.get(cell) ?? 0);
      return rise === 0 ? [] : [`${rise > 0 ? 'widened' : 'narrowed'} ${cell}`];
    })
    .sort();
}

/** Than before the change. */
function isWider(
  { system: path, subject, target, name, before }: CellChange,
  resources: ReadonlyMap<Address, Resource>,
): boolean {
  const is = verdictsIn(resources).get(`${path} ${subject} ${target} ${name}`) ?? 0;
  return is > (ranks[before.kind] ?? 0);
}

const ranks: Readonly<Record<string, number>> = { deny: 0, ask: 1, allow: 2 };

/** Asks `decide` of every call that a subject of any system could make. */
function verdictsIn(resources: ReadonlyMap<Address, Resource>): ReadonlyMap<string, number> {
  const verdicts = new Map<string, number>();
  for (const one of resources.values()) {
    if (one.kind !== 'AgentSystem') continue;
    const compiled = compileBundle(one, resources);
    const { system } = compiled.content;
    for (const subject of Object.keys(compiled.authority.subjects)) {
      for (const name of names) {
        const path = `default/${name}`;
        const asked = subject.startsWith('Agent/') ? name : path;
        const call = { kind: 'tool', subject, name: asked, arguments: '{}' } as const;
        verdicts.set(`${system} ${subject} tool ${path}`, ranks[decision(call, compiled)] ?? 0);
      }
      const call = { kind: 'model', subject, model: 'default/small', inputTokens: 10 } as const;
      verdicts.set(`${system} ${subject} model default/small`, ranks[decision(call, compiled)] ?? 0);
    }
  }
  return verdicts;
}

/** A cell has no arguments: whatever they are, they fit. */
const accepting: ArgumentSchemas = new Map(names.map((name) => [`default/${name}`, () => ({ kind: 'valid' })]));

function decision(call: Parameters<typeof decide>[0], { content, authority }: CompiledBundle): string {
  return decide(call, {
    clock: { lost: false, cancelled: false, overdue: false },
    bundle: content,
    schemas: accepting,
    pinned: authority.subjects[call.subject],
    live: undefined,
    usage: unused,
  }).kind;
}
