import type { BundleNode } from '../manifest/bundle.ts';
import type { Json } from '../manifest/json.ts';
import { runAgent } from './agent.ts';
import { subjectOf } from './caller.ts';
import { Halted, StepFailure } from './halt.ts';
import { type Scope, timeoutMsOf } from './scope.ts';
import { step } from './step.ts';

/** One execution of one node. */
export interface NodeRun {
  readonly node: BundleNode | undefined;
  /** `namespace/name` of the AgentSystem whose graph the node is of. */
  readonly system: string;
  readonly place: string;
  readonly input: Json;
}

/** Executes a node and gives its output; throws `Halted`, `Suspended` or a failure. */
export async function runNode({ node, system, place, input }: NodeRun, scope: Scope): Promise<Json> {
  switch (node?.kind) {
    case 'agent': {
      const caller = { kind: 'agent', agent: node.agent } as const;
      const own = { place, timeoutMs: timeoutMsOf(scope, subjectOf(caller)) };
      return withTimeout(own, scope, (signal) => runAgent({ node: place, caller, input, signal }, scope));
    }
    case 'tool': {
      const path = `${place}/1`;
      const caller = { kind: 'system', system } as const;
      const call = {
        kind: 'tool',
        node: place,
        caller,
        path,
        name: node.tool,
        arguments: JSON.stringify(input),
      } as const;
      const result = await step({ ...call, signal: scope.signal }, scope);
      if (result.kind === 'done') return result.output;
      if (result.kind === 'failed')
        throw new StepFailure({ code: result.error.code, message: result.error.message, node: place, path });
      throw new StepFailure({ code: result.reason, message: result.message, node: place, path });
    }
    case 'system':
    case 'human':
    case undefined:
      throw new StepFailure({
        code: 'run.bundle_unreadable',
        message: `Node ${place} cannot be executed.`,
        node: place,
      });
  }
}

/** Gives an agent the time that its limits leave after the calls that earlier owners of the run made for it. */
async function withTimeout(
  { place, timeoutMs }: { readonly place: string; readonly timeoutMs: number | undefined },
  scope: Scope,
  work: (signal: AbortSignal) => Promise<Json>,
): Promise<Json> {
  // Without a row of rules the gate refuses the first call, and says so.
  if (timeoutMs === undefined) return work(scope.signal);
  const timer = new AbortController();
  const message = `The step took longer than its ${timeoutMs} ms.`;
  const limit = setTimeout(() => timer.abort(), Math.max(0, timeoutMs - spentMs(place, scope)));
  try {
    return await work(AbortSignal.any([scope.signal, timer.signal]));
  } catch (cause) {
    const isOver = timer.signal.aborted && !(cause instanceof Halted);
    throw isOver ? new StepFailure({ code: 'limit.timeout', message, node: place }) : cause;
  } finally {
    clearTimeout(limit);
  }
}

function spentMs(place: string, { journal }: Scope): number {
  let spent = 0;
  for (const { intent, result } of journal.calls()) {
    if (intent?.node === place && result !== undefined) spent += Math.max(0, result.atMs - intent.atMs);
  }
  return spent;
}
