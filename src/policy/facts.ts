import type { BundleTool } from '../manifest/bundle.ts';
import type { DataClass } from './authority.ts';
import { shared } from './bundle-text.ts';

/** What conditions and rules on data look at beside the call, as one revision's manifests have it. */
export interface Facts {
  /** Labels of the agent; absent: it has none. */
  readonly agent?: Labels;
  /** Labels of the system that the run is of; absent: it has none. */
  readonly system?: Labels;
  /** By `namespace/name`; absent: nothing reads them. */
  readonly tools?: Readonly<Record<string, ToolFacts>>;
}

export type Labels = Readonly<Record<string, string>>;

export interface ToolFacts {
  /** Sorted. */
  readonly operations: readonly string[];
  /** Absent: medium. */
  readonly risk?: Risk;
  /** Sorted; absent: none. */
  readonly classes?: readonly DataClass[];
}

export type Risk = 'low' | 'medium' | 'high' | 'critical';

/** What is at its default is left out, and the text of the rest is kept: every row of a fleet has the same tools. */
export function toolFacts({ operations, risk, classes }: Unstated): ToolFacts {
  return shared({
    operations,
    ...(risk === undefined || risk === 'medium' ? {} : { risk }),
    ...(classes.length === 0 ? {} : { classes }),
  });
}

interface Unstated {
  readonly operations: readonly string[];
  readonly risk: Risk | undefined;
  readonly classes: readonly DataClass[];
}

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
  if (impl.type === 'memory' && !operations.every((operation) => operation === 'read')) return [];
  return classesOf(impl.type, dataClass);
}
