import type { BundleTool } from '../manifest/bundle.ts';
import { canonicalText } from '../manifest/digest.ts';
import type { JsonObject } from '../manifest/json.ts';
import { memoryLimits } from '../manifest/memory-tools.ts';
import { chunksOf } from './chunk.ts';
import type { EmbeddingUse } from './embedding.ts';
import type { NewEntry } from './memory.ts';

/** A tool of a memory, or one that searches it. */
export type MemoryCallTool = BundleTool & { readonly impl: MemoryImpl };

type MemoryImpl = Extract<BundleTool['impl'], { readonly type: 'memory' | 'retrieval' }>;

export function isMemoryTool(tool: BundleTool): tool is MemoryCallTool {
  return tool.impl.type === 'memory' || tool.impl.type === 'retrieval';
}

/** What a call of a memory's tool does. */
export function operationOf({ impl }: MemoryCallTool): Extract<MemoryImpl, { readonly type: 'memory' }>['operation'] {
  return impl.type === 'retrieval' ? 'search' : impl.operation;
}

interface EmbeddedTexts extends Pick<EmbeddingUse, 'textsAre'> {
  /** None: the call only reads, or asks for nothing. */
  readonly texts: readonly string[];
}

/** The texts that a call has embedded where the memory is searched by meaning. */
export function textsToEmbed(tool: MemoryCallTool, args: JsonObject): EmbeddedTexts {
  switch (operationOf(tool)) {
    case 'search':
      return { textsAre: 'query', texts: [queryOf(args)].filter((query) => query.trim() !== '') };
    case 'write':
    case 'ingest':
      return { textsAre: 'document', texts: partsOf(tool, args).map(({ text }) => text) };
    case 'read':
    case 'list':
      return { textsAre: 'query', texts: [] };
  }
}

export function queryOf({ query }: JsonObject): string {
  return typeof query === 'string' ? query.slice(0, memoryLimits.queryCharacters) : '';
}

/** What a call keeps: of `write` the value, whose key is a part of what it is found by; of `ingest` the parts of a document. */
export function partsOf(tool: MemoryCallTool, { key, value = null, text }: JsonObject): NewEntry['chunks'] {
  if (operationOf(tool) === 'ingest')
    return chunksOf(typeof text === 'string' ? text : '').map((chunk) => ({ value: chunk, text: chunk }));
  const content = typeof value === 'string' ? value : canonicalText(value);
  return [{ value, text: `${typeof key === 'string' ? key : ''}\n${content}` }];
}
