import type { BundleAgent } from '../manifest/bundle.ts';
import { canonicalText } from '../manifest/digest.ts';
import type { Json } from '../manifest/json.ts';
import type { ModelMessage, RawToolCall } from '../models/model.ts';
import { answerForModel } from '../policy/neutral.ts';
import { parseStrictJson } from '../policy/strict-json.ts';
import { transferredOutput } from './agent-output.ts';
import { agentOf } from './ask.ts';
import { StepFailure, valuesOf } from './halt.ts';
import { HandOffs, type RunAgent } from './hand-off.ts';
import { isRead, isTransfer, offered } from './offered.ts';
import type { CallResult } from './replay.ts';
import type { Scope } from './scope.ts';
import { step } from './step.ts';
import type { AgentTurns } from './conversation.ts';

/** What the tool calls of one answer came to: messages for the next turn, or the node's output. */
export type Called =
  | { readonly kind: 'answered'; readonly messages: readonly ModelMessage[] }
  | { readonly kind: 'ended'; readonly output: Json };

/** The tool calls of one step. */
export class StepTools {
  readonly #agent: AgentTurns;
  readonly #scope: Scope;
  readonly #execution: BundleAgent['execution'];
  readonly #handOffs: HandOffs;
  readonly #done = new Set<string>();
  /** First calls by tool and arguments, where later ones are answered from them. */
  readonly #first = new Map<string, Promise<CallResult>>();

  constructor(agent: AgentTurns, scope: Scope, run: RunAgent) {
    this.#agent = agent;
    this.#scope = scope;
    this.#handOffs = new HandOffs(agent, scope, run);
    this.#execution = agentOf(agent, scope).execution;
  }

  /** Required tools that no call was done of yet. */
  missing(): readonly string[] {
    return (this.#execution.requiredTools ?? []).filter((name) => !this.#done.has(name));
  }

  /** In parallel where all of them only read; else in the order in which the model asked. */
  async call(calls: readonly RawToolCall[]): Promise<Called> {
    // One after the other where duplicates are denied too: the second must see that there was a first.
    const results =
      this.#execution.duplicateCalls !== 'deny' &&
      calls.every((call) => isRead(offered(this.#agent, call.name, this.#scope)))
        ? await this.#together(calls)
        : await this.#inTurn(calls);
    const last = results.length - 1;
    if (this.#isTransferred(calls[last], results[last])) {
      return { kind: 'ended', output: transferredOutput(outputOf(results[last]), this.#agent, this.#scope) };
    }
    const first = results.find((result) => result.kind === 'done');
    if (this.#execution.toolUse === 'stopOnFirst' && first !== undefined && this.missing().length === 0)
      return { kind: 'ended', output: first.output };
    const messages = calls.map((call, index): ModelMessage => {
      return { role: 'tool', callId: call.id, tool: call.name, ...resultFor(results[index]) };
    });
    return { kind: 'answered', messages };
  }

  async #together(calls: readonly RawToolCall[]): Promise<readonly CallResult[]> {
    const results = valuesOf(await Promise.allSettled(calls.map((call) => this.#make(call))));
    for (const [index, call] of calls.entries()) this.#take(call, results[index]);
    return results;
  }

  async #inTurn(calls: readonly RawToolCall[]): Promise<readonly CallResult[]> {
    const results: CallResult[] = [];
    for (const call of calls) {
      const result = await this.#make(call);
      // Before the next one: where a denial ends the node, what was asked for after it is not done.
      this.#take(call, result);
      results.push(result);
      if (this.#isTransferred(call, result)) break;
    }
    return results;
  }

  #take(call: RawToolCall, result: CallResult | undefined): void {
    const path = pathOf(this.#agent, call);
    failWhereDenied(this.#agent, this.#scope, { result, path });
    // Who handed the rest of the step over has no further say in it.
    if (result?.kind === 'failed' && isTransfer(offered(this.#agent, call.name, this.#scope)))
      throw new StepFailure({ code: result.error.code, message: result.error.message, node: this.#agent.node, path });
    if (result?.kind === 'done') this.#done.add(call.name);
  }

  /** Whether another agent answered in the place of this one, as far as this one had done what it must. */
  #isTransferred(call: RawToolCall | undefined, result: CallResult | undefined): boolean {
    if (call === undefined || result?.kind !== 'done') return false;
    const target = offered(this.#agent, call.name, this.#scope);
    return isTransfer(target) && this.missing().length === 0;
  }

  #make(call: RawToolCall): Promise<CallResult> {
    return this.#execution.duplicateCalls === 'reuse' ? this.#makeOnce(call) : this.#makeNew(call);
  }

  /** One call that a model asked for, by what stands behind its name. A name behind which nothing stands is the gate's. */
  #makeNew(call: RawToolCall): Promise<CallResult> {
    const target = offered(this.#agent, call.name, this.#scope);
    switch (target?.kind) {
      case 'agent':
        return this.#handOffs.make(call, target.to);
      case 'tool':
      case undefined: {
        const { node, caller, signal } = this.#agent;
        const path = pathOf(this.#agent, call);
        const { name, arguments: text } = call;
        return step({ kind: 'tool', node, caller, signal, name, arguments: text, path }, this.#scope);
      }
    }
  }

  /** Only what was done is given again: a call that failed or was refused may do better the next time. */
  async #makeOnce(call: RawToolCall): Promise<CallResult> {
    const parsed = parseStrictJson(call.arguments);
    if (parsed.kind !== 'parsed') return this.#makeNew(call);
    const key = `${call.name} ${canonicalText(parsed.value)}`;
    for (let first = this.#first.get(key); first !== undefined; first = this.#first.get(key)) {
      const result = await first;
      if (result.kind === 'done') return result;
      if (this.#first.get(key) === first) this.#first.delete(key);
    }
    const made = this.#makeNew(call);
    this.#first.set(key, made);
    return made;
  }
}

function pathOf({ node }: AgentTurns, call: RawToolCall): string {
  return `${node}/${call.id}`;
}

/** A limit that is reached ends the node under its own code; another denial does if the author says so. */
function failWhereDenied(
  { node, caller }: AgentTurns,
  scope: Scope,
  { result, path }: { readonly result: CallResult | undefined; readonly path: string },
): void {
  if (result?.kind !== 'denied') return;
  if (result.reason.startsWith('limit.'))
    throw new StepFailure({ code: result.reason, message: result.message, node, path });
  if (agentOf({ node, caller }, scope).execution.onDeny !== 'fail') return;
  const message = `A call was denied (${result.reason}), and the agent says onDeny: fail. ${result.message}`;
  throw new StepFailure({ code: 'agent.denied', message, node, path });
}

function outputOf(result: CallResult | undefined): Json {
  if (result?.kind !== 'done') throw new TypeError('a call that was not done has no output');
  return result.output;
}

/** What the model is told: the output, or a neutral word that a call failed or was refused. */
function resultFor(result: CallResult | undefined): { readonly result: Json; readonly own?: true } {
  if (result === undefined) throw new TypeError('a tool call has no result');
  switch (result.kind) {
    case 'done':
      return { result: result.output };
    case 'denied':
      return { result: answerForModel(result.reason), own: true };
    case 'failed': {
      const { code: error, message, retryable = false } = result.error;
      return { result: { error, message, retryable } };
    }
  }
}
