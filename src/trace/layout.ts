/** One field of a line. Empty text is left out; `words` may break between words, anything else stays in one piece. */
export interface Part {
  readonly text: string;
  readonly paint?: (text: string) => string;
  readonly words?: boolean;
}

export interface Frame {
  readonly first: string;
  /** Before each further line. */
  readonly rest: string;
  readonly width: number;
}

const gap = '  ';

/** Sets fields side by side, and goes on below where the width ends. What is wider than a line is cut with an ellipsis. */
export function lines(parts: readonly Part[], frame: Frame): string[] {
  const done: string[] = [];
  let line = frame.first;
  let used = columns(frame.first);
  let isFresh = true;
  for (const { text, paint, separator } of pieces(parts)) {
    const clipped = clip(text, Math.max(8, frame.width - columns(frame.rest)));
    const room = isFresh ? 0 : separator.length;
    if (!isFresh && used + room + columns(clipped) > frame.width) {
      done.push(line);
      line = frame.rest;
      used = columns(frame.rest);
      isFresh = true;
    }
    line += (isFresh ? '' : separator) + (paint?.(clipped) ?? clipped);
    used += (isFresh ? 0 : separator.length) + columns(clipped);
    isFresh = false;
  }
  return [...done, line];
}

function* pieces(parts: readonly Part[]): Generator<Part & { readonly separator: string }> {
  for (const part of parts) {
    if (part.text === '') continue;
    const texts = part.words === true ? part.text.split(' ') : [part.text];
    for (const [index, text] of texts.entries()) yield { ...part, text, separator: index === 0 ? gap : ' ' };
  }
}

function clip(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let clipped = '';
  let used = 1;
  for (const character of text) {
    used += columns(character);
    if (used > width) break;
    clipped += character;
  }
  return `${clipped}…`;
}

/** Columns on a terminal: East Asian wide characters and pictographs take two. */
function columns(text: string): number {
  let count = 0;
  for (const character of text) count += wide.test(character) ? 2 : mark.test(character) ? 0 : 1;
  return count;
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const mark = /\p{Mark}/u;

/** Time between two instants as people say it; nothing while one of them is missing. */
export function duration(startedAt: string | undefined, endedAt: string | undefined): string {
  if (startedAt === undefined || endedAt === undefined) return '';
  const ms = Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

/** `12345` as `12,345`, whatever the machine's locale. */
export function amount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Micro-USD as dollars: cents at least, and no digit of what a cheap call costs lost. */
export function usd(microUsd: number): string {
  const [whole = '0', fraction = ''] = (microUsd / 1_000_000).toFixed(6).split('.');
  return `$${amount(Number(whole))}.${fraction.replace(/0{1,4}$/, '')}`;
}
