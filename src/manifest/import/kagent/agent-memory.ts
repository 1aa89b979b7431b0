import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import { shownText } from '../../shown.ts';
import type { ForeignNode } from '../foreign.ts';
import { foreignKey } from '../foreign-estate.ts';
import { providerDefault } from './model-config-rules.ts';

/** What kagent keeps memories with: fixed there, written out here. */
const dimensions = 768;
const minScore = 0.3;
const ttlDaysDefault = 15;
const ttlDaysMax = 9999;

/**
 * The memory of an agent as a Memory of its own. kagent keeps one for each user of an agent, and pawl one for all: what
 * one user said must not reach another, so that the agent is given the sessions and none of the long term.
 */
export function importedMemory(conversion: Conversion, memory: ForeignNode): JsonObject | undefined {
  if (!memory.exists) return undefined;
  const { document } = memory;
  const { namespace, name } = conversion.identityOf(document);
  const identity = {
    kind: 'Memory',
    namespace,
    name: conversion.freeName('Memory', namespace, `${name}-memory`),
  } as const;
  const embedding = embeddingOf(memory.get('modelConfig'), conversion);
  const ttl = `${Math.min(memory.get('ttlDays').number() ?? ttlDaysDefault, ttlDaysMax)}d`;
  conversion.emit(document, {
    ...identity,
    spec: {
      description: `What ${name} remembers.`,
      type: 'postgres',
      longTerm: { ...embedding, ttl },
    },
    remarks: [
      'kagent asks the embedding model for 768 numbers, leaves out what scores below 0.3, and keeps it 15 days.',
    ],
  });
  memory.flag(
    'import.memory_scope',
    'kagent keeps memories of each user apart; a Memory of pawl is one for all, so that the agent is not given its long term.',
  );
  return { memoryRef: conversion.mention(memory, identity), allow: [] };
}

/** Providers whose embeddings pawl asks for, by kagent's names. */
const embeds: ReadonlySet<string> = new Set(['OpenAI', 'AzureOpenAI', 'Ollama', 'Gemini']);

function embeddingOf(node: ForeignNode, conversion: Conversion): JsonObject {
  const name = node.text() ?? '';
  const config = conversion.estate.find(foreignKey('ModelConfig', node.document.namespace, name), node.document);
  const provider = config?.spec.get('provider').text() ?? providerDefault;
  if (embeds.has(provider)) {
    const embeddingRef = conversion.refer(node, { kinds: ['ModelConfig'], name, as: 'ModelEndpoint' });
    return { embeddingRef, dimensions, minScore };
  }
  node.flag(
    'import.store',
    `Memories are found by their words, and not by meaning: pawl asks ${shownText(provider)} for no embeddings.`,
  );
  return {};
}
