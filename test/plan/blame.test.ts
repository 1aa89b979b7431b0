import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { blame } from '../../src/plan/blame.ts';

function agent(spec: JsonObject): JsonObject {
  return { apiVersion: 'pawl/v1', kind: 'Agent', metadata: { name: 'a', namespace: 'default' }, spec };
}

const revisions = (fields: ReturnType<typeof blame>) =>
  Object.fromEntries(fields.map(({ path, revision }) => [path, revision]));

test('a field is of the oldest revision from which on it has had its value', () => {
  const fields = blame('Agent', [
    { from: 7, manifest: agent({ prompt: 'three', limits: { maxSteps: 4 } }) },
    { from: 5, manifest: agent({ prompt: 'two', limits: { maxSteps: 4 } }) },
    { from: 2, manifest: agent({ prompt: 'one', limits: { maxSteps: 4 } }) },
  ]);
  expect(revisions(fields)).toEqual({ 'spec.limits.maxSteps': 2, 'spec.prompt': 7 });
});

test('a value that was given back is of the revision that gave it back', () => {
  const fields = blame('Agent', [
    { from: 3, manifest: agent({ prompt: 'one' }) },
    { from: 2, manifest: agent({ prompt: 'two' }) },
    { from: 1, manifest: agent({ prompt: 'one' }) },
  ]);
  expect(revisions(fields)).toEqual({ 'spec.prompt': 3 });
});

test('a sensitive value is compared and never given', () => {
  const tool = (value: string): JsonObject => ({
    apiVersion: 'pawl/v1',
    kind: 'Tool',
    metadata: { name: 't', namespace: 'default' },
    spec: { http: { headers: { 'x-key': value } } },
  });
  const fields = blame('Tool', [
    { from: 2, manifest: tool('canary-two') },
    { from: 1, manifest: tool('canary-one') },
  ]);
  expect(fields).toMatchObject([{ sensitive: true, revision: 2 }]);
  expect(JSON.stringify(fields)).not.toContain('canary');
});
