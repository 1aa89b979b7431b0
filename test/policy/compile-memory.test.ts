import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { decide } from '../../src/policy/gate.ts';
import { argumentSchemas } from '../../src/policy/arguments.ts';
import { Ledger } from '../../src/policy/ledger.ts';
import { policy, resource, tool } from '../plan/fixture.ts';
import { linesOf, accessBetween } from '../plan/sides.ts';
import { base, compile, subject, triage, writer } from './estate.ts';

const session = { ttl: '24h', maxMessages: 200 };
const memory = (name: string, spec: JsonObject = {}) =>
  resource({ kind: 'Memory', name, spec: { type: 'postgres', session, ...spec } });
const notes = memory('notes', { longTerm: { topK: 5, minScore: 0, ttl: '90d' } });
const using = (allow: readonly string[], spec: JsonObject = {}) =>
  writer({ memory: { memoryRef: 'notes', allow, maxHistory: 50, ...spec } });
const estate = (writing: Resource, ...more: readonly Resource[]) => [...base.slice(0, 4), notes, writing, ...more];

const cells = (resources: readonly Resource[]) =>
  Object.fromEntries(
    Object.entries(subject(resources).tools).flatMap(([id, verdict]) =>
      id.startsWith('memory:') ? [[id.replace('memory:default/notes:', ''), verdict.kind]] : [],
    ),
  );

test('an agent without a memory compiles as it did', () => {
  const { content } = compile(base);
  expect([content.engineSchema, 'memories' in content]).toEqual([1, false]);
});

test('an agent that is offered nothing by its memory shares its list of tools with who has none', () => {
  const remembering = estate(using([]));
  const tools = () => compile(remembering).content.agents['default/writer']?.tools;
  expect(Object.values(tools() ?? {})).toEqual(['default/refund', 'default/search']);
  expect(tools()).toBe(tools());
});

test('what an agent may do with its memory are tools that it is offered, each granted by the agent itself', () => {
  const { content, authority } = compile(estate(using(['write', 'read'], { sessionTtl: '2d' })));
  expect(content.engineSchema).toBe(3);
  expect(content.agents['default/writer']).toMatchObject({
    memory: { memory: 'default/notes', allow: ['read', 'write'], sessionTtlMs: 172_800_000, maxHistory: 50 },
    tools: {
      memory_read: 'memory:default/notes:read',
      memory_write: 'memory:default/notes:write',
      refund: 'default/refund',
    },
  });
  expect(content.tools['memory:default/notes:write']).toMatchObject({
    name: 'memory_write',
    operations: ['write'],
    idempotent: true,
  });
  expect(content.memories).toEqual({
    'default/notes': {
      type: 'postgres',
      session: { ttlMs: 86_400_000, maxMessages: 200 },
      longTerm: { topK: 5, ttlMs: 7_776_000_000 },
    },
  });
  expect(authority.subjects['Agent/default/writer']?.tools['memory:default/notes:write']).toEqual({
    kind: 'allow',
    rule: 'Agent/default/writer',
  });
});

test('a memory that is searched by meaning brings its endpoint, which its users may ask', () => {
  const longTerm = { topK: 5, minScore: '0.7', embeddingRef: 'embed', dimensions: 3 };
  const embed = resource({
    kind: 'ModelEndpoint',
    name: 'embed',
    spec: {
      provider: 'scripted',
      model: 'words',
      allowPrivate: false,
      parameters: { maxOutputTokens: 100 },
      script: { replies: [] },
    },
  });
  const resources = [...base.slice(0, 4), embed, memory('notes', { longTerm })];
  const { content, authority } = compile([...resources, using(['search'])]);
  expect(content.engineSchema).toBe(7);
  expect(content.memories?.['default/notes']?.longTerm).toEqual({
    topK: 5,
    minScore: 0.7,
    embedding: { endpoint: 'default/embed', by: 'scripted/words/3', dimensions: 3 },
  });
  expect(Object.keys(content.models)).toContain('default/embed');
  expect(authority.subjects['Agent/default/writer']?.models['default/embed']).toEqual({
    kind: 'allow',
    rule: 'Agent/default/writer',
  });
  // Who only reads by key has nothing embedded, and may not ask.
  expect(
    compile([...resources, using(['read'])]).authority.subjects['Agent/default/writer']?.models,
  ).not.toHaveProperty('default/embed');
});

test.each([
  [{ provider: 'openai', model: 'text-embedding-3-small' }, 'openai/text-embedding-3-small/3'],
  [{ provider: 'ollama', model: 'nomic-embed-text' }, 'ollama/nomic-embed-text/3'],
  // What somebody's own server calls a model is known at its address alone.
  [
    { provider: 'azureOpenai', model: 'embed', baseUrl: 'https://a.openai.azure.com/openai/' },
    'azureOpenai/embed@https://a.openai.azure.com/openai/3',
  ],
  [
    { provider: 'openaiCompatible', model: 'embed', baseUrl: 'https://b.example.com/v1' },
    'openaiCompatible/embed@https://b.example.com/v1/3',
  ],
  [
    { provider: 'ollama', model: 'nomic-embed-text', baseUrl: 'https://c.example.com/v1' },
    'ollama/nomic-embed-text@https://c.example.com/v1/3',
  ],
  [
    { provider: 'openai', model: 'text-embedding-3-small', gatewayRef: 'door' },
    'openai/text-embedding-3-small@https://door.example/v1/3',
  ],
  [
    { provider: 'openaiCompatible', model: 'embed', gatewayRef: 'door' },
    'openaiCompatible/embed@https://door.example/v1/3',
  ],
  [
    { provider: 'bedrock', model: 'amazon.titan-embed-text-v2:0', region: 'x' },
    'bedrock/amazon.titan-embed-text-v2:0/3',
    1,
  ],
  [{ provider: 'bedrock', model: 'cohere.embed-v4:0', region: 'x' }, 'bedrock/cohere.embed-v4:0/3'],
] as const)(
  'what %j embeds is compared with what the same model embeds, and no other',
  (spec, by, together?: number) => {
    const parameters = { maxOutputTokens: 100 };
    const embed = resource({
      kind: 'ModelEndpoint',
      name: 'embed',
      spec: { allowPrivate: false, parameters, ...spec },
    });
    const door = resource({
      kind: 'Gateway',
      name: 'door',
      spec: { type: 'model', url: 'https://door.example/v1', allowPrivate: false },
    });
    const kept = memory('notes', { longTerm: { topK: 5, minScore: '0', embeddingRef: 'embed', dimensions: 3 } });
    const { content } = compile([...base.slice(0, 4), embed, door, kept, using(['search'])]);
    expect(content.memories?.['default/notes']?.longTerm?.embedding).toEqual({
      endpoint: 'default/embed',
      by,
      dimensions: 3,
      ...(together === undefined ? {} : { together }),
    });
  },
);

test('a memory in a service is compiled with where it is, who pawl is there, and what a search must reach', () => {
  const auth = { profile: 'bearer', secretRef: { name: 'crm', key: 'token' } };
  const http = { url: 'https://m.example.com/v1', timeout: '5s', allowPrivate: false, auth };
  const kept = memory('notes', { type: 'http', http, longTerm: { topK: 5, minScore: '0.7' } });
  const secret = resource({ kind: 'Secret', name: 'crm', spec: { source: 'env', keys: { token: 'CRM', other: 'X' } } });
  const search = tool('lookup', { type: 'retrieval', retrieval: { memoryRef: 'notes', topK: 3 } });
  const asking = writer({
    memory: { memoryRef: 'notes', allow: ['write'], maxHistory: 50 },
    tools: [{ toolRef: 'lookup' }],
  });
  const { content } = compile([...base.slice(0, 4), kept, secret, search, asking]);
  expect(content.engineSchema).toBe(6);
  expect(content.memories).toEqual({
    'default/notes': {
      type: 'http',
      session: { ttlMs: 86_400_000, maxMessages: 200 },
      longTerm: { topK: 5, minScore: 0.7 },
      http: {
        url: 'https://m.example.com/v1',
        allowPrivate: false,
        timeoutMs: 5_000,
        auth: { profile: 'bearer', secret: { secret: 'default/crm', key: 'token' } },
      },
    },
  });
  // Every call is known for one that goes out, by rules on hosts, gateways and the flow of data.
  const { url } = http;
  expect(content.tools['memory:default/notes:write']?.impl).toMatchObject({ type: 'memory', url });
  expect(content.tools['default/lookup']?.impl).toEqual({ type: 'retrieval', memory: 'default/notes', topK: 3, url });
  expect(content.secrets).toEqual({ 'default/crm': { source: 'env', keys: { token: 'CRM' } } });
});

test('a memory of sessions alone offers no tools', () => {
  const plain = memory('notes');
  const { content } = compile([...base.slice(0, 4), plain, using(['read', 'write'])]);
  expect(Object.keys(content.agents['default/writer']?.tools ?? {})).toEqual(['refund', 'search']);
  expect(cells([...base.slice(0, 4), plain, using(['read', 'write'])])).toEqual({ session: 'allow' });
});

describe('policies take from what an agent allows itself', () => {
  const all = using(['read', 'write', 'search', 'list', 'ingest']);
  const under = (spec: JsonObject) => cells(estate(all, policy('guard', { global: true, ...spec })));
  const allowed = { session: 'allow', read: 'allow', search: 'allow', list: 'allow', write: 'allow', ingest: 'allow' };
  const reads = { ...allowed, write: 'deny', ingest: 'deny' };

  test('by operation', () => {
    expect(under({})).toEqual(allowed);
    expect(under({ operations: { deny: ['write'] } })).toEqual(reads);
    expect(under({ operations: { deny: ['read'] } })).toMatchObject({ session: 'allow', read: 'deny', write: 'allow' });
  });

  test('by the name of the memory, all of it or one operation', () => {
    const none = Object.fromEntries(Object.keys(allowed).map((key) => [key, 'deny']));
    expect(under({ tools: { deny: ['memory:notes'] } })).toEqual(none);
    expect(under({ tools: { deny: ['memory:default/notes:write'] } })).toEqual({ ...allowed, write: 'deny' });
    expect(under({ tools: { deny: ['memory:other'] } })).toEqual(allowed);
  });

  test('by a list of allowed tools that does not name it, which leaves the session alone', () => {
    const session_ = { ...Object.fromEntries(Object.keys(allowed).map((key) => [key, 'deny'])), session: 'allow' };
    expect(under({ tools: { allow: [] } })).toEqual(session_);
    expect(under({ tools: { allow: ['search'] } })).toEqual(session_);
    expect(under({ tools: { allow: ['memory:notes:read', 'search'] } })).toEqual({ ...session_, read: 'allow' });
  });
});

describe('the plan shows each as a cell', () => {
  test('of which another one widens', () => {
    expect(linesOf(accessBetween(estate(using(['read']), triage), estate(using(['read', 'write']), triage)))).toEqual([
      'widened Agent/default/writer memory:default/notes:write:write < Agent/default/writer spec.memory.allow["write"]',
    ]);
  });

  test('and so does a memory that is given a long term, and a policy that goes', () => {
    const before = [...base.slice(0, 4), memory('notes'), using(['search']), triage];
    expect(linesOf(accessBetween(before, estate(using(['search']), triage)))).toContainEqual(
      expect.stringContaining('widened Agent/default/writer memory:default/notes:search:read < Memory/default/notes'),
    );
    const guarded = estate(
      using(['write']),
      triage,
      policy('guard', { global: true, operations: { deny: ['write'] } }),
    );
    expect(linesOf(accessBetween(guarded, estate(using(['write']), triage)))).toContainEqual(
      expect.stringContaining('memory:default/notes:write:write < AgentPolicy/default/guard'),
    );
  });
});

test('the gate holds a call against its schema and lets it pass with a digest', () => {
  const { content, authority } = compile(estate(using(['read', 'write'])));
  const pinned = authority.subjects['Agent/default/writer'];
  const context = {
    clock: { lost: false, cancelled: false, overdue: false },
    bundle: content,
    schemas: argumentSchemas(content),
    pinned,
    live: pinned,
    usage: new Ledger().usage('draft', { subject: 'Agent/default/writer', pinned: authority, live: authority }),
  };
  const ask = (name: string, args: object) => {
    const call = { kind: 'tool', subject: 'Agent/default/writer', name, arguments: JSON.stringify(args) } as const;
    return decide(call, context);
  };
  expect(ask('memory_write', { key: 'a', value: { b: [1] } })).toMatchObject({
    kind: 'allow',
    rule: 'Agent/default/writer',
  });
  expect(ask('memory_write', { key: '' })).toMatchObject({ kind: 'deny', reason: 'args.invalid' });
  expect(ask('memory_read', { key: 'a\u0001' })).toMatchObject({ kind: 'deny', reason: 'args.invalid' });
  expect(ask('memory_read', { key: 'a'.repeat(257) })).toMatchObject({ kind: 'deny', reason: 'args.invalid' });
  expect(ask('memory_list', {})).toMatchObject({ kind: 'deny', reason: 'tool.unknown' });
});

test('a retrieval tool is a Tool like any other, with the memory that it searches', () => {
  const spec = { type: 'retrieval', operation: ['read'], retrieval: { memoryRef: 'notes', topK: 3 } };
  const { content } = compile([...base.slice(0, 2), tool('search', spec), ...base.slice(2), notes].filter(unique));
  expect(content.tools['default/search']?.impl).toEqual({ type: 'retrieval', memory: 'default/notes', topK: 3 });
  expect(Object.keys(content.memories ?? {})).toEqual(['default/notes']);
});

/** The last of each address. */
function unique(one: Resource, at: number, all: readonly Resource[]): boolean {
  return one.address !== 'Tool/default/search' || one !== all[1] || at !== 1;
}
