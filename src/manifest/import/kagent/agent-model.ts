import { addressOf, type Identity } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import { foreignKey } from '../foreign-estate.ts';
import type { ForeignNode } from '../foreign.ts';

/** The ModelConfig of whoever names none; the chart of kagent installs it. */
const nameDefault = 'default-model-config';

/** What the chart installs where nobody tells it another model. */
const chart = { provider: 'openai', model: 'gpt-4.1-mini' } as const;
const chartKey = { name: 'kagent-openai', key: 'OPENAI_API_KEY' } as const;

/** The `modelRef` of an agent. */
export function importedModel(
  conversion: Conversion,
  node: ForeignNode,
  named: { readonly namespace: string; readonly name: string },
): string {
  const { namespace } = named;
  const name = named.name === '' ? nameDefault : named.name;
  if (
    name === nameDefault &&
    conversion.estate.find(foreignKey('ModelConfig', namespace, name), node.document) === undefined
  )
    return assumedModel(conversion, node, namespace);
  return conversion.refer(node, { kinds: ['ModelConfig'], namespace, name, as: 'ModelEndpoint' });
}

// One for each namespace, whoever asks for it first.
const assumed = new WeakMap<Conversion, Map<string, Identity>>();

/** kagent's own default is in no repository: what its chart writes stands in for it, and is said. */
function assumedModel(conversion: Conversion, node: ForeignNode, foreignNamespace: string): string {
  const namespace = conversion.estate.namespaceOf(foreignNamespace);
  const known = assumed.get(conversion) ?? new Map<string, Identity>();
  assumed.set(conversion, known);
  node.flag(
    'import.assumed',
    `The ModelConfig \`${nameDefault}\` comes with kagent’s chart and is in none of the files: the chart’s own default is written, ${chart.model} of OpenAI.`,
  );
  const made = known.get(namespace);
  const identity = made ?? {
    kind: 'ModelEndpoint',
    namespace,
    name: conversion.freeName('ModelEndpoint', namespace, nameDefault),
  };
  const secretRef = conversion.secretKey(node, { namespace: foreignNamespace, ...chartKey });
  if (made === undefined) {
    known.set(namespace, identity);
    const own = { name: secretRef.name.replace(/^.*\//, ''), key: secretRef.key };
    const spec = { ...chart, auth: { secretRef: own } };
    const remarks = ['In none of the files: what the chart of kagent installs where it is told no other model.'];
    conversion.emit(node.document, { ...identity, spec, remarks });
  } else {
    const from = conversion.emitted.get(addressOf(identity))?.from;
    if (from?.includes(node.document) === false) from.push(node.document);
  }
  return conversion.mention(node, identity);
}
