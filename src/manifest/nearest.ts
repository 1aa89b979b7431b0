/** The candidate that a typing mistake most likely meant, if one is near enough to be worth saying. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > wordCharactersMax) return undefined;
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const distance = word.toLowerCase() === candidate.toLowerCase() ? 0 : editDistance(word, candidate);
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

/** `did you mean …?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const candidate = nearest(word, candidates);
  return candidate === undefined ? undefined : `Did you mean \`${candidate}\`?`;
}

/** Longer words are no names: measuring them against thousands of candidates would take seconds. */
const wordCharactersMax = 128;

/** Levenshtein, with the swap of two neighbours counted as one. */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[line - 1] === to[column - 1];
      let cost = Math.min((row[column - 1] ?? 0) + (same ? 0 : 1), (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1);
      const swapped = line > 1 && column > 1 && from[line - 1] === to[column - 2] && from[line - 2] === to[column - 1];
      if (swapped) cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? to.length;
}
