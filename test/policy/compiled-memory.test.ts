import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalText } from '../../src/manifest/digest.ts';
import type { Json } from '../../src/manifest/json.ts';
import type { Resource } from '../../src/manifest/resource.ts';
import { plan } from '../../src/plan/plan.ts';
import { compileCache, compileChanged } from '../../src/policy/compile-changed.ts';
import { CompiledMemory } from '../../src/policy/compiled-memory.ts';
import {
  agent,
  inSync,
  liveOf,
  mapOf,
  model,
  optionsOf,
  policy,
  resource,
  role,
  server,
  snapshotOf,
  system,
  tool,
} from '../plan/fixture.ts';

const base = [
  model('small'),
  tool('search', { operation: ['read'] }),
  server('crm', { find: 'Finds.' }),
  role('support', ['tool:search:read', 'tool:mcp:crm:find:write']),
  agent('writer', { tools: [{ toolRef: 'search' }], roles: ['support'] }),
  agent('reviewer', { tools: [{ mcpServerRef: 'crm', tools: ['find'] }], roles: ['support'] }),
  system('triage', {
    draft: { agentRef: 'writer', edges: [{ to: 'check', default: true }] },
    check: { agentRef: 'reviewer', edges: [] },
  }),
  system('review', { check: { agentRef: 'reviewer', edges: [] } }),
];

function replace(resources: readonly Resource[], ...changed: readonly Resource[]): readonly Resource[] {
  return resources.map((one) => changed.find(({ address }) => address === one.address) ?? one);
}

const permission = (toolRef: string, agents?: readonly string[]): Resource =>
  resource({
    kind: 'ToolPermission',
    name: 'careful',
    spec: { toolRef, ...(agents === undefined ? {} : { agents }), required: ['tool:search:write'] },
  });

const prompts = (writer: string, reviewer: string): readonly Resource[] =>
  replace(
    base,
    agent('writer', { prompt: writer, tools: [{ toolRef: 'search' }], roles: ['support'] }),
    agent('reviewer', { prompt: reviewer, tools: [{ mcpServerRef: 'crm', tools: ['find'] }], roles: ['support'] }),
  );

const states: readonly (readonly Resource[])[] = [
  base,
  prompts('Be brief.', 'Be kind.'),
  prompts('Be brief.', 'Be strict.'),
  replace(base, tool('search', { operation: ['read', 'write'] })),
  replace(base, role('support', [])),
  replace(base, server('crm', { find: 'Finds customers.' })),
  [...base, policy('all', { global: true, tools: { deny: ['search'] } })],
  [...prompts('Be brief.', 'Be kind.'), policy('all', { global: true, tools: { deny: ['search'] } })],
  [...base, policy('some', { targets: { agents: ['reviewer'] }, limits: { maxSteps: 1 } })],
  [...base, permission('search')],
  [...base, permission('search', ['reviewer'])],
  [...base, permission('mcp:crm:find')],
  base.slice(0, -1),
];

/** Equal resources that are other objects, as another reading of the same files gives them. */
function read(resources: readonly Resource[], line = 1): readonly Resource[] {
  return resources.map((one) => ({ ...one, place: { ...one.place, line } }));
}

function made(cache: ReturnType<typeof compileCache>, resources: readonly Resource[], name = 'default/triage') {
  return compileChanged(mapOf(resources), cache).content(name);
}

describe('what was compiled of late', () => {
  test('a revert finds what was compiled of the same content, wherever it stands', () => {
    const cache = compileCache();
    const before = made(cache, read(base));
    const between = made(cache, read(prompts('Be brief.', 'Be kind.')));
    expect(between.digest).not.toBe(before.digest);
    expect(made(cache, read(base, 7))).toBe(before);
    expect(made(cache, read(prompts('Be brief.', 'Be kind.'), 9))).toBe(between);
  });

  test('a rule that came meanwhile and reaches a caller is heeded, one that does not is not', () => {
    const cache = compileCache();
    const before = made(cache, base);
    made(cache, prompts('Be brief.', 'Be kind.'));
    const denied = made(cache, [...base, policy('all', { global: true, tools: { deny: ['search'] } })]);
    expect(denied.authority.subjects['Agent/default/writer']?.tools['default/search']).toMatchObject({ kind: 'deny' });
    made(cache, prompts('Be brief.', 'Be kind.'));
    expect(made(cache, [...base, permission('search', ['nobody'])])).toBe(before);
  });

  test('environments that hold the same share it', () => {
    const memory = new CompiledMemory();
    const [staging, production] = [compileCache(memory), compileCache(memory)];
    const before = made(staging, read(base));
    made(staging, read(prompts('Be brief.', 'Be kind.')));
    expect(made(production, read(base))).toBe(before);
  });

  test('a compile that throws leaves nothing behind, for its own environment nor for another', () => {
    const memory = new CompiledMemory();
    const [production, staging] = [compileCache(memory), compileCache(memory)];
    const denied = replace(base, role('support', []));
    const refused = [
      ...base.filter(({ name }) => name !== 'triage' && name !== 'review'),
      agent('zealot', { tools: [{ toolRef: 'missing' }] }),
      system('triage', { draft: { agentRef: 'writer', edges: [] } }),
      system('zoo', { only: { agentRef: 'zealot', edges: [] } }),
    ];
    const writtenFor = (one: ReturnType<typeof made>) => one.authority.subjects['Agent/default/writer']?.tools;
    made(production, denied);
    expect(() => compileChanged(mapOf(refused), production)).toThrow('Tool/default/missing does not exist');
    const cold = made(compileCache(), denied);
    expect(writtenFor(cold)?.['default/search']).toMatchObject({ kind: 'deny' });
    expect(made(production, denied)).toEqual(cold);
    expect(compileChanged(mapOf(denied), production).digests.get('default/triage')).toBe(cold.digest);
    made(production, base);
    const elsewhere = compileChanged(mapOf(denied), staging);
    expect(elsewhere.digests.get('default/triage')).toBe(cold.digest);
    expect(elsewhere.content('default/triage')).toEqual(cold);
  });

  test('holds so many bytes, and what it let go is compiled again to the same bytes', () => {
    const texts = [base, prompts('Be brief.', 'Be kind.')].map((one) => made(compileCache(), one));
    const roomy = 4 * canonicalText({ ...texts[0] } as unknown as Json).length;
    for (const bytesMax of [0, roomy]) {
      const cache = compileCache(new CompiledMemory(bytesMax));
      const before = made(cache, base);
      made(cache, prompts('Be brief.', 'Be kind.'));
      const again = made(cache, base);
      expect(again).toEqual(before);
      expect(again === before).toBe(bytesMax > 0);
    }
  });

  test('no plan differs by it, in any order of states and whatever is reverted', () => {
    const steps = fc.array(fc.record({ state: fc.constantFrom(...states), line: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 2,
      maxLength: 10,
    });
    fc.assert(
      fc.property(steps, (sequence) => {
        const memory = new CompiledMemory();
        const caches = [compileCache(memory), compileCache(memory)];
        for (const [at, { state, line }] of sequence.entries()) {
          const earlier = sequence[at - 1];
          const before = earlier === undefined ? [] : read(earlier.state, earlier.line);
          const target = snapshotOf(read(state, line));
          const live = before.length === 0 ? liveOf([]) : inSync(before);
          const options = optionsOf(before);
          // Another environment has another sequence, of every second state.
          const cache = caches[at % 3 === 2 ? 1 : 0];
          const warm = plan(target, live, cache === undefined ? options : { ...options, cache });
          const cold = plan(snapshotOf(read(state, line)), live, options);
          expect(canonicalText(warm as unknown as Json)).toBe(canonicalText(cold as unknown as Json));
        }
      }),
      { numRuns: 150, seed: 3 },
    );
  });
});
