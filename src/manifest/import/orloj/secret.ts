import { addressOf } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignKind } from '../dialect.ts';
import { ignored, mapped } from '../field-table.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { orlojMetadata, orlojVersions } from './orloj-metadata.ts';

/** The key under which Orloj looks up the value of a Secret that something refers to by name. */
export const valueKey = 'value';

/** Values that stand in the file, base64 or plain. They are not read: pawl keeps no value in Git. */
export const secret: ForeignKind = {
  kind: 'Secret',
  apiVersions: orlojVersions,
  fields: {
    ...orlojMetadata,
    'spec.data.*': mapped('string', 'the name in `Secret.spec.keys`; the value is not read'),
    'spec.stringData.*': mapped('string', 'the name in `Secret.spec.keys`; the value is not read'),
  },
  fate: {
    fate: 'mapped',
    becomes: 'Secret',
    convert(document, conversion) {
      const { spec } = document;
      const keys = [...keysOf(spec.get('data')), ...keysOf(spec.get('stringData'))];
      for (const [, node] of keys)
        node.flag('import.secret_value', 'The value stood in the file, so it is known: set another one.');
      declare(document, conversion, keys);
    },
  },
};

/** Ciphertext that only the private key in Orloj's database opens. */
export const sealedSecret: ForeignKind = {
  kind: 'SealedSecret',
  apiVersions: orlojVersions,
  fields: {
    ...orlojMetadata,
    'spec.encryptedData.*': mapped('any', 'the name in `Secret.spec.keys`; the ciphertext is not carried over'),
    'spec.template.labels': ignored('any', 'The Secret gets the labels of the SealedSecret.'),
    'spec.template.annotations': ignored('any', 'The Secret gets the annotations of the SealedSecret.'),
  },
  fate: {
    fate: 'mapped',
    becomes: 'Secret',
    convert(document, conversion) {
      const keys = keysOf(document.spec.get('encryptedData'));
      for (const [, node] of keys)
        node.flag('import.sealed', 'Only the key in the database of Orloj opens the ciphertext: set the value anew.');
      declare(document, conversion, keys);
    },
  },
};

type Keys = readonly (readonly [string, ForeignNode])[];

function keysOf(node: ForeignNode): Keys {
  return node.entries().filter(([, { exists }]) => exists);
}

function declare(document: ForeignDocument, conversion: Conversion, keys: Keys): void {
  if (keys.length === 0)
    return document.spec.refuse({ message: 'The Secret has no key.', help: 'Name its keys, or remove it.' });
  const { labels, annotations } = document;
  for (const [key, node] of keys) {
    document.markRead(node.path);
    const { name } = conversion.secretKey(node, { name: document.name, key });
    const address = addressOf({ kind: 'Secret', namespace: conversion.estate.namespaceOf(document.namespace), name });
    const made = conversion.emitted.get(address);
    if (made !== undefined) conversion.emitted.set(address, { ...made, labels, annotations });
  }
}
