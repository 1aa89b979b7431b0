/** A prompt whose braces stand for themselves: in pawl two of them would begin a placeholder. */
export function literalPrompt(text: string): string {
  return text.replaceAll(/(\\*)\{\{/g, (_, slashes: string) => `${slashes}${slashes}\\{{`);
}
