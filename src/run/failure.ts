import { isPawlError, RetryableError } from '../errors.ts';
import type { BundleGraph, BundleNode } from '../manifest/bundle.ts';
import type { RunError } from './executor.ts';
import { StepFailure } from './halt.ts';
import { toleratesFailure } from './join.ts';
import { endTarget } from './wiring.ts';

/** What the run's record says of a failure. */
export function errorOf(cause: unknown): RunError {
  if (cause instanceof StepFailure) return cause.error;
  if (isPawlError(cause)) return { code: cause.code, message: cause.message };
  // The text of a foreign error may quote contents; it is in the worker's log.
  return {
    code: 'run.failed',
    message: 'The execution failed for a reason that pawl has no name for; the worker logged it.',
  };
}

/** How the graph goes on from a failed node: along its edges, to another node, or in joins that can do without it. */
export type Handling = 'edges' | 'goto' | 'joins';

/** Undefined: a failure of the node fails the graph. */
export function handlingOf({ onError, edges }: BundleNode, graph: BundleGraph): Handling | undefined {
  if (onError !== undefined) return onError === 'continue' ? 'edges' : 'goto';
  let isTolerated = false;
  for (const { to, back } of edges) {
    if (to === endTarget || back === true) continue;
    if (!toleratesFailure(graph.nodes[to])) return undefined;
    isTolerated = true;
  }
  return isTolerated ? 'joins' : undefined;
}

/** Whether a graph may go on from a failure: not from what says that pawl itself cannot go on. */
export function isOfStep({ code }: RunError): boolean {
  return !beyondSteps.has(code) && !isOfStore(code);
}

/**
 * The database was away for longer than a worker waits. That is no failure of the run: it is put off, and whoever takes
 * it up goes on from its journal.
 */
export function isForLater(cause: unknown): boolean {
  return cause instanceof RetryableError && isOfStore(cause.code);
}

function isOfStore(code: string): boolean {
  return code.startsWith('store.');
}

const beyondSteps: ReadonlySet<string> = new Set([
  'run.failed',
  'run.diverged',
  'run.bundle_unreadable',
  'run.lease_lost',
  'run.cancelled',
  'run.deadline',
]);
