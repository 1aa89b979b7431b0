import type { Json } from '../../json.ts';
import { secretKind } from '../../secret-literal.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { orlojSecret } from './secret-reference.ts';

/** Variables of a program: those with values, and those of Secrets. */
export function environmentOf(
  values: readonly (readonly [string, ForeignNode])[],
  secrets: readonly ForeignNode[],
  conversion: Conversion,
): Json[] {
  return [
    ...values.map(([name, node]) => literal(name, node, conversion)),
    ...secrets.flatMap((node): Json[] => {
      const name = node.get('name').text() ?? '';
      const secretRef = orlojSecret(node.get('secretRef'), conversion, node.get('key').text());
      return secretRef === undefined ? [] : [{ name, secretRef }];
    }),
  ];
}

/** A value in place; one that looks like a credential is not carried over, and becomes a Secret of its own. */
export function literal(name: string, node: ForeignNode, conversion: Conversion): Json {
  const value = node.text() ?? '';
  if (secretKind(value) === undefined) return { name, value };
  node.flag('import.secret_value', 'The value looks like a credential. It is not carried over: set another one.');
  const { document } = node;
  const secretRef = conversion.secretKey(node, { name: `${document.name}-env`, key: name });
  return { name, secretRef };
}
