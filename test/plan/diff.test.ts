import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { schemas } from '../../src/manifest/schemas.gen.ts';
import { kinds } from '../../src/manifest/resource.ts';
import { classify, classifyDrift } from '../../src/plan/classify.ts';
import { addressesChanged, bodiesNeeded, diff } from '../../src/plan/diff.ts';
import { fieldDiff } from '../../src/plan/fields.ts';
import { lineDiff } from '../../src/plan/lines.ts';
import { listKeys } from '../../src/plan/list-keys.ts';
import { sensitiveFields } from '../../src/plan/sensitive.ts';
import { agent, inSync, liveOf, optionsOf, policy, snapshotOf, system, tool } from './fixture.ts';

describe('three-way classes', () => {
  const none = undefined;
  test.each([
    ['in sync', { applied: 'a', live: 'a', target: 'a' }, none, none],
    ['Git made it', { applied: none, live: none, target: 'a' }, 'pending create', none],
    ['Git changed it', { applied: 'a', live: 'a', target: 'b' }, 'pending update', none],
    ['Git dropped it', { applied: 'a', live: 'a', target: none }, 'pending delete', none],
    ['a hand changed it', { applied: 'a', live: 'x', target: 'a' }, 'outOfBand update', 'outOfBand update'],
    ['a hand deleted it', { applied: 'a', live: none, target: 'a' }, 'missing create', 'missing delete'],
    ['a hand deleted it and Git moved', { applied: 'a', live: none, target: 'b' }, 'missing create', 'missing delete'],
    ['a hand added it', { applied: none, live: 'x', target: none }, 'orphan delete', 'orphan create'],
    ['Git caught up', { applied: 'a', live: 'b', target: 'b' }, 'converged update', 'outOfBand update'],
    ['Git caught up with a deletion', { applied: 'a', live: none, target: none }, 'converged delete', 'missing delete'],
    ['Git took up what a hand added', { applied: none, live: 'x', target: 'x' }, 'converged create', 'orphan create'],
    ['both moved apart', { applied: 'a', live: 'x', target: 'b' }, 'conflict update', 'outOfBand update'],
    ['Git drops what a hand changed', { applied: 'a', live: 'x', target: none }, 'conflict delete', 'outOfBand update'],
    [
      'Git makes what a hand made otherwise',
      { applied: none, live: 'x', target: 'b' },
      'conflict update',
      'orphan create',
    ],
  ] as const)('%s', (_title, digests, change, drifted) => {
    const say = (verdict: ReturnType<typeof classify>) => verdict && `${verdict.class} ${verdict.action}`;
    expect(say(classify(digests))).toBe(change);
    expect(say(classifyDrift(digests))).toBe(drifted);
  });
});

describe('diff', () => {
  const old = agent('writer', { prompt: 'Old.' });
  const edited = agent('writer', { prompt: 'Edited by hand.' });
  const wanted = agent('writer', { prompt: 'New.' });

  test('needs the bodies that differ and that the snapshot does not hold', () => {
    const live = liveOf([
      { applied: old, live: edited },
      { applied: agent('same'), live: agent('same') },
    ]);
    const snapshot = snapshotOf([wanted, agent('same')]);
    expect(bodiesNeeded(snapshot, live)).toEqual([old.digest, edited.digest].sort());
    expect(addressesChanged(snapshot, live)).toEqual([wanted.address]);
  });

  test('says who touched the row that drifted, and what it was and is', () => {
    const touched = { at: '2026-01-02T03:04:05.000Z', by: 'psql' };
    const live = liveOf([{ applied: old, live: edited, generation: 7, touched }]);
    const { changes, drift } = diff(snapshotOf([old]), live, optionsOf([old, edited]));
    expect(drift[0]).toMatchObject({ class: 'outOfBand', before: old.manifest, after: edited.manifest });
    expect(drift[0]?.reason).toBe('because live was changed after the last apply, by psql at 2026-01-02T03:04:05.000Z');
    expect(changes[0]).toMatchObject({ precondition: 7, before: edited.manifest, after: old.manifest });
  });

  test('a body that the store lost is an error that names it', () => {
    expect(() => diff(snapshotOf([wanted]), inSync([old]), optionsOf([]))).toThrow(
      `The content ${old.digest.slice(0, 12)} of Agent/default/writer is not in the store.`,
    );
  });

  test('what only its errors keep out of the snapshot is not deleted', () => {
    const problem = { code: 'x', severity: 'error', message: 'm', line: 1, column: 1 } as const;
    const live = inSync([old, agent('other')]);
    const broken = snapshotOf([], { problems: [{ ...problem, file: 'writer.yaml' }] });
    expect(diff(broken, live, optionsOf([old, agent('other')])).changes.map(({ address }) => address)).toEqual([
      'Agent/default/other',
    ]);
    const missing = snapshotOf([], { problems: [{ ...problem, code: 'source.path_missing', file: 'pawl.yaml' }] });
    expect(diff(missing, live, optionsOf([old, agent('other')])).changes).toEqual([]);
    const named = snapshotOf([], { problems: [{ ...problem, file: 'elsewhere.yaml', address: old.address }] });
    expect(diff(named, live, optionsOf([old, agent('other')])).changes).toHaveLength(1);
  });

  test('lists changes by kind, then address', () => {
    const resources = [system('a', {}), agent('b'), agent('a'), tool('z')];
    const { changes } = diff(snapshotOf(resources), liveOf([]), optionsOf([]));
    expect(changes.map(({ address }) => address)).toEqual([
      'Tool/default/z',
      'Agent/default/a',
      'Agent/default/b',
      'AgentSystem/default/a',
    ]);
  });
});

describe('fields', () => {
  const fields = (before: JsonObject, after: JsonObject, kind: Parameters<typeof fieldDiff>[0] = 'Agent') =>
    fieldDiff(kind, { before: { spec: before }, after: { spec: after } }, sensitiveFields(kind));

  test('named things are matched by key, not by where they stand', () => {
    const found = fields(
      { tools: [{ toolRef: 'a' }, { toolRef: 'b' }], roles: ['x', 'y'] },
      { tools: [{ toolRef: 'b' }, { toolRef: 'c' }, { toolRef: 'a' }], roles: ['y', 'x'] },
    );
    expect(found.fields.map(({ action, path }) => `${action} ${path}`)).toEqual(['create spec.tools["c"]']);
    expect(found.unchanged).toBe(4);
  });

  test('a module is told apart by its digest, and by its bytes where only those were changed', () => {
    const wasm = (module: string, content: string) => ({ type: 'wasm', wasm: { module, content } });
    const paths = (before: JsonObject, after: JsonObject) =>
      fields(before, after, 'Tool').fields.map(
        ({ path, after: value }) => `${path} ${JSON.stringify(value).slice(1, 10)}`,
      );
    expect(paths(wasm('sha256:aa', 'AA=='), wasm('sha256:bb', 'BB=='))).toEqual(['spec.wasm.module sha256:bb']);
    expect(paths(wasm('sha256:aa', 'AA=='), wasm('sha256:aa', 'BB=='))).toHaveLength(1);
    expect(paths(wasm('sha256:aa', 'AA=='), wasm('sha256:aa', 'BB=='))[0]).not.toContain('BB==');
  });

  test('an edge is found by its target and a budget by what it counts', () => {
    const graph = (edges: JsonObject[]) => ({ graph: { draft: { edges } } });
    expect(
      fields(graph([{ to: 'a' }, { to: 'review', when: 'x' }]), graph([{ to: 'review', when: 'y' }]), 'AgentSystem')
        .fields,
    ).toMatchObject([
      { path: 'spec.graph.draft.edges["a"]', action: 'delete' },
      { path: 'spec.graph.draft.edges["review"].when', before: 'x', after: 'y' },
    ]);
    const budget = (unit: string, limit: number) => ({ scope: 'run', unit, limit });
    expect(
      fields(
        { budgets: [budget('usd', 1), budget('tokens', 5)] },
        { budgets: [budget('tokens', 5), budget('usd', 2)] },
        'AgentPolicy',
      ).fields,
    ).toMatchObject([{ path: 'spec.budgets["run usd"].limit', before: 1, after: 2 }]);
  });

  test('two entries of one key stay two', () => {
    const { fields: found } = fields(
      { graph: { n: { edges: [{ to: 'a', when: 'x' }] } } },
      {
        graph: {
          n: {
            edges: [
              { to: 'a', when: 'x' },
              { to: 'a', when: 'y' },
            ],
          },
        },
      },
      'AgentSystem',
    );
    expect(found.map(({ path }) => path)).toEqual(['spec.graph.n.edges["a #2"]']);
  });

  test('where order means something, the index is the key', () => {
    const { fields: found } = fields(
      { parameters: { stop: ['a', 'b'] } },
      { parameters: { stop: ['b', 'a'] } },
      'ModelEndpoint',
    );
    expect(found.map(({ path }) => path)).toEqual(['spec.parameters.stop[0]', 'spec.parameters.stop[1]']);
  });

  test('an empty list is not an absent one', () => {
    expect(fields({ tools: {} }, { tools: { allow: [] } }, 'AgentPolicy').fields).toMatchObject([
      { path: 'spec.tools.allow', action: 'create', after: [] },
    ]);
  });

  test('sensitive values never enter a field change', () => {
    const headers = (value: string) => ({ http: { headers: { 'X-Key': value, Accept: 'a' } } });
    const found = fields(headers('canary-1'), headers('canary-2'), 'Tool');
    expect(found.fields).toEqual([
      { path: 'spec.http.headers.X-Key', action: 'update', before: undefined, after: undefined, sensitive: true },
    ]);
  });

  test('every list in the schemas has its key', () => {
    const fileOf = (kind: string) =>
      `${kind.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase()}.schema.json`;
    for (const kind of kinds) {
      const lists = listPaths(schemas[fileOf(kind)] ?? {}, '').filter((path) => !path.startsWith('spec.script'));
      expect(
        Object.keys(listKeys[kind])
          .filter((path) => !path.startsWith('spec.script'))
          .sort(),
      ).toEqual(lists.sort());
    }
  });
});

function listPaths(schema: JsonObject, path: string): string[] {
  const found = new Set<string>();
  const resolved = { ...schema, ...(schema['x-resolved'] as JsonObject | undefined) };
  if (typeof schema['$ref'] === 'string') return listPaths(shared(schema['$ref']), path);
  const isList = resolved['type'] === 'array';
  if (isList && path !== '') found.add(path);
  const children = { ...(schema['properties'] as Record<string, JsonObject> | undefined) };
  if (typeof schema['additionalProperties'] === 'object') children['*'] = schema['additionalProperties'] as JsonObject;
  if (typeof schema['items'] === 'object') children['*'] = schema['items'] as JsonObject;
  for (const [name, child] of Object.entries(children)) {
    for (const below of listPaths(child, path === '' ? name : `${path}.${name}`)) found.add(below);
  }
  return [...found];
}

function shared(reference: string): JsonObject {
  const definitions = schemas['common.schema.json']?.['$defs'] as Record<string, JsonObject>;
  return definitions[reference.replace('common.schema.json#/$defs/', '')] ?? {};
}

describe('lines', () => {
  test('short text of one line has no line diff', () => {
    expect(lineDiff('a', 'b')).toBeUndefined();
  });

  test('text is compared by line, context included', () => {
    expect(lineDiff('a\nb\nc\n', 'a\nB\nc\n')).toEqual({
      lines: [
        { sign: ' ', text: 'a' },
        { sign: '-', text: 'b' },
        { sign: '+', text: 'B' },
        { sign: ' ', text: 'c' },
      ],
      split: false,
    });
  });

  test('a long line is split at sentence ends, and says so', () => {
    const filler = 'This sentence is only here to make the line a long one, as prompts often are. '.repeat(3);
    const found = lineDiff(`${filler}Be kind. Be short.`, `${filler}Be kind. Be brief.`);
    expect(found?.split).toBe(true);
    expect(found?.lines.filter(({ sign }) => sign !== ' ')).toEqual([
      { sign: '-', text: 'Be short.' },
      { sign: '+', text: 'Be brief.' },
    ]);
  });

  test('a lost line break at the end shows', () => {
    expect(lineDiff('a\nb\n', 'a\nb')?.lines.filter(({ sign }) => sign !== ' ')).toEqual([{ sign: '-', text: '' }]);
  });

  test('a line break in place of a space shows', () => {
    const long = `${'word '.repeat(40)}end. `;
    const found = lineDiff(`${long}Then.`, `${long.trimEnd()}\nThen.`);
    expect(found?.lines.some(({ sign }) => sign !== ' ')).toBe(true);
  });

  test('two texts that have nothing in common end as one block of each, soon', () => {
    const text = (mark: string) => Array.from({ length: 20_000 }, (_, at) => `${mark}${at}`).join('\n');
    const found = lineDiff(text('a'), text('b'));
    expect(found?.lines[0]?.sign).toBe('-');
    expect(found?.lines.at(-1)?.sign).toBe('+');
  });
});

test('a policy with the same lists in another order changes nothing that a field would show', () => {
  const before = policy('p', { global: true, tools: { deny: ['a', 'b'] } });
  const after = policy('p', { global: true, tools: { deny: ['b', 'a'] } });
  const { changes } = diff(snapshotOf([after]), inSync([before]), optionsOf([before]));
  expect(changes).toMatchObject([{ action: 'update', fields: [] }]);
});
