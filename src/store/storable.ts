const unstorable = /[\u0000\uD800-\uDFFF]/;

/** Text can hold neither a NUL nor half of a surrogate pair: each becomes the character that stands for what is none. */
export function storable(text: string): string {
  if (!unstorable.test(text)) return text;
  return Buffer.from(text, 'utf8').toString('utf8').replaceAll('\u0000', '\uFFFD');
}
