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
