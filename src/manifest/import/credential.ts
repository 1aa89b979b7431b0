import { secretKind } from '../secret-literal.ts';
import { namedSecret } from '../secret-name.ts';
import { shownText } from '../shown.ts';
import type { ForeignNode } from './foreign.ts';

/** Whether a value looks like a credential, by itself or by the name that it has. */
export function isCredential(name: string, value: string): boolean {
  return secretKind(value) !== undefined || namedSecret(name, value) !== undefined;
}

/** Says which variables of a list hold a credential in the manifest; the values go nowhere. */
export function flagCredentials(env: ForeignNode): void {
  for (const entry of env.items()) {
    const [name, value] = [entry.get('name').value, entry.get('value').value];
    if (typeof value !== 'string' || !isCredential(typeof name === 'string' ? name : '', value)) continue;
    const what = typeof name === 'string' ? `The value of \`${shownText(name)}\`` : 'The value';
    const message = `${what} looks like a credential in the manifest: replace it, for it has been in a file.`;
    entry.get('value').flag('import.secret_value', message);
  }
}
