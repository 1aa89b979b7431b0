import { secretKind } from '../../secret-literal.ts';
import { namedSecret } from '../../secret-name.ts';
import type { ForeignNode } from '../foreign.ts';

/** Says of variables whose values look like credentials that they are known now; the values go nowhere. */
export function flagLiteralSecrets(env: ForeignNode): void {
  for (const entry of env.items()) {
    const { value } = entry.get('value');
    const { value: name } = entry.get('name');
    if (typeof value === 'string' && isSecret(typeof name === 'string' ? name : '', value))
      entry
        .get('value')
        .flag('import.secret_value', 'A credential stands in the file, so it is known: replace it where it is used.');
  }
}

export function isSecret(name: string, value: string): boolean {
  return namedSecret(name, value) !== undefined || secretKind(value) !== undefined;
}
