import type { GateCall, GateContext } from '../../src/policy/context.ts';
import type { Halt, HaltScope } from '../../src/policy/halt-scope.ts';
import type { ReasonCode } from '../../src/policy/reason.ts';
import { bundle, type Branch, contextWith, modelCall, toolCall, toolNamed } from './fixture.ts';

export function haltOf(scope: HaltScope, change: Partial<Halt> = {}): Halt {
  return { id: `h-${scope.kind}`, scope, reason: 'a leak', by: 'ann', aborts: false, ...change };
}

export function contextWithHalts(halts: readonly Halt[] | undefined, change: Partial<GateContext> = {}): GateContext {
  return contextWith({ ...change, halts: { known: halts } });
}

function branch(name: string, call: GateCall, [scope, beside]: readonly [HaltScope, HaltScope?]): Branch {
  return {
    reason: `halt.${scope.kind}` satisfies ReasonCode,
    name,
    refused: [call, contextWithHalts([haltOf(scope)])],
    passes: [call, contextWithHalts(beside === undefined ? [] : [haltOf(beside)])],
  };
}

const other = 'default/other';

/** A Tool that stands for one of an MCP server in another namespace. */
const impl = { type: 'mcp', server: 'ops/files', tool: 'search', digest: 'sha256:0' } as const;
export const bundleOfServer = {
  ...bundle,
  tools: { ...bundle.tools, 'default/search': toolNamed('search', { impl }) },
};

export const haltBranches: readonly Branch[] = [
  {
    reason: 'halt.unreadable',
    name: 'halts that could not be read',
    refused: [toolCall, contextWithHalts(undefined)],
    passes: [toolCall, contextWithHalts([])],
  },
  branch('a tool call while all is halted', toolCall, [{ kind: 'global' }]),
  branch('a model call while all is halted', modelCall, [{ kind: 'global' }]),
  branch('a call in a halted environment', toolCall, [{ kind: 'environment', name: 'production' }]),
  branch('a call in a halted namespace', toolCall, [
    { kind: 'namespace', name: 'default' },
    { kind: 'namespace', name: 'defaul' },
  ]),
  branch('a call of a halted system', toolCall, [
    { kind: 'system', name: 'default/desk' },
    { kind: 'system', name: other },
  ]),
  branch('a call of a halted agent', modelCall, [
    { kind: 'agent', name: 'default/support' },
    { kind: 'agent', name: other },
  ]),
  {
    reason: 'halt.server',
    name: 'a tool of a halted MCP server',
    refused: [toolCall, contextWithHalts([haltOf({ kind: 'server', name: 'ops/files' })], { bundle: bundleOfServer })],
    passes: [toolCall, contextWithHalts([haltOf({ kind: 'server', name: other })])],
  },
  branch('a halted tool', toolCall, [
    { kind: 'tool', name: 'default/search' },
    { kind: 'tool', name: 'default/refund' },
  ]),
  branch('a halted model', modelCall, [
    { kind: 'model', name: 'default/small' },
    { kind: 'model', name: other },
  ]),
  branch('a halted provider', modelCall, [
    { kind: 'provider', name: 'scripted' },
    { kind: 'provider', name: 'openai' },
  ]),
];
