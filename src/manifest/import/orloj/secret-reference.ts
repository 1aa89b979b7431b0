import { addressOf } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignNode } from '../foreign.ts';
import { orlojName } from './orloj-name.ts';
import { valueKey } from './secret.ts';

/**
 * What a `secretRef` of Orloj names, as `secretRef` of pawl: `name`, `namespace/name`, with `:key` where it is not the
 * key `value`. Undefined where nothing is written.
 */
export function orlojSecret(
  node: ForeignNode,
  conversion: Conversion,
  key?: string,
): { readonly name: string; readonly key: string } | undefined {
  const text = node.text()?.trim() ?? '';
  if (text === '') return undefined;
  const [reference = '', written] = text.split(':');
  const { namespace = node.document.namespace, name } = orlojName(reference);
  const ref = conversion.secretKey(node, { namespace, name, key: key ?? written ?? valueKey });
  const address = addressOf({
    kind: 'Secret',
    namespace: conversion.estate.namespaceOf(namespace),
    name: ref.name.split('/').at(-1) ?? '',
  });
  const remarks = conversion.emitted.get(address)?.remarks;
  const remark = `Where no Secret was found, Orloj read the variable \`${fallbackVariable(name)}\` of its workers.`;
  if (remarks !== undefined && !remarks.includes(remark)) remarks.push(remark);
  return ref;
}

function fallbackVariable(name: string): string {
  return `ORLOJ_SECRET_${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}`;
}
