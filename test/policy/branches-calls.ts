import type { BundleTool } from '../../src/manifest/bundle.ts';
import type { Condition, FlowRule, GatewayRule, SubjectAuthority } from '../../src/policy/authority.ts';
import type { GateContext } from '../../src/policy/context.ts';
import { authority, type Branch, bundle, contextWith, modelCall, toolCall, toolNamed, withModel } from './fixture.ts';

/** The rules of a subject, with more said of single calls. */
export function ruled(change: Partial<SubjectAuthority>): SubjectAuthority {
  return { ...authority, ...change };
}

export const denyUnless = (expr: string): Condition => ({
  id: 'AgentPolicy/default/careful#small',
  kind: 'denyUnless',
  expr,
});

export const trifecta: FlowRule = {
  id: 'AgentPolicy/default/careful#leak',
  when: ['privateRead', 'untrustedRead'],
  what: 'deny',
  target: 'externalWrite',
};

/** The bundle with its tool `search` changed. */
export function withSearch(change: Partial<BundleTool>): GateContext['bundle'] {
  return { ...bundle, tools: { ...bundle.tools, 'default/search': toolNamed('search', change) } };
}

export const overHttp: BundleTool['impl'] = {
  type: 'http',
  method: 'GET',
  url: 'https://api.example.com/items/{id}',
  headers: {},
  query: {},
  egress: { hosts: ['api.example.com'], allowPrivate: false },
};

const revisions = ['pinned', 'live'] as const;

export const inSandbox: BundleTool['impl'] = {
  type: 'cli',
  command: 'jq',
  args: ['{filter}'],
  env: [],
  isolation: { min: 'process', filesystem: 'readOnly' },
};

const program = withSearch({ impl: inSandbox });
const strict = withSearch({ impl: { ...inSandbox, isolation: { ...inSandbox.isolation, min: 'container' } } });
const apart = { rule: 'AgentPolicy/default/apart', min: 'container' } as const;
const sandboxed = { rule: 'AgentPolicy/default/apart', min: 'sandbox' } as const;

const tiers: readonly Branch[] = [
  {
    reason: 'isolation.unavailable',
    name: 'a program on a worker that proved no tier that holds it',
    refused: [toolCall, contextWith({ bundle: program, tiers: ['inline', 'process', 'wasm'] })],
    passes: [toolCall, contextWith({ bundle: program, tiers: ['inline', 'sandbox'] })],
  },
  {
    reason: 'isolation.unavailable',
    name: 'a program where nobody said what the worker proved',
    refused: [toolCall, contextWith({ bundle: program })],
    passes: [toolCall, contextWith({ bundle: program, tiers: ['sandbox'] })],
  },
  {
    reason: 'isolation.unavailable',
    name: 'a program that wants more than the worker has',
    refused: [toolCall, contextWith({ bundle: strict, tiers: ['inline', 'sandbox'] })],
    passes: [toolCall, contextWith({ bundle: program, tiers: ['inline', 'sandbox'] })],
  },
  ...revisions.map((revision) => ({
    reason: 'isolation.unavailable' as const,
    name: `a program below the floor of the ${revision} revision`,
    refused: [
      toolCall,
      contextWith({ bundle: program, tiers: ['inline', 'sandbox'], [revision]: ruled({ isolation: apart }) }),
    ] as const,
    passes: [
      toolCall,
      contextWith({ bundle: program, tiers: ['inline', 'sandbox'], [revision]: ruled({ isolation: sandboxed }) }),
    ] as const,
  })),
  {
    reason: 'isolation.unavailable',
    name: 'a tool of pawl’s own on a worker that runs nothing inline',
    refused: [toolCall, contextWith({ tiers: ['container'] })],
    passes: [toolCall, contextWith({ tiers: ['inline', 'container'] })],
  },
  ...revisions.map((revision) => {
    const cell = { kind: 'deny', reason: 'isolation.unavailable', rule: 'AgentPolicy/default/apart' } as const;
    return {
      reason: 'isolation.unavailable' as const,
      name: `a tool that the ${revision} revision cannot keep apart enough`,
      refused: [
        toolCall,
        contextWith({ [revision]: ruled({ tools: { ...authority.tools, 'default/search': cell } }) }),
      ] as const,
      passes: [toolCall, contextWith()] as const,
    };
  }),
];

const http = withSearch({ impl: overHttp });
const hosts = (...names: readonly string[]) => ruled({ egress: [{ rule: 'AgentPolicy/default/out', hosts: names }] });
const gateways = (rule: Omit<GatewayRule, 'rule'>) =>
  ruled({ gateways: [{ rule: 'AgentPolicy/default/ways', ...rule }] });
const behind = withModel((model) => ({
  ...model,
  gateway: { gateway: 'default/approved', url: 'https://gateway.example' },
}));

const waysOut: readonly Branch[] = revisions.flatMap((revision) => [
  {
    reason: 'egress.denied' as const,
    name: `a tool whose host the ${revision} revision does not let tools connect to`,
    refused: [toolCall, contextWith({ bundle: http, [revision]: hosts('other.example.com') })] as const,
    passes: [toolCall, contextWith({ bundle: http, [revision]: hosts('other.example.com', '*.example.com') })] as const,
  },
  {
    reason: 'gateway.required' as const,
    name: `a tool that goes out by itself, where the ${revision} revision wants a gateway`,
    refused: [toolCall, contextWith({ bundle: http, [revision]: gateways({ require: ['tool'] }) })] as const,
    passes: [toolCall, contextWith({ bundle: http, [revision]: gateways({ require: ['model'] }) })] as const,
  },
  {
    reason: 'gateway.required' as const,
    name: `a model without the gateway that the ${revision} revision wants`,
    refused: [modelCall, contextWith({ [revision]: gateways({ require: ['model'] }) })] as const,
    passes: [modelCall, contextWith({ bundle: behind, [revision]: gateways({ require: ['model'] }) })] as const,
  },
  {
    reason: 'gateway.not_allowed' as const,
    name: `a model behind a gateway that the ${revision} revision leaves out`,
    refused: [
      modelCall,
      contextWith({ bundle: behind, [revision]: gateways({ require: [], allow: ['default/other'] }) }),
    ] as const,
    passes: [
      modelCall,
      contextWith({ bundle: behind, [revision]: gateways({ require: [], allow: ['default/approved'] }) }),
    ] as const,
  },
]);

const conditions: readonly Branch[] = revisions.flatMap((revision) => [
  {
    reason: 'policy.condition_false' as const,
    name: `a call for which a condition of the ${revision} revision does not hold`,
    refused: [
      { ...toolCall, arguments: '{"id":"t-1","amount":3}' },
      contextWith({ [revision]: ruled({ conditions: [denyUnless('args.amount <= 2')] }) }),
    ] as const,
    passes: [
      { ...toolCall, arguments: '{"id":"t-1","amount":2}' },
      contextWith({ [revision]: ruled({ conditions: [denyUnless('args.amount <= 2')] }) }),
    ] as const,
  },
  ...['args.amount <= 2', 'args.id', '1 / 0 == 1', 'args.id ==', 'nodes.x', 'now == now'].map((expr) => ({
    reason: 'gate.condition_error' as const,
    name: `a call for which a condition of the ${revision} revision fails: ${expr}`,
    refused: [toolCall, contextWith({ [revision]: ruled({ conditions: [denyUnless(expr)] }) })] as const,
    passes: [toolCall, contextWith({ [revision]: ruled({ conditions: [denyUnless('args.id == "t-1"')] }) })] as const,
  })),
]);

const writing = withSearch({ dataClass: 'externalWrite' });
const touched = (...classes: readonly FlowRule['when'][number][]): Pick<GateContext, 'usage'> => ({
  usage: { ...contextWith().usage, touched: new Set(classes) },
});

const flow: readonly Branch[] = revisions.flatMap((revision) => [
  {
    reason: 'flow.denied' as const,
    name: `a write outside after what the ${revision} revision watches was read`,
    refused: [
      toolCall,
      contextWith({
        bundle: writing,
        ...touched('privateRead', 'untrustedRead'),
        [revision]: ruled({ flow: [trifecta] }),
      }),
    ] as const,
    passes: [
      toolCall,
      contextWith({ bundle: writing, ...touched('privateRead'), [revision]: ruled({ flow: [trifecta] }) }),
    ] as const,
  },
  {
    reason: 'flow.denied' as const,
    name: `a call of a tool that says nothing of data, which the ${revision} revision takes for the worst`,
    refused: [
      toolCall,
      contextWith({
        bundle: http,
        ...touched('privateRead', 'untrustedRead'),
        [revision]: ruled({ flow: [trifecta] }),
      }),
    ] as const,
    passes: [
      toolCall,
      contextWith({
        bundle: withSearch({ impl: overHttp, dataClass: 'public' }),
        ...touched('privateRead', 'untrustedRead'),
        [revision]: ruled({ flow: [trifecta] }),
      }),
    ] as const,
  },
]);

/** Refusals by what rules say of single calls. */
export const callBranches: readonly Branch[] = [...tiers, ...waysOut, ...conditions, ...flow];
