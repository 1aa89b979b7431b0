import fc from 'fast-check';

const surrogates = { from: 0xd800, count: 0x800 };

const asciiCharacter = fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCodePoint(code));
const anyCharacter = fc
  .integer({ min: 0, max: 0x10ffff - surrogates.count })
  .map((code) => String.fromCodePoint(code < surrogates.from ? code : code + surrogates.count));

/**
 * Text of any characters, every second one of ASCII with its control characters. For `unit: 'binary'` fast-check builds
 * a table, which takes over a second of a core in each process, and hardly ever draws ASCII.
 */
export function anyText(maxLength?: number): fc.Arbitrary<string> {
  const unit = fc.oneof(asciiCharacter, anyCharacter);
  return fc.string(maxLength === undefined ? { unit } : { unit, maxLength });
}
