import { drained, type RunEnd } from './executor.ts';
import { errorOf, isForLater } from './failure.ts';
import { runGraph } from './graph-run.ts';
import { Halted, type HaltReason, haltReasonOf, Suspended } from './halt.ts';
import type { Scope } from './scope.ts';
import { giveBackAll } from './spending.ts';
import { later } from './unready.ts';

/** How an execution came to its end: written by the caller. `lost` is not: another worker owns the run. */
export type Execution = RunEnd | { readonly kind: 'lost' };

/**
 * Executes a run from its start. Everything between calls is deterministic and calls that the journal knows are
 * answered from it, so that a run which was interrupted anywhere comes to the same place again and goes on from there.
 */
export async function execute(scope: Scope): Promise<Execution> {
  const end = await outcomeOf(scope);
  // Before the end is written: who waits or has ended holds nothing that others could use.
  if (end.kind !== 'lost') await giveBackAll(scope, end.kind !== 'waiting' && end.kind !== 'released');
  return end;
}

async function outcomeOf(scope: Scope): Promise<Execution> {
  const { content, run } = scope;
  const frame = { graph: content, system: content.system, prefix: '', input: run.input };
  try {
    const output = await runGraph(frame, scope);
    return interrupted(haltReasonOf(scope.signal)) ?? { kind: 'succeeded', output };
  } catch (cause) {
    return endOf(cause, scope);
  }
}

function endOf(cause: unknown, scope: Scope): Execution {
  const halt = haltReasonOf(scope.signal) ?? (cause instanceof Halted ? cause.reason : undefined);
  const end = interrupted(halt);
  if (end !== undefined) return end;
  if (cause instanceof Halted || cause instanceof Suspended) {
    if (halt === 'drained') return { kind: 'cancelled', error: drained };
    return cause instanceof Suspended && halt === undefined
      ? { kind: 'waiting', waits: cause.waits }
      : { kind: 'released' };
  }
  scope.report(cause);
  if (isForLater(cause)) return later;
  return { kind: 'failed', error: errorOf(cause) };
}

/** What ends a run before any failure does: calls that are given up fail, and that is not why the run ended. */
function interrupted(halt: HaltReason | undefined): Execution | undefined {
  if (halt === 'lost') return { kind: 'lost' };
  if (halt === 'cancelled')
    return { kind: 'cancelled', error: { code: 'run.cancelled', message: 'The run was cancelled.' } };
  if (halt !== 'overdue') return undefined;
  return { kind: 'timedOut', error: { code: 'run.deadline', message: 'The run was not done within its timeout.' } };
}
