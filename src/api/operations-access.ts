import type { AccessAnswer, AccessQuestion } from '../plan/access-answer.ts';
import type { RecordedUse } from '../plan/recorded-use.ts';

/** What the doors ask about who may call what. */
export interface AccessOperations {
  /** By the bundles in force, which workers obey: a row edited by hand changes nothing here. */
  access(request: AccessRequest): Promise<AccessAnswer>;
  /** What the ended runs of the last days used. */
  recordedUse(request: UseRequest): Promise<RecordedUse>;
}

export interface AccessRequest extends AccessQuestion {
  readonly environment: string;
}

export interface UseRequest {
  readonly environment: string;
  readonly days: number;
}
