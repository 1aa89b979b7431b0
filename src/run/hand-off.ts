import type { BundleHandOff } from '../manifest/bundle.ts';
import { type Json, own } from '../manifest/json.ts';
import type { ModelMessage, RawToolCall } from '../models/model.ts';
import { handOffInput } from '../policy/hand-off.ts';
import { parseStrictJson } from '../policy/strict-json.ts';
import { subjectOf } from './caller.ts';
import type { AgentTurns } from './conversation.ts';
import { textOf } from './earlier.ts';
import { StepFailure } from './halt.ts';
import { handedPlace } from './place.ts';
import type { CallResult } from './replay.ts';
import { type Scope, timeoutMsOf } from './scope.ts';
import { step } from './step.ts';
import { withinAgentTime } from './time-limit.ts';

/** The loop of an agent, from its input to its output. */
export type RunAgent = (agent: AgentTurns, scope: Scope) => Promise<Json>;

/** What one step hands to other agents, each at a place of its own inside of the step. */
export class HandOffs {
  readonly #agent: AgentTurns;
  readonly #scope: Scope;
  readonly #run: RunAgent;
  /** What agents that remember the step were asked in it, and answered. */
  readonly #said = new Map<string, readonly ModelMessage[]>();

  constructor(agent: AgentTurns, scope: Scope, run: RunAgent) {
    this.#agent = agent;
    this.#scope = scope;
    this.#run = run;
  }

  /** Throws where a failure of the other agent is one of the step itself. */
  async make(call: RawToolCall, to: BundleHandOff): Promise<CallResult> {
    const { node, caller, signal } = this.#agent;
    const path = `${node}/${call.id}`;
    const enter = (): Promise<Json> => this.#enter(call, to);
    const { name, arguments: text } = call;
    const result = await step({ kind: 'tool', node, caller, signal, name, arguments: text, path, enter }, this.#scope);
    if (result.kind === 'failed') return failed(result, { to, node, path });
    if (result.kind === 'done' && to.isolation === 'shared') this.#remember(call, to, result.output);
    return result;
  }

  #enter(call: RawToolCall, to: BundleHandOff): Promise<Json> {
    const place = handedPlace(this.#agent.node, call.id, call.name);
    const caller = { kind: 'agent', agent: to.agent } as const;
    const { signal } = this.#agent;
    const input = this.#inputOf(call, to);
    const before = this.#said.get(call.name);
    const time = { place, timeoutMs: timeoutMsOf(this.#scope, subjectOf(caller)), signal };
    return withinAgentTime(time, this.#scope, (within) =>
      this.#run({ node: place, caller, input, before, signal: within }, this.#scope),
    );
  }

  /** The gate let these arguments pass. */
  #inputOf(call: RawToolCall, to: BundleHandOff): Json {
    const agent = own(this.#scope.content.agents, to.agent);
    const parsed = parseStrictJson(call.arguments);
    if (agent !== undefined && parsed.kind === 'parsed') return handOffInput(agent, parsed.value);
    const message = `The bundle does not hold Agent/${to.agent}, which is handed work.`;
    throw new StepFailure({ code: 'run.bundle_unreadable', message, node: this.#agent.node });
  }

  #remember(call: RawToolCall, to: BundleHandOff, output: Json): void {
    this.#said.set(call.name, [
      ...(this.#said.get(call.name) ?? []),
      { role: 'user', text: textOf(this.#inputOf(call, to)) },
      { role: 'assistant', text: textOf(output), toolCalls: [] },
    ]);
  }
}

interface Failed {
  readonly to: BundleHandOff;
  readonly node: string;
  readonly path: string;
}

/** Who handed the rest of the step over has no further say in it; else the model is told, but for the limits of all. */
function failed(
  { error }: Extract<CallResult, { kind: 'failed' }>,
  { to, node, path }: Failed,
): Extract<CallResult, { kind: 'failed' }> {
  const { code, message } = error;
  if (to.interaction === 'transfer' || ofTheRun.has(code)) throw new StepFailure({ code, message, node, path });
  return { kind: 'failed', error: { code, message: 'The agent that was asked ended without an answer.' } };
}

/** What the agents of a chain share: another attempt would meet it again. */
const ofTheRun: ReadonlySet<string> = new Set(['limit.handoff_depth', 'budget.exhausted', 'budget.price_unknown']);
