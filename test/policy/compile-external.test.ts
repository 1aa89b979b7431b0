import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { argumentSchemas } from '../../src/policy/arguments.ts';
import type { SubjectAuthority } from '../../src/policy/authority.ts';
import type { GateContext } from '../../src/policy/context.ts';
import { decide } from '../../src/policy/gate.ts';
import { Ledger } from '../../src/policy/ledger.ts';
import { agent, policy, resource } from '../plan/fixture.ts';
import { accessBetween, linesOf } from '../plan/sides.ts';
import { base, compile, triage, writer } from './estate.ts';

const url = 'https://agents.example.com/a2a';
const secretRef = { name: 'crm', key: 'token' };
const secret = resource({ kind: 'Secret', name: 'crm', spec: { keys: { token: 'PAWL_SECRET_CRM' } } });
const auth = {
  profile: 'oauth2ClientCredentials',
  secretRef,
  tokenUrl: 'https://login.example.com/t',
  scopes: ['b', 'a'],
};

/** The node's own agent runs elsewhere. */
const outside = (spec: JsonObject = {}, external: JsonObject = {}) =>
  agent('writer', { runtime: { external: { url, allowPrivate: false, ...external } }, ...spec });
/** The node's agent lists one elsewhere. */
const listing = (entry: JsonObject = {}) =>
  writer({ agents: [{ url, name: 'tides', interaction: 'toolCall', isolation: 'perCall', ...entry }] });

const estate = (writing: Resource, ...more: readonly Resource[]) => [...base.slice(0, 4), secret, writing, ...more];
const ids = ['a2a:default/writer', 'a2a:default/writer:tides'];

describe('an agent that runs elsewhere compiles', () => {
  test('to one tool of its own, without a model', () => {
    const { content, authority } = compile(estate(outside({}, { auth })));
    expect(content.engineSchema).toBe(5);
    expect(content.models).toEqual({});
    expect(content.agents['default/writer']).toMatchObject({ external: 'a2a', tools: { a2a: ids[0] } });
    expect(content.tools[ids[0] ?? '']).toMatchObject({
      operations: ['write'],
      idempotent: false,
      impl: {
        type: 'a2a',
        url,
        allowPrivate: false,
        auth: {
          profile: 'oauth2ClientCredentials',
          secret: { secret: 'default/crm', key: 'token' },
          tokenUrl: 'https://login.example.com/t',
          scopes: ['a', 'b'],
        },
      },
    });
    expect(content.secrets).toEqual({ 'default/crm': { source: 'env', keys: { token: 'PAWL_SECRET_CRM' } } });
    expect(authority.subjects['Agent/default/writer']?.tools).toEqual({
      'a2a:default/writer': { kind: 'allow', rule: 'Agent/default/writer' },
    });
  });

  test('to a tool of the agent that lists it, among its others', () => {
    const { content } = compile(
      estate(listing({ interaction: 'transfer', isolation: 'shared', description: 'Knows.' })),
    );
    expect(content.agents['default/writer']?.tools).toMatchObject({ tides: ids[1], search: 'default/search' });
    expect(content.agents['default/writer']?.external).toBeUndefined();
    expect(content.tools[ids[1] ?? '']).toMatchObject({
      name: 'tides',
      description: 'Knows.',
      impl: { url, allowPrivate: false, transfers: true, remembers: true },
    });
  });

  test('not where it runs in a container', () => {
    const contained = agent('writer', { runtime: { container: { image: 'a' } } });
    expect(() => compile(estate(contained))).toThrow(
      'Agent/default/writer runs in a container, which this build cannot run.',
    );
  });
});

describe('policies take from what a manifest allows', () => {
  const verdicts = (spec: JsonObject) =>
    [outside(), listing()].map((one, index) => {
      const { authority } = compile(estate(one, policy('guard', { global: true, ...spec })));
      return authority.subjects['Agent/default/writer']?.tools[ids[index] ?? '']?.kind;
    });

  test.each<[string, JsonObject, string]>([
    ['by what it does', { operations: { deny: ['write'] } }, 'deny'],
    ['by denying everything', { tools: { deny: ['*'] } }, 'deny'],
    ['by wanting it kept apart', { isolation: { min: 'sandbox' } }, 'deny'],
    ['by asking', { operations: { ask: ['write'] } }, 'ask'],
    [
      'and leave it where they ask and want it kept apart',
      { operations: { ask: ['write'] }, isolation: { min: 'sandbox' } },
      'ask',
    ],
    ['and leave it with a list of tools, which it is none of', { tools: { allow: [] } }, 'allow'],
    ['and leave it otherwise', { operations: { deny: ['read'] } }, 'allow'],
  ])('%s', (_name, spec, kind) => {
    expect(verdicts(spec)).toEqual([kind, kind]);
  });
});

test('the plan shows an agent elsewhere as a cell, and its cause', () => {
  const before = estate(writer(), triage);
  expect(linesOf(accessBetween(before, estate(listing(), triage)))).toEqual([
    `widened Agent/default/writer a2a:default/writer:tides:write < Agent/default/writer spec.agents["${url}"]`,
    `widened agent.delegates Agent/default/writer spec.agents["${url}"] of Agent/default/writer`,
  ]);
});

describe('the gate', () => {
  const decided = (spec: JsonObject, change: Partial<GateContext> = {}, args: JsonObject = { task: 'Look.' }) => {
    const { content, authority } = compile(estate(listing(), policy('guard', { global: true, ...spec })));
    const pinned = authority.subjects['Agent/default/writer'];
    const usage = new Ledger().usage('draft', { subject: 'Agent/default/writer', pinned: authority, live: authority });
    const clock = { lost: false, cancelled: false, overdue: false };
    const schemas = argumentSchemas(content);
    const context: GateContext = { clock, bundle: content, schemas, pinned, live: pinned, usage, ...change };
    const call = { kind: 'tool', subject: 'Agent/default/writer', name: 'tides' } as const;
    return decide({ ...call, arguments: JSON.stringify(args) }, context);
  };

  test('lets a call pass that nothing forbids', () => {
    expect(decided({})).toMatchObject({ kind: 'allow', rule: 'Agent/default/writer', reserve: { calls: 1, cost: 0 } });
    expect(decided({ egress: { hosts: ['*.example.com'] } })).toMatchObject({ kind: 'allow' });
    expect(decided({ gateways: { require: ['tool', 'model'] } })).toMatchObject({ kind: 'allow' });
    expect(decided({}, { tiers: ['process'] })).toMatchObject({ kind: 'allow' });
  });

  test.each<[string, JsonObject, string]>([
    ['to a host that policies leave out', { egress: { hosts: ['api.example.com'] } }, 'egress.denied'],
    ['around a gateway', { gateways: { require: ['agent'] } }, 'gateway.required'],
  ])('refuses a call %s', (_name, spec, reason) => {
    expect(decided(spec)).toMatchObject({ kind: 'deny', reason, rule: 'AgentPolicy/default/guard' });
  });

  test('refuses a call that its task does not fit', () => {
    expect(decided({}, {}, { task: '' })).toMatchObject({ kind: 'deny', reason: 'args.invalid' });
    expect(decided({}, {}, { task: 'a', url: 'https://evil.example.com' })).toMatchObject({ reason: 'args.invalid' });
  });

  test('counts it as what sends data out, and as what strangers wrote', () => {
    const flow = [{ when: ['privateRead'], deny: 'externalWrite' }];
    const { content, authority } = compile(estate(listing(), policy('guard', { global: true, flow })));
    const usage = new Ledger().usage('draft', { subject: 'Agent/default/writer', pinned: authority, live: authority });
    const touched = { ...usage, touched: new Set(['privateRead'] as const) };
    expect(decided({ flow }, { usage: touched })).toMatchObject({ kind: 'deny', reason: 'flow.denied' });
    expect(decided({ flow }, { usage })).toMatchObject({ kind: 'allow' });
    expect(content.tools[ids[1] ?? '']?.dataClass).toBeUndefined();
  });

  test('refuses what the live revision no longer lists', () => {
    const { authority } = compile(estate(writer()));
    const live = authority.subjects['Agent/default/writer'] satisfies SubjectAuthority | undefined;
    expect(decided({}, { live })).toMatchObject({ kind: 'deny' });
  });
});
