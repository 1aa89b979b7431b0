import type { AccessAnswer, AccessQuestion } from '../plan/access-answer.ts';

/** What the doors ask about who may call what. */
export interface AccessOperations {
  /** By the bundles in force, which workers obey: a row edited by hand changes nothing here. */
  access(request: AccessRequest): Promise<AccessAnswer>;
}

export interface AccessRequest extends AccessQuestion {
  readonly environment: string;
}
