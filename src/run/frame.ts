import type { BundleGraph } from '../manifest/bundle.ts';
import type { Json } from '../manifest/json.ts';

/** One graph in execution: the run's own, or that of a system that a node names. */
export interface Frame {
  readonly graph: BundleGraph;
  /** `namespace/name` of the AgentSystem that the graph is of. */
  readonly system: string;
  /** What every place of the graph begins with: empty, or `outer>` (see place.ts). */
  readonly prefix: string;
  readonly input: Json;
}
