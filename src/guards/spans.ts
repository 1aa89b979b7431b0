/** A part of a text, in UTF-16 units, and what stands in its place. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** Of spans that overlap, the strongest names the whole; then the longest, then the first. */
  readonly strength: number;
}

/** The text with every span replaced. Spans that overlap become one, so that none leaves a half of another standing. */
export function maskSpans(text: string, spans: readonly Span[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, replacement } of joined(spans)) {
    parts.push(text.slice(at, start), replacement);
    at = end;
  }
  return parts.join('') + text.slice(at);
}

function joined(spans: readonly Span[]): readonly Span[] {
  const groups: { start: number; end: number; strongest: Span }[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = groups.at(-1);
    if (last === undefined || span.start >= last.end) {
      groups.push({ start: span.start, end: span.end, strongest: span });
      continue;
    }
    last.end = Math.max(last.end, span.end);
    if (isStronger(span, last.strongest)) last.strongest = span;
  }
  return groups.map(({ start, end, strongest }) => ({ ...strongest, start, end }));
}

function isStronger(a: Span, b: Span): boolean {
  return a.strength > b.strength || (a.strength === b.strength && a.end - a.start > b.end - b.start);
}

/** Where each code point of a text begins in UTF-16 units, and where the last one ends: services count code points. */
export function codePointOffsets(text: string): readonly number[] {
  const offsets: number[] = [];
  let at = 0;
  for (const point of text) {
    offsets.push(at);
    at += point.length;
  }
  offsets.push(at);
  return offsets;
}
