import { effectiveVerdict } from '../policy/effective.ts';
import { haltsOn } from '../policy/halt.ts';
import type { ModelStepCall } from './ask.ts';
import { subjectOf } from './caller.ts';
import { gateContext, revisionsFor, type Scope } from './scope.ts';

/**
 * Which endpoint of a call is asked, from the one at `first` on: those that rules refuse are passed over like tools that
 * are not offered, and those that are halted like ones that fail. Where all that are left are halted, the first that
 * rules allow: the run waits for it. Undefined: rules refuse all, and the gate will say so.
 */
export function endpointFrom(first: number, call: ModelStepCall, scope: Scope): number | undefined {
  const allowed = allowedFrom(first, call, scope);
  return openOf(allowed, call, scope) ?? allowed[0];
}

/** Whether the call could go to an endpoint after `target` that nothing has halted. */
export function isOpenAfter(target: string, call: ModelStepCall, scope: Scope): boolean {
  return openOf(allowedFrom(call.models.indexOf(target) + 1, call, scope), call, scope) !== undefined;
}

function allowedFrom(first: number, { models, caller }: ModelStepCall, scope: Scope): readonly number[] {
  const revisions = revisionsFor(scope, subjectOf(caller));
  if (revisions === undefined) return [];
  return models.flatMap((name, at) =>
    at >= first && effectiveVerdict(revisions, { table: 'models', name }).kind === 'allow' ? [at] : [],
  );
}

/** What cannot be read halts all of them, so that none is passed over. */
function openOf(candidates: readonly number[], call: ModelStepCall, scope: Scope): number | undefined {
  const { known = [] } = scope.live.current().halts ?? {};
  if (known.length === 0) return candidates[0];
  const context = gateContext(scope, call);
  const subject = subjectOf(call.caller);
  return candidates.find(
    (at) =>
      haltsOn({ kind: 'model', subject, model: call.models[at] ?? '', inputTokens: 0 }, context, known).length === 0,
  );
}
