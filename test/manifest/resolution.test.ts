import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Files } from '../../src/manifest/estate.ts';
import { overlay } from '../../src/manifest/overlay.ts';
import { resolve } from '../../src/manifest/resolve.ts';
import type { Resolution } from '../../src/manifest/resolution.ts';
import type { Resolved } from '../../src/manifest/resolved.ts';
import type { Validated } from '../../src/manifest/validate.ts';
import { bytesOf, manifest, validateText } from './manifests.ts';

const bounds = { namespaces: ['default', 'other'], paths: ['', 'over'] };

/** What each file may hold: the first is what it holds at the start, `''` that it is not there. */
const variants: Readonly<Record<string, readonly string[]>> = {
  'model.yaml': [model('fast'), model('fast', 'm-2'), model('slow'), ''],
  'other-model.yaml': [
    model('far', 'm', ', namespace: other, annotations: {pawl/share: default}'),
    model('far', 'm', ', namespace: other'),
  ],
  'search.yaml': [tool('search'), tool('search', 'write'), tool('find'), ''],
  'mail.yaml': [tool('mail', 'write'), ''],
  'role.yaml': [role('tool:search:read'), role('tool:serch:read'), role('tool:*:*'), ''],
  'permission.yaml': ['', manifest('ToolPermission', 'p', '{toolRef: search, required: [capability:x], global: true}')],
  'policy.yaml': [
    manifest('AgentPolicy', 'p', '{targets: {labels: {tier: gold}}, limits: {maxSteps: 5}}'),
    manifest('AgentPolicy', 'p', '{global: true, limits: {maxSteps: 2}}'),
    '',
  ],
  'defaults.yaml': ['', manifest('Defaults', 'd', '{modelRef: fast}'), manifest('Defaults', 'd', '{modelRef: none}')],
  'library.yaml': [
    '',
    manifest('PromptLibrary', 'lib', '{prompts: {a: {text: Be kind.}}}'),
    manifest('PromptLibrary', 'lib', '{prompts: {b: {text: x}}}'),
  ],
  'a.yaml': [
    agent(
      'a',
      'modelRef: fast, promptFile: a.md, tools: [{toolRef: search}], roles: [support], limits: {maxSteps: 9}',
      ', labels: {tier: gold}',
    ),
    agent(
      'a',
      'modelRef: other/far, prompt: Hi., tools: [{toolRef: search}], roles: [support]',
      ', labels: {tier: gold}',
    ),
    agent('a', 'modelRef: fast, prompt: "Hi\u200b."', ', labels: {tier: silver}'),
    agent('a', 'modelRef: fast, prompt: Hi., agents: [{agentRef: b}]'),
    agent('a', 'modelRef: fats, prompt: Hi.'),
    agent('a', 'prompt: Hi.'),
    agent('a', 'modelRef: fast, prompt: Hi., limits: {maxSteps: 0}'),
    agent('a', 'modelRef: fast, prompt: Hi.', ', namespace: third'),
    '',
  ],
  'b.yaml': [
    agent('b', 'modelRef: fast, prompt: Hi.'),
    agent('b', 'modelRef: fast, prompt: Hi., agents: [{agentRef: a}]'),
    agent('b', 'modelRef: fast, prompt: Hi., output: {schema: {type: object, properties: {n: {type: integer}}}}'),
    agent('c', 'modelRef: fast, prompt: Hi.', ', renamedFrom: b'),
    '',
  ],
  'system.yaml': [
    system('{one: {agentRef: a, edges: [{to: two}]}, two: {agentRef: b, input: {x: "${ nodes.one.output }"}}}'),
    system('{one: {agentRef: a}, two: {toolRef: mail}}'),
    system('{one: {agentRef: b, edges: [{to: end, when: output.n > 1}, {to: end, default: true}]}}'),
    '',
  ],
  'over/a.yaml': [
    '',
    manifest('Agent', 'a', { spec: '{description: x}', metadata: ', annotations: {pawl/patch: merge}' }),
  ],
  'task.yaml': ['', manifest('Task', 't', '{systemRef: s}')],
};

const texts: Readonly<Record<string, readonly string[]>> = {
  'a.md': ['Sort.', 'Sort well.', 'See\u200b.', '{{> lib/a }} Sort.', ''],
};

function model(name: string, id = 'm', metadata = ''): string {
  const spec = `{provider: openaiCompatible, model: ${id}, baseUrl: "https://models.example.com/v1"}`;
  return manifest('ModelEndpoint', name, { spec, metadata });
}

function tool(name: string, operation = 'read'): string {
  const spec = `{description: x, type: builtin, operation: ${operation}, inputSchema: {type: object}, builtin: {name: echo}}`;
  return manifest('Tool', name, spec);
}

function role(permission: string): string {
  return manifest('AgentRole', 'support', `{permissions: ["${permission}"]}`);
}

function agent(name: string, spec: string, metadata = ''): string {
  return manifest('Agent', name, { spec: `{${spec}}`, metadata });
}

function system(graph: string): string {
  return manifest('AgentSystem', 's', `{graph: ${graph}}`);
}

// The same content is the same object, as it is where blobs are cached by their ids.
const validated = new Map<string, readonly Validated[]>();
const bytes = new Map<string, Uint8Array>();

function take(choice: ReadonlyMap<string, number>, before: Resolution | undefined): Resolved {
  const manifests: Validated[] = [];
  const files = new Map<string, Uint8Array>();
  for (const [path, index] of choice) {
    const text = (variants[path] ?? texts[path])?.[index] ?? '';
    if (text === '') continue;
    const key = `${path} ${text}`;
    if (path in texts) {
      const known = bytes.get(key) ?? bytesOf(text);
      bytes.set(key, known);
      files.set(path, known);
      continue;
    }
    const known = validated.get(key) ?? validateText(text, path).manifests;
    validated.set(key, known);
    manifests.push(...known);
  }
  const overlaid = overlay(manifests, bounds);
  const named: Files = files;
  const resolved = resolve(overlaid.manifests, named, { ...bounds, before });
  return { ...resolved, problems: [...overlaid.problems, ...resolved.problems] };
}

const paths = [...Object.keys(variants), ...Object.keys(texts)];
const edit = fc
  .constantFrom(...paths)
  .chain((path) =>
    fc.record({ path: fc.constant(path), index: fc.nat((variants[path] ?? texts[path] ?? []).length - 1) }),
  );

test('resolving what changed comes to the same as resolving everything', () => {
  let continued = 0;
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 12 }), (edits) => {
      const choice = new Map(paths.map((path) => [path, 0]));
      let before = take(choice, undefined).resolution;
      for (const { path, index } of edits) {
        // What changes is listed last, as it is after a commit.
        choice.delete(path);
        choice.set(path, index);
        const [part, whole] = [take(choice, before), take(choice, undefined)];
        expect(part.problems).toEqual(whole.problems);
        expect([...part.resources]).toEqual([...whole.resources]);
        expect(part.resolution?.unused).toEqual(whole.resolution?.unused);
        expect(part.resolution?.known.size).toBe(whole.resolution?.known.size);
        if (before !== undefined && part.resolution !== undefined) continued += 1;
        before = part.resolution;
      }
    }),
    { numRuns: 300 },
  );
  expect(continued).toBeGreaterThan(300);
});

test('an environment with an error leaves nothing to go on from', () => {
  const choice = new Map(paths.map((path) => [path, path === 'model.yaml' ? 3 : 0]));
  expect(take(choice, undefined).resolution).toBeUndefined();
});
