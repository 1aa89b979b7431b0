import type { BundleTool } from '../manifest/bundle.ts';

/** What a tool does with data, as far as rules on the flow of data look. */
export type DataClass = 'public' | 'privateRead' | 'untrustedRead' | 'externalWrite';

/** What a tool does with data: what its author says, else what a tool of its type may do at worst. */
export function classesOf(type: BundleTool['impl']['type'], dataClass: DataClass | undefined): readonly DataClass[] {
  if (dataClass !== undefined) return [dataClass];
  switch (type) {
    case 'builtin':
      // It gives back what it was given, or a text that was reviewed.
      return [];
    case 'retrieval':
      return remembered;
    case 'memory':
      return remembered;
    case 'code':
    case 'wasm':
      // Nothing but its arguments goes in, and nothing but its result comes out.
      return [];
    case 'human':
      // Nobody but whom the tool names is shown anything, and what they answer may be private.
      return ['privateRead'];
    case 'cli':
    case 'container':
    case 'mcp':
    case 'a2a':
    case 'http':
      // Even a read says something to whom it asks.
      return anything;
  }
}

const anything: readonly DataClass[] = ['externalWrite', 'privateRead', 'untrustedRead'];

/** What agents kept may be private, and may be what a stranger wrote: nothing says which, when it is read again. */
const remembered: readonly DataClass[] = ['privateRead', 'untrustedRead'];

/** The classes of a pinned tool. What is put into a memory stays in pawl, and counts when it is read. */
export function toolClasses({ impl, operations, dataClass }: BundleTool): readonly DataClass[] {
  if (isServiced(impl)) return classesOf('http', dataClass);
  if (impl.type === 'memory' && !operations.every((operation) => operation === 'read')) return [];
  return classesOf(impl.type, dataClass);
}

/** A memory in a service of somebody's own: even a search says something to whom it asks. */
export function isServiced(impl: BundleTool['impl']): boolean {
  return (impl.type === 'memory' || impl.type === 'retrieval') && impl.url !== undefined;
}
