import { neutral } from './neutral.ts';
import { maskSecrets, secretKind } from './secret-literal.ts';

const charactersMax = 80;

/** What an author wrote, as a message may repeat it: short, on one line, and never a credential. */
export function shownText(text: string): string {
  if (secretKind(text) !== undefined) return '•••';
  const safe = neutral(maskSecrets(text));
  return safe.length > charactersMax ? `${safe.slice(0, charactersMax - 1)}…` : safe;
}
