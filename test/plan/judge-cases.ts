import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { base, triage, writer } from '../policy/estate.ts';
import { model, policy, resource, server, system, tool } from './fixture.ts';

export const estate: readonly Resource[] = [...base, triage];

export function having(...put: readonly Resource[]): readonly Resource[] {
  const addresses = new Set(put.map(({ address }) => address));
  return [...estate.filter(({ address }) => !addresses.has(address)), ...put];
}

export type Make = (spec: JsonObject) => readonly Resource[];
export const ofTool: Make = (spec) => having(tool('search', { operation: ['read'], ...spec }));
export const ofPolicy: Make = (spec) => having(policy('p', { global: true, ...spec }));
const ofAgent: Make = (spec) => having(writer(spec));
const ofModel: Make = (spec) => having(model('small', spec));
const ofGuard: Make = (spec) =>
  having(
    writer({ guards: ['g'] }),
    resource({
      kind: 'Guard',
      name: 'g',
      spec: { mode: ['preCall'], calls: ['model', 'tool'], action: 'block', ...spec },
    }),
  );
const ofServer: Make = (spec) =>
  having(
    tool('search', { operation: ['read'], type: 'mcp', mcp: { serverRef: 's', tool: 'find' } }),
    server('s', { find: 'Finds.' }, { transport: 'stdio', command: 'serve', pin: 'required', ...spec }),
  );
const ofSystem: Make = (spec) => having(system('triage', { draft: { agentRef: 'writer', edges: [] } }, { spec }));
const ofNode: Make = (node) => having(system('triage', { draft: { agentRef: 'writer', edges: [], ...node } }));

/** Each from the tight value to the loose one; the other way round narrows. */
export const rules: readonly [string, string, Make, JsonObject, JsonObject][] = [
  ['idempotent', 'tool.idempotent', ofTool, { idempotent: false }, { idempotent: true }],
  ['a lower risk', 'tool.risk', ofTool, { risk: 'high' }, { risk: 'low' }],
  ['a longer result', 'tool.maxResultBytes', ofTool, { maxResultBytes: 10 }, { maxResultBytes: 20 }],
  [
    'a new host',
    'tool.egress',
    ofTool,
    { egress: { hosts: ['a.example'] } },
    { egress: { hosts: ['a.example', 'b.example'] } },
  ],
  [
    'a pattern of hosts',
    'tool.egress',
    ofTool,
    { egress: { hosts: ['a.b.example'] } },
    { egress: { hosts: ['*.b.example'] } },
  ],
  [
    'private addresses',
    'tool.egress',
    ofTool,
    { egress: { hosts: ['a.example'], allowPrivate: false } },
    { egress: { hosts: ['a.example'], allowPrivate: true } },
  ],
  ['a weaker tier', 'tool.isolation', ofTool, { isolation: { min: 'container' } }, { isolation: { min: 'process' } }],
  ['a network', 'tool.isolation', ofTool, { isolation: { network: 'none' } }, { isolation: { network: 'declared' } }],
  ['a cheaper call', 'tool.cost', ofTool, { cost: { perCall: 9 } }, { cost: { perCall: 3 } }],
  [
    'an argument more',
    'tool.inputSchema',
    ofTool,
    { inputSchema: { type: 'object', properties: { a: {} }, additionalProperties: false } },
    { inputSchema: { type: 'object', properties: { a: {}, b: {} }, additionalProperties: false } },
  ],
  [
    'a longer text',
    'tool.inputSchema',
    ofTool,
    { inputSchema: { type: 'object', properties: { a: { maxLength: 4 } } } },
    { inputSchema: { type: 'object', properties: { a: { maxLength: 5 } } } },
  ],
  [
    'an argument not required',
    'tool.inputSchema',
    ofTool,
    { inputSchema: { type: 'object', required: ['a'] } },
    { inputSchema: { type: 'object', required: [] } },
  ],
  [
    'a property that is called like a word of schemas',
    'tool.inputSchema',
    ofTool,
    { inputSchema: { type: 'object', properties: { a: {} }, additionalProperties: false } },
    { inputSchema: { type: 'object', properties: { a: {}, title: {} }, additionalProperties: false } },
  ],
  [
    'a value that is null',
    'tool.inputSchema',
    ofTool,
    { inputSchema: { properties: { a: { const: null } } } },
    { inputSchema: { properties: { a: {} } } },
  ],
  ['a class that flow rules do not know', 'tool.dataClass', ofTool, { dataClass: 'externalWrite' }, {}],
  ['a policy that only records', 'policy.mode', ofPolicy, { mode: 'enforce' }, { mode: 'audit' }],
  [
    'a delegate more',
    'agent.delegates',
    ofAgent,
    {},
    { agents: [{ agentRef: 'other', interaction: 'toolCall', isolation: 'perCall' }] },
  ],
  [
    'more refusals',
    'agent.execution',
    ofAgent,
    { execution: { onDeny: 'inform', maxDenials: 1 } },
    { execution: { onDeny: 'inform', maxDenials: 3 } },
  ],
  [
    'calls after a refusal',
    'agent.execution',
    ofAgent,
    { execution: { onDeny: 'fail', maxDenials: 3 } },
    { execution: { onDeny: 'inform', maxDenials: 3 } },
  ],
  ['calls from outside', 'agent.expose', ofAgent, { expose: { a2a: false } }, { expose: { a2a: true } }],
  ['a guard that only records', 'guard.rule', ofGuard, { action: 'block' }, { action: 'audit' }],
  ['a guard that looks less', 'guard.rule', ofGuard, { mode: ['preCall', 'postCall'] }, { mode: ['preCall'] }],
  ['a guard of fewer calls', 'guard.rule', ofGuard, { calls: ['model', 'tool'] }, { calls: ['tool'] }],
  ['a tool of a server', 'server.tools', ofServer, { tools: { deny: ['drop'] } }, { tools: { deny: [] } }],
  ['tools that nobody reviewed', 'server.pin', ofServer, { pin: 'required' }, { pin: 'onDeclare' }],
  [
    'a price that a budget does not see',
    'model.pricing',
    ofModel,
    { pricing: { inputPerMTok: 9 } },
    { pricing: { inputPerMTok: 3 } },
  ],
  [
    'a rate of a model',
    'model.rateLimit',
    ofModel,
    { rateLimit: { requestsPerMinute: 1 } },
    { rateLimit: { requestsPerMinute: 9 } },
  ],
  ['a run that outlives its system', 'system.drain', ofSystem, { drain: 'cancel' }, { drain: 'finish' }],
  ['a review less', 'system.review', ofNode, { review: { approvers: { groups: ['a'], min: 1 }, ttl: '24h' } }, {}],
];

export const eitherWay: readonly [string, string, Make, JsonObject, JsonObject][] = [
  ['a method', 'tool.http', ofTool, { http: { method: 'GET' } }, { http: { method: 'POST' } }],
  ['a body', 'tool.http', ofTool, { http: { body: { a: 1 } } }, { http: { body: { a: 2 } } }],
  ['a header', 'tool.http', ofTool, { http: { headers: { 'x-a': '1' } } }, { http: { headers: { 'x-a': '2' } } }],
  ['a command', 'tool.command', ofTool, { cli: { command: 'ls' } }, { cli: { command: 'rm' } }],
  ['an image', 'tool.command', ofTool, { container: { image: 'a@sha256:1' } }, { container: { image: 'a@sha256:2' } }],
  [
    'who is called as',
    'tool.auth',
    ofTool,
    { auth: { profile: 'bearer', secretRef: { name: 's', key: 'a' } } },
    { auth: { profile: 'bearer', secretRef: { name: 's', key: 'b' } } },
  ],
  ['where a model is', 'model.http', ofModel, { baseUrl: 'https://a.example' }, { baseUrl: 'https://b.example' }],
  [
    'the environment of a server',
    'server.command',
    ofServer,
    { env: [{ name: 'A', value: '1' }] },
    { env: [{ name: 'A', value: '2' }] },
  ],
  [
    'a property where what is not evaluated is refused',
    'tool.inputSchema',
    ofTool,
    { inputSchema: { type: 'object', properties: { a: {} }, unevaluatedProperties: false } },
    { inputSchema: { type: 'object', properties: { a: {}, b: {} }, unevaluatedProperties: false } },
  ],
  [
    'an entry where what is not evaluated is refused',
    'tool.inputSchema',
    ofTool,
    { inputSchema: { type: 'array', items: { maximum: 4 }, unevaluatedItems: false } },
    { inputSchema: { type: 'array', items: { maximum: 5 }, unevaluatedItems: false } },
  ],
  [
    'what another property refuses',
    'tool.inputSchema',
    ofTool,
    { inputSchema: { properties: { a: { not: { $ref: '#/properties/b' } }, b: { maxLength: 4 } } } },
    { inputSchema: { properties: { a: { not: { $ref: '#/properties/b' } }, b: { maxLength: 5 } } } },
  ],
  [
    'what goes with a property called default',
    'tool.inputSchema',
    ofTool,
    { inputSchema: { type: 'object', dependentRequired: { default: ['a'] } } },
    { inputSchema: { type: 'object', dependentRequired: { default: ['b'] } } },
  ],
  [
    'a value with a member called title',
    'tool.inputSchema',
    ofTool,
    { inputSchema: { properties: { a: { const: { title: 'x' } } } } },
    { inputSchema: { properties: { a: { const: { title: 'y' } } } } },
  ],
  [
    'a pattern in a schema',
    'tool.inputSchema',
    ofTool,
    { inputSchema: { type: 'object', properties: { a: { pattern: 'x' } } } },
    { inputSchema: { type: 'object', properties: { a: { pattern: 'y' } } } },
  ],
  ['a runtime', 'agent.runtime', ofAgent, { runtime: 'builtin' }, { runtime: { container: { image: 'x' } } }],
];
