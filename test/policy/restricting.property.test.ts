import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { actionDigest } from '../../src/policy/approval.ts';
import { argumentSchemas } from '../../src/policy/arguments.ts';
import type { SubjectAuthority } from '../../src/policy/authority.ts';
import type { DataClass } from '../../src/policy/data-class.ts';
import type { GateCall, GateContext } from '../../src/policy/context.ts';
import type { Decision } from '../../src/policy/decision.ts';
import { decide } from '../../src/policy/gate.ts';
import { model, policy, role, tool } from '../plan/fixture.ts';
import { compile, permission, writer } from './estate.ts';
import { unused } from './fixture.ts';

const inputSchema: JsonObject = {
  type: 'object',
  properties: { amount: { type: 'integer' } },
  additionalProperties: false,
};
const tools = [
  tool('search', { operation: ['read'], inputSchema, dataClass: 'privateRead', risk: 'low' }),
  tool('inbox', { operation: ['read'], inputSchema, dataClass: 'untrustedRead' }),
  tool('refund', { operation: ['delete', 'write'], inputSchema, dataClass: 'externalWrite', risk: 'high' }),
];
const names = ['search', 'inbox', 'refund'];
const estate: readonly Resource[] = [
  model('small'),
  role('support', ['tool:search:read', 'tool:inbox:read', 'tool:refund:*', 'capability:c']),
  ...tools,
  writer({ tools: names.map((toolRef) => ({ toolRef })) }, { team: 'support' }),
];

const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const operations = ['read', 'write', 'delete'];
const expressions = [
  'args.amount < 2',
  'args.amount >= 0',
  'tool.risk == "high"',
  '"delete" in tool.operations',
  'agent.labels.team == "support"',
  'has(args.amount)',
  'false',
  'true',
];
const duty = fc.record(
  {
    when: fc.subarray(['privateRead', 'untrustedRead'], { minLength: 1 }),
    kind: fc.constantFrom('deny', 'ask'),
  },
  { requiredKeys: ['when', 'kind'] },
);
const target = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ global: true }) },
  fc.constantFrom(
    { targets: { agents: ['writer'] } },
    { targets: { agents: ['other'] } },
    { targets: { labels: { team: 'support' } } },
    { targets: { systems: ['triage'] } },
  ),
);

/** Every field of a policy that restricts, each there or not. */
const restricting = fc
  .record({
    whom: target,
    tools: some(fc.record({ allow: fc.subarray([...names, '*']), deny: fc.subarray(names) }, { requiredKeys: [] })),
    operations: some(fc.record({ deny: fc.subarray(operations), ask: fc.subarray(operations) }, { requiredKeys: [] })),
    models: some(
      fc.record(
        {
          allow: fc.subarray(['small', 'other']),
          deny: fc.subarray(['small']),
          maxOutputTokens: fc.constantFrom(5, 500),
        },
        { requiredKeys: [] },
      ),
    ),
    conditions: some(
      fc.array(fc.record({ kind: fc.constantFrom('askIf', 'denyUnless'), expr: fc.constantFrom(...expressions) }), {
        maxLength: 3,
      }),
    ),
    flow: some(fc.array(duty, { maxLength: 2 })),
    limits: some(
      fc.record(
        {
          maxSteps: fc.integer({ min: 1, max: 4 }),
          maxToolCalls: fc.integer({ min: 1, max: 4 }),
          maxTokens: fc.integer({ min: 1, max: 2_000 }),
        },
        { requiredKeys: [] },
      ),
    ),
    budgets: some(
      fc.array(fc.record({ unit: fc.constantFrom('tokens', 'calls'), limit: fc.integer({ min: 1, max: 900 }) }), {
        maxLength: 2,
      }),
    ),
    floor: some(fc.constantFrom('inline', 'process', 'container')),
    gateways: fc.option(fc.record({ require: fc.subarray(['model', 'tool']) }), { nil: undefined, freq: 2 }),
    audit: fc.boolean(),
  })
  .map(specOf);

interface Restricting {
  readonly whom: object;
  readonly conditions: readonly { kind: string; expr: string }[] | undefined;
  readonly flow: readonly { when: readonly string[]; kind: string }[] | undefined;
  readonly budgets: readonly { unit: string; limit: number }[] | undefined;
  readonly floor: string | undefined;
  readonly audit: boolean;
}

function specOf({ whom, conditions, flow, budgets, floor, audit, ...rest }: Restricting): JsonObject {
  const spec = {
    ...rest,
    ...whom,
    conditions: conditions?.map((condition, index) => ({ name: `c${index}`, ...condition })),
    flow: flow?.map(({ when, kind }) => ({ when, [kind]: 'externalWrite' })),
    budgets: budgets?.map((budget) => ({ scope: 'run', ...budget })),
    isolation: floor === undefined ? undefined : { min: floor },
    mode: audit ? 'audit' : undefined,
  };
  return JSON.parse(JSON.stringify(spec)) as JsonObject;
}

const policies = fc
  .array(restricting, { maxLength: 4 })
  .map((specs) => specs.map((spec, index) => policy(`p${index}`, spec)));
const permissions = fc
  .array(
    fc.record({
      toolRef: fc.constantFrom(...names),
      rules: fc.subarray(operations).map((list) => list.map((operation) => ({ operation, verdict: 'ask' }))),
      denied: fc.subarray(operations),
    }),
    { maxLength: 2 },
  )
  .map((specs) =>
    specs.map(({ toolRef, rules, denied }, index) =>
      permission(`m${index}`, {
        toolRef,
        global: true,
        rules: [...rules, ...denied.map((operation) => ({ operation, verdict: 'deny' }))],
      }),
    ),
  );

const content = compile(estate).content;
const schemas = argumentSchemas(content);
const agentCall = { subject: 'Agent/default/writer' } as const;
const calls: readonly GateCall[] = [
  ...names.flatMap((name) =>
    ['{"amount":0}', '{"amount":2}', '{}'].map(
      (text) => ({ ...agentCall, kind: 'tool', name, arguments: text }) as const,
    ),
  ),
  { ...agentCall, kind: 'model', model: 'default/small', inputTokens: 100 },
];

const where = {
  environment: 'production',
  run: '00000000-0000-4000-8000-000000000001',
  step: 'draft',
  call: 'draft/1.1',
  input: {},
  now: '2026-01-01T00:00:00Z',
};

type Situation = Pick<GateContext, 'usage'>;
const situation: fc.Arbitrary<Situation> = fc
  .record({
    modelCalls: fc.nat(3),
    toolCalls: fc.nat(3),
    tokens: fc.nat(900),
    touched: fc.subarray<DataClass>(['privateRead', 'untrustedRead']),
  })
  .map(({ touched, ...step }) => ({
    usage: { ...unused, step: { ...unused.step, ...step }, touched: new Set(touched) },
  }));

const rowOf = (resources: readonly Resource[]): SubjectAuthority | undefined =>
  compile(resources).authority.subjects[agentCall.subject];

interface Ruled extends Situation {
  readonly pinned: SubjectAuthority | undefined;
  readonly live: SubjectAuthority | undefined;
}

function contextOf(ruled: Ruled): GateContext {
  const clock = { lost: false, cancelled: false, overdue: false };
  return { clock, bundle: content, schemas, where, tiers: ['inline', 'process'], ...ruled };
}

/** What is decided, and what is once everybody who is asked has approved of exactly that. */
function decided(call: GateCall, ruled: Ruled): { readonly first: Decision; readonly then: Decision } {
  const context = contextOf(ruled);
  const first = decide(call, context);
  if (first.kind !== 'ask') return { first, then: first };
  const approval = { id: 'a', actionDigest: actionDigest(first.action), state: 'approved' as const };
  return { first, then: decide(call, { ...context, approvals: new Map([[where.call, approval]]) }) };
}

const asked = (decision: Decision) => (decision.kind === 'ask' ? decision.asks.map(({ rule }) => rule) : []);

test('a policy more, in both revisions or live alone, only restricts: no call more, no token more, nobody asked less', () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(
      policies,
      permissions,
      restricting,
      situation,
      fc.boolean(),
      (rules, cells, extra, usage, pinnedToo) => {
        const was = rowOf([...estate, ...cells, ...rules]);
        const is = rowOf([...estate, ...cells, ...rules, policy('extra', extra)]);
        for (const call of calls) {
          const before = decided(call, { ...usage, pinned: was, live: was });
          const after = decided(call, { ...usage, pinned: pinnedToo ? is : was, live: is });
          kinds.add(`${before.first.kind} ${after.first.kind} ${after.then.kind}`);
          if (after.first.kind === 'allow') expect(before.first.kind).toBe('allow');
          if (after.then.kind !== 'allow') continue;
          if (before.then.kind !== 'allow') expect.unreachable(`${call.kind} ${before.then.kind}`);
          else expect(after.then.reserve.tokens).toBeLessThanOrEqual(before.then.reserve.tokens);
          expect(asked(after.first)).toEqual(expect.arrayContaining(asked(before.first)));
        }
      },
    ),
    { numRuns: 100, seed: 7 },
  );
  // The estates drawn say something: every way of growing stricter occurs.
  expect([...kinds]).toEqual(
    expect.arrayContaining([
      'allow allow allow',
      'allow ask allow',
      'allow deny deny',
      'ask deny deny',
      'ask ask allow',
    ]),
  );
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed).reverse();
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, child]) => [key, reversed(child)])
      .reverse(),
  );
}

const rules = new Set(['AgentPolicy', 'ToolPermission', 'AgentRole']);

test('the order of files, and of rules inside of them, changes no decision', () => {
  fc.assert(
    fc.property(policies, permissions, situation, (some, cells, usage) => {
      const one = [...estate, ...cells, ...some];
      const other = one
        .map((entry) =>
          rules.has(entry.kind) ? { ...entry, manifest: reversed(entry.manifest) as JsonObject } : entry,
        )
        .reverse();
      const [was, is] = [rowOf(one), rowOf(other)];
      for (const call of calls) {
        const [before, after] = [was, is].map((row) => decided(call, { ...usage, pinned: row, live: row }));
        expect(after).toEqual(before);
      }
    }),
    { numRuns: 100, seed: 8 },
  );
});
