import type { ModelRequest } from '../models/model.ts';
import type { GateCall, GateContext } from '../policy/context.ts';
import type { Allowed } from './attempt.ts';

/** What the gate let through, as it was asked. */
export interface Pass {
  readonly decision: Allowed;
  readonly request: Omit<ModelRequest, 'maxOutputTokens'> | undefined;
  readonly gate: GateCall;
  readonly context: GateContext;
}
