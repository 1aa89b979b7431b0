import { expect, test } from 'vitest';
import { importTexts } from '../../support/import.ts';

const memory = (more = '') => `apiVersion: kagent.dev/v1alpha1
kind: Memory
metadata: { name: chats, namespace: desk }
spec: { type: redis${more} }
`;

function strays(texts: Parameters<typeof importTexts>[0]) {
  return importTexts(texts).strays.map(({ fate, place, kind, problems }) => {
    const said = problems.map(({ code, message }) => `${code} ${message}`).join(' | ');
    return `${fate} ${place.file}:${place.line} ${kind}: ${said}`;
  });
}

test('two documents that say the same are one, and the other is named', () => {
  const texts = { 'a.yaml': memory(), 'b.yaml': `# again\n${memory()}` };
  expect(importTexts(texts).resources).toHaveLength(1);
  expect(strays(texts)).toEqual([
    'ignored b.yaml:2 kagent.dev/v1alpha1 Memory: import.ignored It is the same as a.yaml:1.',
  ]);
});

test('two documents of one identity that differ are both refused, each naming the other', () => {
  const { resources, said } = importTexts({ 'a.yaml': memory(), 'b.yaml': memory(', ttl: 60') });
  expect(resources).toEqual([]);
  expect(said.filter((one) => one.includes('import.duplicate'))).toEqual([
    'refused import.duplicate a.yaml:3 `Memory` of this name and namespace is also in b.yaml:1, and says something else there.',
    'refused import.duplicate b.yaml:3 `Memory` of this name and namespace is also in a.yaml:1, and says something else there.',
  ]);
});

test('Secrets that differ in their values alone are one: values are not even compared', () => {
  const secret = (value: string, key = 'token') =>
    `apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData: { ${key}: ${value} }\n`;
  expect(strays({ 'a.yaml': secret('one'), 'b.yaml': secret('two') })).toEqual([
    'ignored b.yaml:1 v1 Secret: import.ignored It is the same as a.yaml:1.',
  ]);
  const { said } = importTexts({ 'a.yaml': secret('one'), 'b.yaml': secret('one', 'other') });
  expect(said.filter((one) => one.includes('import.duplicate'))).toHaveLength(2);
});

test('a List is its items, each at its place', () => {
  const list = `apiVersion: v1
kind: List
items:
  - apiVersion: kagent.dev/v1alpha1
    kind: Memory
    metadata: { name: one, namespace: desk }
    spec: { type: redis }
  - apiVersion: kagent.dev/v1alpha1
    kind: Memory
    metadata: { name: two, namespace: desk }
    spec: { type: redis, maxHistroy: 5 }
`;
  const { spec, said } = importTexts(list);
  expect(spec('Memory/desk/one')).toMatchObject({ type: 'postgres' });
  expect(said).toContain(
    'refused import.schema manifests.yaml:11 `spec.maxHistroy` is not a field of Memory in kagent.dev/v1alpha1.',
  );
});

test.each([
  ['a manifest of pawl', 'apiVersion: pawl/v1\nkind: Agent\n', 'ignored', 'already'],
  ['something else in YAML', 'name: ci\non: push\n', 'ignored', 'no manifest'],
  ['a list', '- a\n- b\n', 'ignored', 'no manifest'],
  ['a kind of another group', 'apiVersion: example.org/v1\nkind: Widget\n', 'ignored', 'no manifest of a system'],
  [
    'a Kustomization',
    'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n',
    'ignored',
    'kustomize build',
  ],
  ['a kind that is misspelt', 'apiVersion: kagent.dev/v1alpha1\nkind: Memroy\n', 'refused', 'import.kind'],
  ['a kind in another case', 'apiVersion: kagent.dev/v1alpha1\nkind: MEMORY\n', 'refused', 'import.schema'],
  ['a version that is not known', 'apiVersion: kagent.dev/v9\nkind: Memory\n', 'refused', 'import.kind'],
  ['a group that is misspelt', 'apiVersion: kagent.io/v1alpha1\nkind: Memory\n', 'refused', 'import.kind'],
  ['a manifest without a kind', 'apiVersion: kagent.dev/v1alpha1\nmetadata: { name: a }\n', 'refused', 'import.schema'],
  ['a manifest without a version', 'kind: Memory\nmetadata: { name: a }\n', 'refused', 'import.schema'],
])('%s is said to be one', (_, text, fate, words) => {
  const [only, ...others] = strays(text);
  expect(others).toEqual([]);
  expect(only).toMatch(new RegExp(`^${fate} .*${words}`));
});

test('kinds of Kubernetes are left alone, whatever is in them', () => {
  const { documents, said } = importTexts(
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { x: 1 }\n',
  );
  expect([...documents.values()].map(({ fate }) => fate.fate)).toEqual(['ignored']);
  expect(said).toEqual([]);
});

test('the values of a Secret are flagged and never read', () => {
  const { said } = importTexts(
    'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData: { token: canary-7f3a }\n',
  );
  expect(said).toContainEqual(expect.stringMatching(/^flagged import.secret_value manifests.yaml:4 /));
  expect(said.join()).not.toContain('canary');
});

test('a file that cannot be read is refused, with as many documents as it seems to hold', () => {
  expect(strays(`${memory()}---\nkind: [\n`)).toMatchObject([
    expect.stringMatching(/^refused manifests.yaml:\d+ unreadable: yaml/),
  ]);
  expect(strays('a: &a [1]\nb: {{ x\n---\nc: 1\n---\n"d\n').every((one) => one.startsWith('refused'))).toBe(true);
  expect(strays({ 'tsconfig.json': '{ // comment\n}' })).toMatchObject([
    expect.stringMatching(/^ignored tsconfig.json/),
  ]);
});
