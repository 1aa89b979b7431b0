import type { ModelRequest } from '../models/model.ts';
import type { GateCall, GateContext } from '../policy/context.ts';
import type { Allowed } from './attempt.ts';
import type { AskModel } from './embedding.ts';
import type { RateUse } from './rate-door.ts';

/** What the gate let through, as it was asked. */
export interface Pass {
  readonly decision: Allowed;
  readonly request: Omit<ModelRequest, 'maxOutputTokens'> | undefined;
  readonly gate: GateCall;
  readonly context: GateContext;
  /** The door again, for model calls that a tool's call makes on its way. */
  readonly ask: AskModel;
  /** Undefined: the call is under no rate. */
  readonly rates: RateUse | undefined;
}
