import { setImmediate as turn } from 'node:timers/promises';

const rowsMax = 2_000;
const bytesMax = 4 << 20;

/**
 * Rows as JSON texts for `json_to_recordset`, each bounded in rows and in size: ten thousand rows take a few
 * statements, and no statement takes much memory on either side.
 */
export function* batches(rows: Iterable<unknown>): Generator<string> {
  let texts: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    const text = JSON.stringify(row);
    texts.push(text);
    bytes += text.length;
    if (texts.length < rowsMax && bytes < bytesMax) continue;
    yield `[${texts.join()}]`;
    texts = [];
    bytes = 0;
  }
  if (texts.length > 0) yield `[${texts.join()}]`;
}

/** Writes rows in batches, one after the other; each is made while the database writes the one before. */
export async function writeBatches(rows: Iterable<unknown>, write: (batch: string) => Promise<unknown>): Promise<void> {
  let writing: Promise<unknown> = Promise.resolve();
  for (const batch of batches(rows)) {
    await writing;
    writing = write(batch);
    // Whoever waits for it hears of its failure; making the next batch may fail first.
    writing.catch(() => undefined);
    // The statement is on its way before the next batch takes the thread.
    await turn();
  }
  await writing;
}
