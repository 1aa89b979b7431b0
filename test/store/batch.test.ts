import { expect, test } from 'vitest';
import { writeBatches, writeColumns } from '../../src/store/batch.ts';

const many = 5_000;

test('batches are written one after the other, whole and in order', async () => {
  const written: string[][] = [];
  let open = 0;
  await writeBatches(
    Array.from({ length: many }, (_, at) => `row ${at}`),
    async (batch) => {
      open += 1;
      expect(open).toBe(1);
      await new Promise(setImmediate);
      written.push(JSON.parse(batch) as string[]);
      open -= 1;
    },
  );
  expect(written.length).toBeGreaterThan(1);
  expect(written.flat()).toEqual(Array.from({ length: many }, (_, at) => `row ${at}`));
});

test('what fails to be written is told, and nothing is written after it', async () => {
  let calls = 0;
  const writing = writeBatches(Array.from({ length: many }).keys(), async () => {
    calls += 1;
    throw new Error('the disk is full');
  });
  await expect(writing).rejects.toThrow('the disk is full');
  expect(calls).toBe(1);
});

test('a row that cannot be made is told, with nothing left behind unheard', async () => {
  function* rows() {
    for (let at = 0; at < 3_000; at += 1) yield at;
    throw new TypeError('this row has no digest');
  }
  const writing = writeBatches(rows(), () => Promise.reject(new Error('the database is away')));
  await expect(writing).rejects.toThrow('this row has no digest');
});

test('a text with the sign that stands between texts is refused, and not torn', async () => {
  let calls = 0;
  const writing = writeColumns(
    [
      ['a', '{}'],
      ['b', '{"torn":"\u001e"}'],
    ],
    async () => void (calls += 1),
  );
  await expect(writing).rejects.toThrow('a text holds the sign that stands between texts');
  expect(calls).toBe(0);
});
