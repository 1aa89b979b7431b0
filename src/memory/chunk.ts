/** About three hundred tokens: enough to stand by itself, and few enough that a search gives the place and not the book. */
const chunkCharacters = 1_200;
/** A part that is at least this long may end where a paragraph does. */
const chunkCharactersMin = 400;

/**
 * The parts of a text, which put together are the text. Each ends where a paragraph does if one ends in its second half,
 * else a line, a sentence, a word; never within a character.
 */
export function chunksOf(text: string): readonly string[] {
  const chunks: string[] = [];
  for (let from = 0; from < text.length; ) {
    const to = endOf(text, from);
    chunks.push(text.slice(from, to));
    from = to;
  }
  return chunks;
}

const boundaries = ['\n\n', '\n', '. ', ' '] as const;

function endOf(text: string, from: number): number {
  const most = from + chunkCharacters;
  if (most >= text.length) return text.length;
  for (const boundary of boundaries) {
    const at = text.lastIndexOf(boundary, most - boundary.length);
    if (at >= from + chunkCharactersMin) return at + boundary.length;
  }
  const isWithin = /[\uD800-\uDBFF]/.test(text.charAt(most - 1)) && /[\uDC00-\uDFFF]/.test(text.charAt(most));
  return isWithin ? most - 1 : most;
}
