import { expect, test } from 'vitest';
import { checkVector } from '../../src/cli/check-vector.ts';

test('the doctor says how memories are searched, and where something is missing the line to run', () => {
  expect(checkVector('ready')).toEqual({
    name: 'pgvector',
    state: 'ok',
    detail: 'memories can be searched by meaning',
  });
  expect(checkVector('absent')).toMatchObject({ state: 'ok', detail: expect.stringContaining('searched by words') });
  expect(checkVector('available')).toMatchObject({
    state: 'warning',
    help: 'Run `pawl migrate`, or let an administrator run `create extension if not exists vector` in the database.',
  });
});
