import { setMaxListeners } from 'node:events';
import { RetryableError } from '../../src/errors.ts';
import type { BundleTool } from '../../src/manifest/bundle.ts';
import { canonicalText, sha256 } from '../../src/manifest/digest.ts';
import type { Json } from '../../src/manifest/json.ts';
import type { ModelRequest, ModelResponse } from '../../src/models/model.ts';
import type { Outside } from '../../src/run/outside.ts';
import type { ToolCallOptions } from '../../src/tools/options.ts';
import type { ToolOutcome } from '../../src/tools/tool.ts';
import type { AgentTurn } from './random-graph.ts';
import type { SimulatedLoop, SimulatedProcess } from './simulated-loop.ts';

/** One request that reached a tool. */
export interface WorldEffect {
  readonly key: string;
  readonly tool: string;
  readonly args: string;
  /** False: the tool had seen the key and did nothing. */
  readonly applied: boolean;
}

export interface WorldFaults {
  /** How often a model is away, and how often the answer of a tool that may not be repeated is lost. */
  readonly modelAway: number;
  readonly answerLost: number;
}

export interface WorldOptions {
  readonly loop: SimulatedLoop;
  readonly agents: Readonly<Record<string, readonly AgentTurn[]>>;
  readonly faults: () => WorldFaults;
  /** Called in the process at the moment in which it begins a call. */
  readonly begun: (call: { readonly process: SimulatedProcess; readonly tool: string; readonly key: string }) => void;
}

const failed = { kind: 'failed', code: 'tool.network', message: 'nothing was done', retryable: false } as const;
const latencyMs = 120;
const modelFailuresMax = 2;

/** Tools and models that are nobody's process: what they did is done, whoever asked for it is dead or not. */
export class SimulatedWorld {
  readonly effects: WorldEffect[] = [];
  /** Requests on their way, by key. */
  readonly underWay = new Map<string, number>();
  readonly #options: WorldOptions;
  readonly #failed = new Set<string>();
  readonly #modelFailures = new Map<string, number>();

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  /** How a process reaches the world. */
  seenFrom(process: SimulatedProcess): Outside {
    return {
      tool: (tool, args, options) => this.#tool(process, tool, { args, options }),
      model: (_model, request, { signal }) => this.#model(process, request, signal),
    };
  }

  has(key: string): boolean {
    return this.effects.some((effect) => effect.key === key);
  }

  #tool(
    process: SimulatedProcess,
    tool: BundleTool,
    { args, options }: { readonly args: Json; readonly options: ToolCallOptions },
  ): Promise<ToolOutcome> {
    const { loop, faults, begun } = this.#options;
    const { idempotencyKey: key, signal } = options;
    begun({ process, tool: `default/${tool.name}`, key });
    const isLost = !mayRepeat(tool) && loop.chance(faults().answerLost);
    const reaches = !isLost || loop.chance(0.5);
    let arrived = false;
    let isGivenUp = false;
    return new Promise((resolve) => {
      const answer = (outcome: ToolOutcome, inMs: number) =>
        loop.later({ inMs, label: `answer of ${tool.name}`, process, happen: () => resolve(outcome) });
      this.#count(key, 1);
      const inMs = loop.pick(latencyMs);
      const arrive = () => {
        this.#count(key, -1);
        // A request that was given up may have been on the wire, or not.
        if (!reaches || (isGivenUp && loop.chance(0.5))) return;
        arrived = true;
        if (this.#fails(tool, key)) return answer(failed, loop.pick(latencyMs));
        this.#apply({ key, tool: `default/${tool.name}`, args: canonicalText(args) }, mayRepeat(tool));
        if (!isLost) answer({ kind: 'done', output: outputOf(tool, args) }, loop.pick(latencyMs));
      };
      loop.later({ inMs, label: `request to ${tool.name}`, happen: arrive });
      if (isLost) answer({ kind: 'unknown', code: 'tool.network', message: 'the connection was cut' }, 2 * latencyMs);
      setMaxListeners(0, signal);
      signal.addEventListener('abort', () => {
        isGivenUp = !arrived;
        answer(abandoned(tool), loop.pick(latencyMs));
      });
    });
  }

  /** Of the tools that fail: one for each first request with a key, the other for every request with some keys. */
  #fails({ name }: BundleTool, key: string): boolean {
    if (name === 'broken') return Number.parseInt(key.slice(0, 2), 16) % 2 === 0;
    if (name !== 'flaky' || this.#failed.has(key)) return false;
    this.#failed.add(key);
    return true;
  }

  #apply(effect: Omit<WorldEffect, 'applied'>, honoursKey: boolean): void {
    this.effects.push({ ...effect, applied: !(honoursKey && this.has(effect.key)) });
  }

  #count(key: string, by: number): void {
    this.underWay.set(key, (this.underWay.get(key) ?? 0) + by);
  }

  #model(process: SimulatedProcess, request: ModelRequest, signal: AbortSignal): Promise<ModelResponse> {
    const { loop, faults } = this.#options;
    return new Promise((resolve, reject) => {
      const inMs = loop.pick(latencyMs);
      const key = sha256(JSON.stringify([request.agent, request.messages]));
      const failures = this.#modelFailures.get(key) ?? 0;
      const isAway = failures < modelFailuresMax && loop.chance(faults().modelAway);
      if (isAway) this.#modelFailures.set(key, failures + 1);
      const away = new RetryableError('The model is away.', { code: 'model.unavailable' });
      const happen = () => (isAway ? reject(away) : resolve(this.#replyOf(request)));
      loop.later({ inMs, label: 'answer of a model', process, happen });
      setMaxListeners(0, signal);
      signal.addEventListener('abort', () => reject(new RetryableError('aborted', { code: 'model.aborted' })));
    });
  }

  #replyOf({ agent, messages }: ModelRequest): ModelResponse {
    const turns = this.#options.agents[agent.slice('default/'.length)] ?? [];
    const at = messages.filter(({ role }) => role === 'assistant').length;
    const turn = turns[at] ?? { text: `${agent} is done` };
    const usage = { inputTokens: 10, outputTokens: 5 };
    const calls = 'calls' in turn ? turn.calls : [];
    const toolCalls = calls.map((tool, index) => ({
      id: `${at + 1}.${index + 1}`,
      name: tool,
      arguments: JSON.stringify({ turn: at, index, ...(tool === 'helper' ? { task: `help ${agent}` } : {}) }),
    }));
    const text = 'text' in turn ? turn.text : '';
    return { text, toolCalls, usage, model: undefined, finish: calls.length > 0 ? 'toolCalls' : 'stop' };
  }
}

function mayRepeat(tool: BundleTool): boolean {
  return tool.idempotent || tool.operations.every((operation) => operation === 'read');
}

/** What the HTTP tool says of a call that was given up: only what may not be repeated is in doubt. */
function abandoned(tool: BundleTool): ToolOutcome {
  const fault = { code: 'tool.aborted', message: 'the call was given up' };
  return mayRepeat(tool) ? { kind: 'failed', ...fault, retryable: true } : { kind: 'unknown', ...fault };
}

/** The same for the same arguments, so that a run's output tells whether every call was answered right. */
export function outputOf(tool: Pick<BundleTool, 'name'>, args: Json): Json {
  const digest = sha256(`${tool.name} ${canonicalText(args)}`);
  return { way: Number.parseInt(digest.slice(0, 2), 16) % 2 === 0 ? 'left' : 'right', digest: digest.slice(0, 8) };
}
