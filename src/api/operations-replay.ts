import type { Bundle } from '../manifest/bundle.ts';
import type { JsonObject } from '../manifest/json.ts';
import type { Authority } from '../policy/authority.ts';
import type { RecordedRow } from '../run/journal-entry.ts';

/** What whoever executes a recorded run again is given. */
export interface ReplayOperations {
  replaySource(request: ReplayRequest): Promise<ReplaySource>;
}

export interface ReplayRequest {
  readonly run: string;
  /** `live`, `working-copy`, a revision such as `41`, or what Git resolves. */
  readonly at: string;
}

export interface ReplaySource {
  readonly input: JsonObject;
  /** The whole journal, contents too. */
  readonly rows: readonly RecordedRow[];
  /** What the run was pinned to. */
  readonly content: Bundle;
  /** Whether the database finds by meaning what memories of the target would have embedded. */
  readonly comparesVectors: boolean;
  readonly target: {
    /** In words. */
    readonly what: string;
    readonly content: Bundle;
    readonly authority: Authority;
  };
}
