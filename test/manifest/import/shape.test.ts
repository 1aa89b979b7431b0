import { expect, test } from 'vitest';
import { importTexts } from '../../support/import.ts';

const of = (kind: string, spec: string) =>
  importTexts(`# a comment\napiVersion: kagent.dev/v1alpha1\nkind: ${kind}\nmetadata: { name: a }\nspec: ${spec}\n`);

test.each([
  ['Agent', '{ description: d }', 'no field that only one of them has'],
  ['Agent', '{}', 'no field that only one of them has'],
  ['Agent', '{ modelConfig: m, systemMessage: s, systemPrompt: s }', '`spec.systemPrompt`'],
  ['Memory', '{}', 'no field that only one of them has'],
  ['Memory', '{ type: redis, provider: Pinecone }', 'fields of both: `spec.provider`, `spec.type`'],
])('%s %s is refused at its kind, with the fields that would tell', (kind, spec, why) => {
  const { resources, documents, strays } = of(kind, spec);
  expect([resources.length, documents.size]).toEqual([0, 0]);
  const [stray, another] = strays;
  expect(another).toBeUndefined();
  expect([stray?.fate, stray?.place.line]).toEqual(['refused', 3]);
  const [problem] = stray?.problems ?? [];
  expect(problem).toMatchObject({ code: 'import.shape', message: expect.stringContaining(why) });
  const marks = kind === 'Agent' ? ['`systemMessage`', '`systemPrompt`'] : ['`pinecone`', '`type`'];
  for (const mark of marks) expect(problem?.help).toContain(mark);
});

test('one field of its own is enough to tell what a document is', () => {
  expect([...of('Memory', '{ type: in-memory }').documents.keys()]).toHaveLength(1);
  expect(of('Memory', '{ provider: Pinecone }').said[0]).toContain('Pinecone');
});
