import { runAgent } from './agent.ts';
import { subjectOf } from './caller.ts';
import { delegating } from './delegation.ts';
import { StepFailure } from './halt.ts';
import type { Json } from '../manifest/json.ts';
import {
  type Around,
  inputOf,
  isOwnInput,
  type NodeRun,
  type NodeStart,
  type Work,
  type Wrapper,
} from './node-start.ts';
import { runHuman } from './node-human.ts';
import { listed } from './node-list.ts';
import { looped } from './node-loop.ts';
import { retried, timed } from './node-retry.ts';
import { runSystem } from './node-system.ts';
import { reviewed } from './review.ts';
import { type Scope, timeoutMsOf } from './scope.ts';
import { step } from './step.ts';
import { withinAgentTime } from './time-limit.ts';

/**
 * What may stand around one execution of a node, the outermost first. Each adds its own mark to the place (see
 * place.ts), runs what is inside of it as often as the node says, and passes a node that does not ask for it.
 */
const wrappers: readonly Wrapper[] = [listed, reviewed, looped, delegating, timed, retried];

/** Executes a node, with everything that it says of lists, turns, attempts and time, and gives its output. */
export function runNode(start: NodeStart, scope: Scope): Promise<Json> {
  return isPlain(start) ? runOnce(start, scope) : runWrapped(start, scope);
}

const runWrapped = wrappers.reduceRight<Work>(
  (inner, wrapper) => (start, scope) => wrapper(start, scope, inner),
  runOnce,
);

function isPlain({ node }: NodeStart): boolean {
  const { forEach, review, loop, delegates, timeoutMs, retry } = node;
  return (forEach ?? review ?? loop ?? delegates ?? timeoutMs ?? retry) === undefined;
}

function runOnce(start: NodeStart, scope: Scope): Promise<Json> {
  const { node, system, place, earlier, around } = start;
  return runKind({ node, system, place, input: inputOf(start), earlier }, around, scope);
}

/** One execution of what a node names. Throws `Halted`, `Suspended` or a failure. */
async function runKind(run: NodeRun, around: Around | undefined, scope: Scope): Promise<Json> {
  const { node, place, input, earlier } = run;
  switch (node.kind) {
    case 'agent': {
      const caller = { kind: 'agent', agent: node.agent } as const;
      const time = { place, timeoutMs: timeoutMsOf(scope, subjectOf(caller)), signal: scope.signal };
      return withinAgentTime(time, scope, (signal) =>
        runAgent({ node: place, caller, input, isOwnInput: isOwnInput(node), signal, earlier }, scope),
      );
    }
    case 'tool':
      return runTool(run, node.tool, scope);
    case 'value':
      return input;
    case 'system':
      return runSystem(run, { system: node.system, around }, scope);
    case 'human':
      return runHuman(run, node.human, scope);
  }
}

async function runTool({ system, place, input }: NodeRun, tool: string, scope: Scope): Promise<Json> {
  const path = `${place}/1`;
  const caller = { kind: 'system', system } as const;
  const text = JSON.stringify(input);
  const { signal } = scope;
  const result = await step({ kind: 'tool', node: place, caller, path, name: tool, arguments: text, signal }, scope);
  if (result.kind === 'done') return result.output;
  const { code, message } = result.kind === 'failed' ? result.error : { code: result.reason, message: result.message };
  throw new StepFailure({ code, message, node: place, path });
}
