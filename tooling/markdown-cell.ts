/** What a table of GitHub takes: one line, and no bar or tag outside code. */
export function cell(text: string): string {
  const parts = text.replaceAll(/\s+/g, ' ').split(/(`[^`]*`)/);
  return parts
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;')))
    .join('')
    .replaceAll('|', '\\|');
}
