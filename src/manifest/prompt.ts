import type { Finding } from './text.ts';

/** Joiners between pictographs make one emoji of several; anywhere else they cannot be seen. */
const hidden =
  /(?<!\p{Extended_Pictographic}\ufe0f?)\u200d|[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]|[^\P{Cc}\t\n\r]/u;

/** What is wrong with the text of a prompt. */
export function promptFinding(prompt: string): (Finding & { readonly offset: number }) | undefined {
  const placeholder = prompt.indexOf('{{');
  if (placeholder >= 0) {
    const message = 'A placeholder (`{{`) is not supported by this build, which lacks agent inputs.';
    return {
      code: 'manifest.unsupported',
      message,
      offset: placeholder,
      help: 'Write the text out; what a node is given comes as its input.',
    };
  }
  const found = hidden.exec(prompt);
  if (found === null) return undefined;
  const point = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const message = `The prompt holds an invisible character (U+${point}), which a model reads and a reviewer does not see.`;
  return {
    code: 'prompt.hidden_character',
    severity: 'warning',
    message,
    offset: found.index,
    help: 'Remove it, or write what it stands for.',
  };
}
