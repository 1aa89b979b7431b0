import { shared } from './bundle-text.ts';
import type { DataClass } from './data-class.ts';

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
