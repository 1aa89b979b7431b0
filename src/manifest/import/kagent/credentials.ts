import { secretKind } from '../../secret-literal.ts';
import { namedSecret } from '../../secret-name.ts';
import { shownText } from '../../shown.ts';
import type { ForeignNode } from '../foreign.ts';

/** Says which variables hold a credential in the manifest; the values go nowhere. */
export function flagCredentials(env: ForeignNode): void {
  for (const entry of env.items()) {
    const [name, value] = [entry.get('name').value, entry.get('value').value];
    if (typeof name !== 'string' || typeof value !== 'string' || !isCredential(name, value)) continue;
    const message = `The value of \`${shownText(name)}\` looks like a credential in the manifest: replace it, for it has been in a file.`;
    entry.get('value').flag('import.secret_value', message);
  }
}

function isCredential(name: string, value: string): boolean {
  return secretKind(value) !== undefined || namedSecret(name, value) !== undefined;
}
