/** A character that a reader cannot see, or that turns what stands around it. */
export interface HiddenCharacter {
  /** `U+202E`. */
  readonly character: string;
  /** As Unicode names it, or the class that it belongs to: `RIGHT-TO-LEFT OVERRIDE`. */
  readonly name: string;
  readonly count: number;
}

/**
 * The hidden characters of a text, by code point. What ordinary writing needs is not among them: line breaks and tabs,
 * the selector and the joiner within an emoji, and joiners between letters of scripts that join.
 */
export function hiddenCharacters(text: string): readonly HiddenCharacter[] {
  return sorted(countsOf(text));
}

/** Of those, what the second text has more of than the first: `count` is how many more. */
export function hiddenBrought(before: string, after: string): readonly HiddenCharacter[] {
  const had = countsOf(before);
  const brought = new Map<number, number>();
  for (const [point, count] of countsOf(after)) {
    const more = count - (had.get(point) ?? 0);
    if (more > 0) brought.set(point, more);
  }
  return sorted(brought);
}

// Cf holds the bidirectional controls, zero-width characters, tags and the soft hyphen; the other ignorable ones are
// fillers and selectors, which can carry bytes that nobody sees. Unassigned characters are left out: which they are
// differs between versions of Node, and the newest emoji are among them.
const hidden =
  /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]|\p{Default_Ignorable_Code_Point}|[\u2800\u3164\uffa0]/gu;

// Almost all text is plain: one cheap test spares it the look at each character's class.
const mayHide = /[^\t\n\r\u0020-\u007e]/;

function countsOf(text: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  if (!mayHide.test(text)) return counts;
  for (const match of text.matchAll(hidden)) {
    const point = match[0].codePointAt(0) ?? 0;
    if (isOrdinary(text, match.index, point)) continue;
    counts.set(point, (counts.get(point) ?? 0) + 1);
  }
  return counts;
}

const emojiBefore = /(?:\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?|[#*0-9])$/u;
const emojiAfter = /^\p{Extended_Pictographic}/u;
const joiningBefore =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Mongolian}]$/u;
const letterAfter = /^[\p{L}\p{M}]/u;

/** Looked at by the neighbours alone, so that a long text costs its length. */
function isOrdinary(text: string, at: number, point: number): boolean {
  const before = text.slice(Math.max(0, at - 4), at);
  const after = text.slice(at + 1, at + 3);
  if (point === 0xfe0f) return emojiBefore.test(before);
  if (point === 0x200d && emojiBefore.test(before) && emojiAfter.test(after)) return true;
  return (point === 0x200c || point === 0x200d) && joiningBefore.test(before) && letterAfter.test(after);
}

function sorted(counts: ReadonlyMap<number, number>): readonly HiddenCharacter[] {
  return Array.from(counts)
    .sort(([a], [b]) => a - b)
    .map(([point, count]) => ({ character: notation(point), name: nameOf(point), count }));
}

function notation(point: number): string {
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
}

function nameOf(point: number): string {
  const name = names[point];
  if (name !== undefined) return name;
  return classes.find(([first, last]) => point >= first && point <= last)?.[2] ?? classOf(String.fromCodePoint(point));
}

function classOf(character: string): string {
  return /\p{Co}/u.test(character) ? 'PRIVATE USE CHARACTER' : 'INVISIBLE CHARACTER';
}

const names: Readonly<Record<number, string>> = {
  0x00: 'NULL',
  0x07: 'BELL',
  0x08: 'BACKSPACE',
  0x1b: 'ESCAPE',
  0x7f: 'DELETE',
  0x85: 'NEXT LINE',
  0x9b: 'CONTROL SEQUENCE INTRODUCER',
  0xad: 'SOFT HYPHEN',
  0x34f: 'COMBINING GRAPHEME JOINER',
  0x61c: 'ARABIC LETTER MARK',
  0x115f: 'HANGUL CHOSEONG FILLER',
  0x1160: 'HANGUL JUNGSEONG FILLER',
  0x180e: 'MONGOLIAN VOWEL SEPARATOR',
  0x200b: 'ZERO WIDTH SPACE',
  0x200c: 'ZERO WIDTH NON-JOINER',
  0x200d: 'ZERO WIDTH JOINER',
  0x200e: 'LEFT-TO-RIGHT MARK',
  0x200f: 'RIGHT-TO-LEFT MARK',
  0x2028: 'LINE SEPARATOR',
  0x2029: 'PARAGRAPH SEPARATOR',
  0x202a: 'LEFT-TO-RIGHT EMBEDDING',
  0x202b: 'RIGHT-TO-LEFT EMBEDDING',
  0x202c: 'POP DIRECTIONAL FORMATTING',
  0x202d: 'LEFT-TO-RIGHT OVERRIDE',
  0x202e: 'RIGHT-TO-LEFT OVERRIDE',
  0x2060: 'WORD JOINER',
  0x2061: 'FUNCTION APPLICATION',
  0x2062: 'INVISIBLE TIMES',
  0x2063: 'INVISIBLE SEPARATOR',
  0x2064: 'INVISIBLE PLUS',
  0x2066: 'LEFT-TO-RIGHT ISOLATE',
  0x2067: 'RIGHT-TO-LEFT ISOLATE',
  0x2068: 'FIRST STRONG ISOLATE',
  0x2069: 'POP DIRECTIONAL ISOLATE',
  0x2800: 'BRAILLE PATTERN BLANK',
  0x3164: 'HANGUL FILLER',
  0xfeff: 'ZERO WIDTH NO-BREAK SPACE',
  0xffa0: 'HALFWIDTH HANGUL FILLER',
};

const classes: readonly (readonly [first: number, last: number, name: string])[] = [
  [0x00, 0x1f, 'CONTROL CHARACTER'],
  [0x7f, 0x9f, 'CONTROL CHARACTER'],
  [0x180b, 0x180f, 'MONGOLIAN FREE VARIATION SELECTOR'],
  [0x206a, 0x206f, 'DEPRECATED FORMATTING CHARACTER'],
  [0xd800, 0xdfff, 'LONE SURROGATE'],
  [0xfe00, 0xfe0f, 'VARIATION SELECTOR'],
  [0xfff9, 0xfffb, 'INTERLINEAR ANNOTATION CHARACTER'],
  [0xe0000, 0xe007f, 'TAG CHARACTER'],
  [0xe0100, 0xe01ef, 'VARIATION SELECTOR'],
];
