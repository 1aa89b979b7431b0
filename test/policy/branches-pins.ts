import type { Bundle, BundleTool } from '../../src/manifest/bundle.ts';
import type { BundleServer } from '../../src/manifest/bundle-world.ts';
import type { SubjectAuthority, Verdict } from '../../src/policy/authority.ts';
import { allowed, authority, type Branch, bundle, contextWith, toolCall, toolNamed } from './fixture.ts';

const id = 'mcp:default/tickets:get_issue';
const [reviewed, other] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
const impl: BundleTool['impl'] = { type: 'mcp', server: 'default/tickets', tool: 'get_issue', digest: reviewed };

const common = {
  startTimeoutMs: 30_000,
  callTimeoutMs: 30_000,
  idleTimeoutMs: 300_000,
  maxRestarts: 3,
  maxResultBytes: 1024,
  pins: { get_issue: reviewed },
};

export const remote: BundleServer = {
  ...common,
  transport: 'http',
  url: 'https://tickets.example.com/mcp',
  allowPrivate: false,
  headers: [],
};

const gateway = { gateway: 'default/tools-eu', url: 'https://tickets.example.com' };

export function program(hosts?: readonly string[]): BundleServer {
  const network = hosts === undefined ? {} : { network: { hosts, allowPrivate: false } };
  const isolation = { min: 'sandbox', filesystem: 'scratch', ...network } as const;
  return { ...common, transport: 'stdio', command: 'tickets', args: [], env: [], isolation };
}

/** A bundle in which the agent lists one tool of an MCP server. */
export function withServer(server: BundleServer, tool: Partial<BundleTool> = {}): Bundle {
  const support = bundle.agents['default/support'];
  if (support === undefined) throw new TypeError('the fixture has the agent');
  return {
    ...bundle,
    agents: {
      ...bundle.agents,
      'default/support': { ...support, tools: { ...support.tools, tickets__get_issue: id } },
    },
    tools: { ...bundle.tools, [id]: { ...toolNamed('tickets__get_issue'), impl, ...tool } },
    servers: { 'default/tickets': server },
  };
}

const call = { ...toolCall, name: 'tickets__get_issue' };

const rowOf = (verdict: Verdict, pins: SubjectAuthority['pins'], more: Partial<SubjectAuthority> = {}) => ({
  ...authority,
  tools: { ...authority.tools, [id]: verdict },
  ...(pins === undefined ? {} : { pins }),
  ...more,
});

const pinned = rowOf(allowed, { [id]: reviewed });
const unlooked: Verdict = { kind: 'deny', reason: 'tool.pin_missing', rule: 'McpServer/default/tickets' };
const moved: Verdict = { kind: 'deny', reason: 'mcp.identity_mismatch', rule: 'McpServer/default/tickets' };
const http = withServer(remote);
const passes = [call, contextWith({ bundle: http, pinned, live: pinned })] as const;

const definitions: readonly Branch[] = [
  {
    reason: 'tool.pin_missing',
    name: 'a tool that the run keeps without a definition',
    refused: [
      call,
      contextWith({
        bundle: withServer(remote, { impl: { type: 'mcp', server: 'default/tickets', tool: 'get_issue' } }),
        pinned,
        live: pinned,
      }),
    ],
    passes,
  },
  {
    reason: 'tool.pin_missing',
    name: 'a tool whose pin is not among the rules of the run',
    refused: [call, contextWith({ bundle: http, pinned: rowOf(allowed, {}), live: pinned })],
    passes,
  },
  {
    reason: 'tool.pin_missing',
    name: 'a tool whose pin is not among the rules in force',
    refused: [call, contextWith({ bundle: http, pinned, live: rowOf(allowed, undefined) })],
    passes,
  },
  ...(['pinned', 'live'] as const).flatMap((revision): readonly Branch[] => [
    {
      reason: 'tool.pin_missing',
      name: `a tool that nobody had looked at in the ${revision} revision`,
      refused: [
        call,
        contextWith({ bundle: http, pinned, live: pinned, [revision]: rowOf(unlooked, { [id]: reviewed }) }),
      ],
      passes,
    },
    {
      reason: 'mcp.identity_mismatch',
      name: `a tool of a server that is another in the ${revision} revision`,
      refused: [
        call,
        contextWith({ bundle: http, pinned, live: pinned, [revision]: rowOf(moved, { [id]: reviewed }) }),
      ],
      passes,
    },
    {
      reason: 'tool.pin_mismatch',
      name: `another definition in the ${revision} revision`,
      refused: [call, contextWith({ bundle: http, pinned, live: pinned, [revision]: rowOf(allowed, { [id]: other }) })],
      passes,
    },
  ]),
  {
    reason: 'mcp.identity_mismatch',
    name: 'a tool of a server that is another, whatever its arguments are',
    refused: [
      { ...call, arguments: '{}' },
      contextWith({ bundle: http, pinned: rowOf(moved, undefined), live: pinned }),
    ],
    passes,
  },
  {
    reason: 'tool.pin_mismatch',
    name: 'a definition that is neither revision’s',
    refused: [
      call,
      contextWith({
        bundle: http,
        pinned: rowOf(allowed, { [id]: other }),
        live: rowOf(allowed, { [id]: other }),
      }),
    ],
    passes,
  },
];

const ways: readonly Branch[] = (['pinned', 'live'] as const).flatMap((revision): readonly Branch[] => {
  const under = (bundled: Bundle, more: Partial<SubjectAuthority>) =>
    [
      call,
      contextWith({
        bundle: bundled,
        tiers: ['inline', 'process', 'sandbox'],
        pinned,
        live: pinned,
        [revision]: rowOf(allowed, { [id]: reviewed }, more),
      }),
    ] as const;
  const hosts = (...list: readonly string[]) => ({ egress: [{ rule: 'AgentPolicy/default/out', hosts: list }] });
  const wanted = (allow?: readonly string[]) => ({
    gateways: [
      { rule: 'AgentPolicy/default/ways', require: ['tool'], ...(allow === undefined ? {} : { allow }) },
    ] as const,
  });
  const behind = withServer({ ...remote, gateway } as BundleServer);
  return [
    {
      reason: 'egress.denied',
      name: `a server whose host the ${revision} revision does not let tools connect to`,
      refused: under(http, hosts('other.example.com')),
      passes: under(http, hosts('tickets.example.com')),
    },
    {
      reason: 'egress.denied',
      name: `a program that may connect to what the ${revision} revision leaves out`,
      refused: under(withServer(program(['a.example.com', 'other.com'])), hosts('*.example.com')),
      passes: under(withServer(program(['a.example.com'])), hosts('*.example.com')),
    },
    {
      reason: 'gateway.required',
      name: `a server without the gateway that the ${revision} revision wants`,
      refused: under(http, wanted()),
      passes: under(behind, wanted()),
    },
    {
      reason: 'gateway.required',
      name: `a program that goes out by itself, where the ${revision} revision wants a gateway`,
      refused: under(withServer(program(['a.example.com'])), wanted()),
      passes: under(withServer(program()), wanted()),
    },
    {
      reason: 'gateway.not_allowed',
      name: `a server behind a gateway that the ${revision} revision leaves out`,
      refused: under(behind, wanted(['default/other'])),
      passes: under(behind, wanted(['default/tools-eu'])),
    },
  ];
});

export const pinBranches: readonly Branch[] = [...definitions, ...ways];
