import { expect, test } from 'vitest';
import { importTexts } from '../../../support/import.ts';

const memory = `apiVersion: kagent.dev/v1alpha1
kind: Memory
metadata: { name: Chats, namespace: desk }
spec:
  type: redis
  config: { host: redis.desk.svc }
  ttl: 3600
  maxHistory: 50
`;

test('a Redis memory becomes one in the database, and says so', () => {
  const { spec, said } = importTexts(memory);
  expect(spec('Memory/desk/chats')).toEqual({ type: 'postgres', session: { ttl: '3600s', maxMessages: 50 } });
  expect(said).toEqual([
    'flagged import.renamed manifests.yaml:3 The name is `chats` in pawl: names there are DNS labels of at most 63 characters.',
    'ignored import.ignored manifests.yaml:6 Memories are kept in the database of pawl: there is no host to name.',
    'flagged import.store manifests.yaml:5 Redis becomes `postgres`: sessions are kept in the database of pawl.',
  ]);
});

test('what the published schema does not know is refused at its place', () => {
  const { said, resources } = importTexts(memory.replace('maxHistory', 'maxHistroy'));
  expect(resources).toEqual([]);
  expect(said).toContain(
    'refused import.schema manifests.yaml:8 `spec.maxHistroy` is not a field of Memory in kagent.dev/v1alpha1.',
  );
});
