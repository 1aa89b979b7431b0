import type { Bundle } from '../manifest/bundle.ts';
import { own } from '../manifest/json.ts';

/** `namespace/name` of the endpoints that embed for tools: what a call of one of them may ask, besides any model's. */
export function embeddersOf(
  tools: Iterable<string>,
  { tools: all, memories = {} }: Pick<Bundle, 'tools' | 'memories'>,
): readonly string[] {
  const found = Array.from(tools, (id) => {
    const { impl } = own(all, id) ?? {};
    const isCompared =
      impl?.type === 'retrieval' || (impl?.type === 'memory' && embeddingOperations.has(impl.operation));
    return isCompared ? own(memories, impl.memory)?.longTerm?.embedding?.endpoint : undefined;
  });
  return [...new Set(found.filter((one) => one !== undefined))];
}

/** Operations of a memory of which a text is kept or looked for. */
export const embeddingOperations: ReadonlySet<string> = new Set(['search', 'write', 'ingest']);
