/** What Helm fills in, as far as the texts alone tell. */
const helmOnly =
  /^\{\{-?\s*(?:\/\*|\$|\.(?:Values|Release|Chart|Capabilities|Files|Template)\b|(?:if|else|end|range|with|define|block|template|include|tpl|toYaml|required|printf|lookup|default)\b)/;

/**
 * Whether a file is a template of Helm's and no manifest yet: an expression stands where YAML has structure, or a text
 * holds one that only Helm knows. Prompts that hold `{{ … }}` of their own are texts like any other.
 */
export function isHelmTemplate(text: string): boolean {
  if (!text.includes('{{')) return false;
  for (const line of structuralLines(text)) {
    const bare = withoutQuoted(line);
    for (let at = bare.indexOf('{{'); at >= 0; at = bare.indexOf('{{', at + 2)) {
      if (helmOnly.test(bare.slice(at)) || /^\s*(?:-\s+|[^\s{][^{]*:\s+)*$/.test(bare.slice(0, at))) return true;
    }
  }
  return false;
}

/** Lines that are neither comments nor within a block of text, where braces mean nothing. */
function* structuralLines(text: string): Generator<string> {
  let block: number | undefined;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const indent = line.length - line.trimStart().length;
    if (block !== undefined && indent > block) continue;
    block = undefined;
    if (line.trimStart().startsWith('#')) continue;
    yield line;
    if (/(?:^|[\s:-])[|>][-+\d]{0,2}\s*(?:#.*)?$/.test(line)) block = indent;
  }
}

/** Quoted texts are values, whatever they hold. */
function withoutQuoted(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'/g, '""').replace(/(?:^|\s)["'].*$/, '');
}
