import { describe, expect, test } from 'vitest';
import { digestOf, testSchema } from './schema-cases.ts';

const plain = { modelRef: 'fast', prompt: 'Go.' };
const secretRef = { name: 'agents', key: 'token' };
const bearer = { profile: 'bearer', secretRef };
const oauth = { profile: 'oauth2ClientCredentials', secretRef, tokenUrl: 'https://l.example.com/t', scopes: ['a'] };
const apiKey = { profile: 'apiKeyHeader', secretRef, headerName: 'X-Api-Key' };
const elsewhere = 'https://agents.example.com/a2a';

const everything = {
  displayName: 'Support triage',
  description: 'Sorts tickets',
  owner: 'support',
  modelRefs: ['fast', 'shared/slow'],
  promptRef: { library: 'support', key: 'triage' },
  inputs: {
    tone: { description: 'How it speaks', type: 'string', enum: ['kind', 'brief'], default: 'kind', required: false },
    count: { type: 'integer', default: 3 },
  },
  tools: [
    { toolRef: 'search', requireApproval: true, timeout: '10s' },
    { mcpServerRef: 'tickets', tools: ['get_*', 'close_issue'], requireApproval: ['close_issue'] },
    { mcpServerRef: 'shared/other', tools: [] },
  ],
  agents: [
    { agentRef: 'researcher', name: 'ask-researcher', interaction: 'transfer', isolation: 'shared' },
    { url: elsewhere, name: 'writer', description: 'Writes', auth: oauth },
    { url: elsewhere, name: 'reader', auth: apiKey, allowPrivate: true },
  ],
  roles: ['support'],
  memory: { memoryRef: 'support', allow: ['read', 'write'], sessionTtl: '7d', maxHistory: 20 },
  limits: {
    maxSteps: 5,
    maxToolCalls: 10,
    maxTokens: 20000,
    maxCost: '0.50',
    timeout: '2m',
    maxDelegationDepth: 2,
  },
  output: { schema: { type: 'object' } },
  execution: {
    toolUse: 'stopOnFirst',
    requiredTools: ['search', 'get_issue'],
    duplicateCalls: 'reuse',
    onDeny: 'fail',
    maxDenials: 1,
  },
  context: { compaction: { triggerTokens: 60000, retainRecent: 5, summarizerRef: 'fast' } },
  guards: ['no-personal-data'],
  expose: {
    a2a: true,
    openai: true,
    skills: [{ id: 'triage', name: 'Sort', description: 'Sorts', tags: ['support'], examples: ['Sort this'] }],
  },
  runtime: 'builtin',
  observability: { contentCapture: 'none', sampling: '0.1' },
};

describe('an Agent', () => {
  testSchema({
    kind: 'Agent',
    accepted: {
      'a model and a prompt': plain,
      everything,
      'a prompt of a file': { modelRef: 'fast', promptFile: 'prompts/triage.md' },
      'an agent elsewhere': { runtime: { external: { url: elsewhere, auth: oauth, allowPrivate: true } } },
      'an agent elsewhere, with what holds for it': {
        runtime: { external: { url: 'http://agents.internal/a2a', allowPrivate: true } },
        limits: { timeout: '1m' },
        output: { schema: { type: 'object' } },
        guards: ['no-personal-data'],
      },
      'an agent elsewhere, with a key': { runtime: { external: { url: elsewhere, auth: apiKey } } },
      'an agent in a container': {
        runtime: { container: { image: 'ghcr.io/example/agent:1', a2a: { port: 9000, path: '/a2a' } } },
      },
    },
    refused: {
      'an agent elsewhere with tools': [
        { runtime: { external: { url: elsewhere } }, tools: [{ toolRef: 'search' }] },
        'manifest.contradiction spec.tools',
      ],
      'an agent elsewhere that hands work on': [
        { runtime: { external: { url: elsewhere } }, agents: [{ agentRef: 'researcher' }] },
        'manifest.contradiction spec.agents',
      ],
      'an agent elsewhere with roles': [
        { runtime: { external: { url: elsewhere } }, roles: ['support'] },
        'manifest.contradiction spec.roles',
      ],
      'an agent elsewhere with a memory': [
        { runtime: { external: { url: elsewhere } }, memory: { memoryRef: 'support', allow: ['read'] } },
        'manifest.contradiction spec.memory',
      ],
      'an agent elsewhere with a limit on tokens': [
        { runtime: { external: { url: elsewhere } }, limits: { maxTokens: 100 } },
        'manifest.contradiction spec.limits.maxTokens',
      ],
      'an agent elsewhere with required tools': [
        { runtime: { external: { url: elsewhere } }, execution: { duplicateCalls: 'deny' } },
        'manifest.contradiction spec.execution.duplicateCalls',
      ],
      'an agent elsewhere at no address': [
        { runtime: { external: { url: 'https://agents.example.com/#a' } } },
        'manifest.url spec.runtime.external.url',
      ],
      'an agent elsewhere with a token from nowhere': [
        { runtime: { external: { url: elsewhere, auth: { ...bearer, tokenUrl: 'https://l.example.com/t' } } } },
        'manifest.contradiction spec.runtime.external.auth.tokenUrl',
      ],
      'an agent of pawl at a private address': [
        { ...plain, agents: [{ agentRef: 'researcher', allowPrivate: true }] },
        'manifest.contradiction spec.agents.0.allowPrivate',
      ],
      'two prompts': [{ ...plain, promptFile: 'p.md' }, 'manifest.exactly_one spec.promptFile'],
      'three prompts': [
        { ...plain, promptFile: 'p.md', promptRef: { library: 'l', key: 'k' } },
        'manifest.exactly_one spec.promptFile Keep one.',
      ],
      'two ways to name models': [{ ...plain, modelRefs: ['fast'] }, 'manifest.exactly_one spec.modelRefs'],
      'no models': [{ prompt: 'Go.', modelRefs: [] }, 'manifest.limit spec.modelRefs'],
      'a model twice': [{ prompt: 'Go.', modelRefs: ['a', 'a'] }, 'manifest.duplicate_entry spec.modelRefs'],
      'no prompt': [{ modelRef: 'fast' }, 'manifest.exactly_one spec'],
      'a prompt and a model of an agent elsewhere': [
        { ...plain, inputs: {}, runtime: { external: { url: elsewhere } } },
        'manifest.contradiction spec.modelRef',
        'manifest.contradiction spec.prompt',
        'manifest.contradiction spec.inputs',
      ],
      'two runtimes': [
        { runtime: { external: { url: elsewhere }, container: { image: 'a/b:1' } } },
        'manifest.exactly_one spec.runtime',
      ],
      'no runtime': [{ runtime: {} }, 'manifest.exactly_one spec.runtime'],
      'an unknown runtime': [{ ...plain, runtime: 'python' }, 'manifest.value spec.runtime'],
      'a default of another type': [
        { ...plain, inputs: { count: { type: 'integer', default: 1.5 } } },
        'manifest.type spec.inputs.count.default',
      ],
      'a default that is not allowed': [
        { ...plain, inputs: { tone: { enum: ['kind', 'brief'], default: 'king' } } },
        'manifest.value spec.inputs.tone.default Did you mean `kind`?',
      ],
      'a choice of another type': [
        { ...plain, inputs: { tone: { enum: ['kind', 2] } } },
        'manifest.type spec.inputs.tone.enum.1',
      ],
      'a name that no placeholder has': [
        { ...plain, inputs: { 'the-tone': {} } },
        'manifest.name spec.inputs.the-tone',
      ],
      'a tool that is none': [{ ...plain, tools: [{}] }, 'manifest.exactly_one spec.tools.0'],
      'a tool by its name alone': [{ ...plain, tools: ['search'] }, 'manifest.type spec.tools.0'],
      'a tool and a server': [
        { ...plain, tools: [{ toolRef: 'a', mcpServerRef: 'b', tools: ['c'] }] },
        'manifest.exactly_one spec.tools.0',
      ],
      'a server without tools': [{ ...plain, tools: [{ mcpServerRef: 'b' }] }, 'manifest.required spec.tools.0'],
      'tools of a Tool': [
        { ...plain, tools: [{ toolRef: 'a', tools: ['b'] }] },
        'manifest.contradiction spec.tools.0.tools',
      ],
      'a list of approvals for a Tool': [
        { ...plain, tools: [{ toolRef: 'a', requireApproval: ['a'] }] },
        'manifest.contradiction spec.tools.0.requireApproval',
      ],
      'an approval of a tool that is not asked for': [
        { ...plain, tools: [{ mcpServerRef: 'b', tools: ['get_issue'], requireApproval: ['get_isue'] }] },
        'manifest.value spec.tools.0.requireApproval.0 Did you mean `get_issue`?',
      ],
      'a tool twice, a server twice, and two tools of one name': [
        {
          ...plain,
          tools: [
            { toolRef: 'a' },
            { toolRef: 'a' },
            { toolRef: 'shared/a' },
            { mcpServerRef: 's', tools: [] },
            { mcpServerRef: 's', tools: [] },
          ],
        },
        'manifest.duplicate_entry spec.tools.1',
        'manifest.duplicate_entry spec.tools.2',
        'manifest.duplicate_entry spec.tools.4',
      ],
      'an agent elsewhere without a name': [
        { ...plain, agents: [{ url: elsewhere }] },
        'manifest.required spec.agents.0',
      ],
      'credentials for an Agent': [
        { ...plain, agents: [{ agentRef: 'a', auth: bearer }] },
        'manifest.contradiction spec.agents.0.auth',
      ],
      'two agents of one name': [
        { ...plain, agents: [{ agentRef: 'a' }, { url: elsewhere, name: 'a' }] },
        'manifest.duplicate_entry spec.agents.1',
      ],
      'a required tool that is not listed': [
        { ...plain, tools: [{ toolRef: 'shared/search' }], execution: { requiredTools: ['serach'] } },
        'manifest.value spec.execution.requiredTools.0 Did you mean `search`?',
      ],
      'an unknown operation of a memory': [
        { ...plain, memory: { memoryRef: 'm', allow: ['reed'] } },
        'manifest.value spec.memory.allow.0 Did you mean `read`?',
      ],
      'skills that nobody is shown': [
        { ...plain, expose: { skills: [{ id: 'a', name: 'A' }] } },
        'manifest.contradiction spec.expose.skills',
      ],
      'a skill twice': [
        {
          ...plain,
          expose: {
            a2a: true,
            skills: [
              { id: 'a', name: 'A' },
              { id: 'a', name: 'B' },
            ],
          },
        },
        'manifest.duplicate_entry spec.expose.skills.1.id',
      ],
      'limits out of bounds': [
        {
          ...plain,
          limits: { maxSteps: 0, maxToolCalls: -1, maxTokens: 0, maxCost: '0.0000001', maxDelegationDepth: 11 },
          execution: { maxDenials: 0 },
          observability: { sampling: 1.5 },
        },
        'manifest.limit spec.limits.maxSteps',
        'manifest.limit spec.limits.maxToolCalls',
        'manifest.limit spec.limits.maxTokens',
        'manifest.money spec.limits.maxCost',
        'manifest.limit spec.limits.maxDelegationDepth',
        'manifest.limit spec.execution.maxDenials',
        'manifest.limit spec.observability.sampling',
      ],
      'texts too long and references of no form': [
        { modelRef: 'Fast', prompt: '', displayName: 'x'.repeat(201), guards: ['a b'] },
        'manifest.format spec.modelRef',
        'manifest.limit spec.prompt',
        'manifest.limit spec.displayName',
        'manifest.format spec.guards.0',
      ],
      'a compaction that never begins': [
        { ...plain, context: { compaction: { retainRecent: 5 } } },
        'manifest.required spec.context.compaction',
      ],
    },
  });
});

test('a cost has one form, however it is written', () => {
  const costing = (maxCost: number | string) => digestOf('Agent', { ...plain, limits: { maxCost } });
  expect(costing(0.5)).toBeDefined();
  expect(costing('0.50')).toBe(costing(0.5));
});
