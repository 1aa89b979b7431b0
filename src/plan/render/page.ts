import pc from 'picocolors';

export type Paint = (text: string) => string;
export type Colors = ReturnType<typeof pc.createColors>;

/** Lines of output of a given width. Text comes in already neutral; wrapping and colour are done here and only here. */
export interface Page {
  readonly colors: Colors;
  blank(): void;
  /** A line that is never wrapped or coloured, so that scripts can rely on its bytes. */
  exact(text: string): void;
  /** `mark text` at an indent; what does not fit goes on beneath the text. */
  line(indent: number, text: string, style?: LineStyle): void;
  text(): string;
}

export interface LineStyle {
  readonly mark?: string;
  /** Colours the mark, or the whole line where there is none or `whole` is set. */
  readonly paint?: Paint;
  readonly whole?: boolean;
  /** How far what is wrapped stands in, where there is no mark: no text from outside may begin a line. */
  readonly hang?: number;
}

export function page(options: { readonly width: number; readonly color: boolean }): Page {
  const lines: string[] = [];
  return {
    colors: pc.createColors(options.color),
    blank: () => void lines.push(''),
    exact: (text) => void lines.push(text),
    line: (indent, text, { mark, paint = plain, whole = mark === undefined, hang: hanging = 0 } = {}) => {
      const margin = ' '.repeat(indent);
      const hang = ' '.repeat(mark === undefined ? hanging : mark.length + 1);
      const pieces = wrap(text, options.width - indent - hang.length);
      for (const [index, piece] of pieces.entries()) {
        const lead = index > 0 ? hang : mark === undefined ? '' : `${paint(mark)} `;
        lines.push(`${margin}${lead}${whole && piece !== '' ? paint(piece) : piece}`.trimEnd());
      }
    },
    text: () => `${lines.join('\n')}\n`,
  };
}

/** Pieces of at most `width` characters, broken at spaces where there are any, else within words where they are joined. */
export function wrap(text: string, width: number): readonly string[] {
  const characters = Array.from(text);
  const pieces: string[] = [];
  let start = 0;
  while (characters.length - start > width) {
    const space = start + characters.slice(start, start + width + 1).lastIndexOf(' ');
    // A break far to the left wastes the line: a long word is cut instead.
    const isWasted = space <= start + width / 2;
    const end = isWasted ? start + jointWithin(characters.slice(start, start + width)) : space;
    pieces.push(characters.slice(start, end).join(''));
    start = characters[end] === ' ' ? end + 1 : end;
  }
  return [...pieces, characters.slice(start).join('')];
}

/** Where a long word is cut: after the last sign that joins its parts, unless that wastes the line. */
function jointWithin(characters: readonly string[]): number {
  const joint = characters.findLastIndex((character) => joints.has(character)) + 1;
  return joint > characters.length / 2 ? joint : characters.length;
}

const joints: ReadonlySet<string> = new Set('/.-_:#,;=');

function plain(text: string): string {
  return text;
}
