import { describe } from 'vitest';
import { testSchema } from './schema-cases.ts';

const global = true;
const asks = { operations: { ask: ['delete'] } };

describe('an AgentPolicy', () => {
  testSchema({
    kind: 'AgentPolicy',
    accepted: {
      'for some, with everything': {
        description: 'What support may do',
        owner: 'security',
        targets: {
          agents: ['triage', 'shared/closer'],
          systems: ['support'],
          namespaces: ['default'],
          labels: { tier: 'gold' },
        },
        mode: 'audit',
        models: { allow: ['fast'], deny: ['strong'], maxOutputTokens: 4096 },
        tools: { allow: ['search'], deny: ['shell'] },
        operations: { deny: ['admin'], ask: ['delete'] },
        budgets: [
          { scope: 'run', unit: 'usd', limit: '0.25' },
          { scope: 'agent', unit: 'tokens', limit: 100000, window: 'hour' },
          { scope: 'system', unit: 'calls', limit: 500, window: 'week' },
          { scope: 'namespace', unit: 'usd', limit: 50, window: 'month' },
        ],
        limits: {
          maxSteps: 5,
          maxToolCalls: 0,
          maxTokens: 20000,
          maxCost: '0.50',
          timeout: '2m',
          maxDelegationDepth: 1,
        },
        rates: [
          { key: 'tool', limit: 60, window: '1m' },
          { key: 'run', limit: 10, window: '1s' },
        ],
        egress: { hosts: ['api.example.com', '*.internal.example.com:8443', 'http://legacy.example.com'] },
        isolation: { min: 'sandbox' },
        flow: [
          { name: 'no-leaks', when: ['privateRead', 'untrustedRead'], deny: 'externalWrite' },
          { when: ['untrustedRead'], ask: 'privateRead' },
        ],
        conditions: [
          { name: 'small-refunds', kind: 'denyUnless', expr: 'args.amount <= 100' },
          { name: 'at-night', kind: 'askIf', expr: 'now.getHours("Europe/Berlin") >= 20' },
        ],
        guards: ['no-card-numbers'],
        gateways: { require: ['model', 'tool'], allow: ['approved'] },
        approval: {
          approvers: { groups: ['leads'], users: ['ada'], min: 2 },
          ttl: '1h',
          fourEyes: false,
          batch: { max: 20, same: ['to'] },
        },
      },
      'for all': { global, limits: { maxSteps: 3 } },
    },
    refused: {
      'for nobody': [{ limits: { maxSteps: 3 } }, 'manifest.exactly_one spec Add one of them.'],
      'targets that name nothing': [{ targets: {}, limits: { maxSteps: 3 } }, 'manifest.limit spec.targets'],
      'no restriction': [{ global }, 'policy.restricts_nothing spec Say what it restricts, or remove it.'],
      'empty lists': [
        { global, models: { allow: [] }, tools: { allow: [] }, egress: { hosts: [] }, gateways: { allow: [] } },
        'policy.allows_none spec.models.allow Remove it if nothing should be restricted.',
        'policy.allows_none spec.tools.allow',
        'policy.allows_none spec.egress.hosts',
        'policy.allows_none spec.gateways.allow',
      ],
      'entries that have no effect': [
        {
          global,
          tools: { allow: ['a', 'b'], deny: ['b'] },
          models: { allow: ['m'], deny: ['m'] },
          operations: { deny: ['admin'], ask: ['admin'] },
        },
        'policy.shadowed spec.tools.allow.1 Keep it in one of the lists.',
        'policy.shadowed spec.models.allow.0',
        'policy.shadowed spec.operations.ask.0',
      ],
      'a budget of an agent without a window': [
        { global, budgets: [{ scope: 'agent', unit: 'usd', limit: 1 }] },
        'manifest.required spec.budgets.0 Add `window: day`, or another.',
      ],
      'a budget of a run with a window': [
        { global, budgets: [{ scope: 'run', unit: 'usd', limit: 1, window: 'day' }] },
        'manifest.contradiction spec.budgets.0.window',
      ],
      'half a call': [
        { global, budgets: [{ scope: 'run', unit: 'calls', limit: 0.5 }] },
        'manifest.limit spec.budgets.0.limit Round it.',
      ],
      'money too fine': [
        { global, budgets: [{ scope: 'run', unit: 'usd', limit: 0.0000001 }], limits: { maxCost: 0.00000015 } },
        'manifest.money spec.budgets.0.limit',
        'manifest.money spec.limits.maxCost Round it to six decimals.',
      ],
      'two budgets for the same': [
        {
          global,
          budgets: [
            { scope: 'run', unit: 'usd', limit: 1 },
            { scope: 'run', unit: 'usd', limit: 2 },
          ],
        },
        'manifest.duplicate_entry spec.budgets.1 Keep the lower one',
      ],
      'two rates for the same': [
        {
          global,
          rates: [
            { key: 'run', limit: 1, window: '1s' },
            { key: 'run', limit: 2, window: '1s' },
          ],
        },
        'manifest.duplicate_entry spec.rates.1',
      ],
      'a rate of nothing': [
        { global, rates: [{ key: 'run', limit: 0, window: '1s' }] },
        'manifest.limit spec.rates.0.limit',
      ],
      'a host with a path': [{ global, egress: { hosts: ['a.example/x'] } }, 'manifest.format spec.egress.hosts.0'],
      'a flow rule without a verdict': [
        { global, flow: [{ when: ['privateRead'] }] },
        'manifest.exactly_one spec.flow.0',
      ],
      'a flow rule with two': [
        { global, flow: [{ when: ['privateRead'], deny: 'externalWrite', ask: 'externalWrite' }] },
        'manifest.exactly_one spec.flow.0 Remove one of them.',
      ],
      'a flow rule that waits for nothing': [
        { global, flow: [{ when: [], deny: 'externalWrite' }] },
        'manifest.limit spec.flow.0.when',
      ],
      'two conditions of one name': [
        {
          global,
          conditions: [
            { name: 'a', kind: 'askIf', expr: 'true' },
            { name: 'a', kind: 'askIf', expr: 'false' },
          ],
        },
        'manifest.duplicate_entry spec.conditions.1.name',
      ],
      'a condition that is no expression': [
        { global, conditions: [{ name: 'a', kind: 'askIf', expr: 'args.amount >' }] },
        'expression.syntax spec.conditions.0.expr Expressions are CEL',
      ],
      'a condition that reads what it cannot': [
        { global, conditions: [{ name: 'a', kind: 'askIf', expr: 'nodes.a.output == 1' }] },
        'expression.unknown_variable spec.conditions.0.expr It can read `args`',
      ],
      'a condition with a misspelt field': [
        { global, conditions: [{ name: 'a', kind: 'askIf', expr: 'tool.risc == "high"' }] },
        'expression.type spec.conditions.0.expr Did you mean `risk`?',
      ],
      'a condition that gives a text': [
        { global, conditions: [{ name: 'a', kind: 'askIf', expr: 'tool.name' }] },
        'expression.not_boolean spec.conditions.0.expr Compare it with something.',
      ],
      'a condition that could take for ever': [
        { global, conditions: [{ name: 'a', kind: 'askIf', expr: 'args.x.matches("(a+)+")' }] },
        'expression.matches spec.conditions.0.expr Use `re2(text, pattern)`.',
      ],
      'a condition that reads pairs': [
        { global, conditions: [{ name: 'a', kind: 'askIf', expr: 'args.x.all(a, args.y.all(b, a == b))' }] },
        'expression.nesting spec.conditions.0.expr Chain them',
      ],
      'gateways that say nothing': [{ global, gateways: {} }, 'manifest.limit spec.gateways'],
      'approvers where nothing is asked': [
        { global, limits: { maxSteps: 1 }, approval: { approvers: { groups: ['leads'] } } },
        'manifest.contradiction spec.approval Add `operations.ask`',
      ],
      'more approvals than approvers': [
        { global, ...asks, approval: { approvers: { users: ['ada'], min: 3 } } },
        'manifest.limit spec.approval.approvers.min',
      ],
    },
  });
});
