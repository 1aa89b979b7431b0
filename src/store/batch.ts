import { setImmediate as turn } from 'node:timers/promises';
import { type RawBuilder, sql } from 'kysely';

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
  await writeEach(batches(rows), write);
}

/**
 * The same of rows of texts without characters below U+0020, as canonical JSON, digests and numbers are: `write` is given
 * them as a table. Within JSON a long text is escaped here, and read twice there.
 */
export async function writeColumns(
  rows: Iterable<readonly string[]>,
  write: (table: RawBuilder<unknown>) => Promise<unknown>,
): Promise<void> {
  await writeEach(columnBatches(rows), (columns) => write(tableOf(columns)));
}

async function writeEach<Batch>(made: Iterable<Batch>, write: (batch: Batch) => Promise<unknown>): Promise<void> {
  let writing: Promise<unknown> = Promise.resolve();
  for (const batch of made) {
    await writing;
    writing = write(batch);
    // Whoever waits for it hears of its failure; making the next batch may fail first.
    writing.catch(() => undefined);
    // The statement is on its way before the next batch takes the thread.
    await turn();
  }
  await writing;
}

/** Stands between two texts of a column. */
const separator = '\u001e';

/** One text for each column. */
function* columnBatches(rows: Iterable<readonly string[]>): Generator<readonly string[]> {
  let columns: string[][] = [];
  let [count, bytes] = [0, 0];
  for (const row of rows) {
    for (const [at, text] of row.entries()) {
      if (text.includes(separator)) throw new TypeError('a text holds the sign that stands between texts');
      (columns[at] ??= []).push(text);
      bytes += text.length;
    }
    count += 1;
    if (count < rowsMax && bytes < bytesMax) continue;
    yield columns.map((texts) => texts.join(separator));
    columns = [];
    [count, bytes] = [0, 0];
  }
  if (count > 0) yield columns.map((texts) => texts.join(separator));
}

function tableOf(columns: readonly string[]): RawBuilder<unknown> {
  return sql`rows from (${sql.join(columns.map((texts) => sql`string_to_table(${texts}::text, chr(30))`))})`;
}
