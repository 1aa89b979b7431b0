import type { JsonObject } from '../../json.ts';
import { shownText } from '../../shown.ts';
import type { Conversion } from '../conversion.ts';
import { isCredential } from '../credential.ts';
import type { ForeignNode } from '../foreign.ts';

/**
 * A value that stands in the manifest: in place, or as a reference to a Secret where it looks like a credential. The
 * credential itself goes nowhere.
 */
export function literalValue(conversion: Conversion, node: ForeignNode, name: string): JsonObject {
  const value = node.text() ?? '';
  if (!isCredential(name, value) && !credentialNames.test(name)) return { value };
  node.flag(
    'import.secret_value',
    `The value of \`${shownText(name)}\` looks like a credential in the manifest: it became a Secret to set. Replace it, for it has been in a file.`,
  );
  const secret = `${conversion.identityOf(node.document).name}-values`;
  return { secretRef: conversion.secretKey(node, { name: secret, key: name.replaceAll(/[^A-Za-z0-9_.-]/g, '_') }) };
}

const credentialNames = /^(authorization|proxy-authorization|cookie|x-api-key|api-key)$/i;
