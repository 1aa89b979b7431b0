/** What git separates by NUL. */
export function* recordsOf(output: Buffer): Generator<string> {
  let start = 0;
  for (let end = output.indexOf(0); end !== -1; end = output.indexOf(0, start)) {
    yield output.toString('utf8', start, end);
    start = end + 1;
  }
}
