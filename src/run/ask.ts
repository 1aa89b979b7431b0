import { canonicalText, sha256 } from '../manifest/digest.ts';
import type { BundleAgent, BundleHandOff, BundleModel, BundleTool } from '../manifest/bundle.ts';
import { type Json, own } from '../manifest/json.ts';
import { estimateInputTokens } from '../models/estimate.ts';
import type { EmbeddingRequest } from '../models/embedding.ts';
import type { ModelMessage, ModelRequest } from '../models/model.ts';
import type { GateCall, GateContext } from '../policy/context.ts';
import { handOffTarget, handOffTools } from '../policy/hand-off.ts';
import { offeredAgents, offeredTools } from '../policy/offer.ts';
import { StepFailure } from './halt.ts';
import { type Caller, type CallSite, subjectOf } from './caller.ts';
import { marked, tagOf } from './marking.ts';
import type { Scope } from './scope.ts';

/** One call that a node wants to make, before anybody decided on it. */
export type StepCall = ToolStepCall | ModelStepCall;

interface StepCallBase extends CallSite {
  /** Aborts when the run or the node has to stop. */
  readonly signal: AbortSignal;
}

export interface ToolStepCall extends StepCallBase {
  readonly kind: 'tool';
  /** As the model wrote it; of a tool node the Tool's `namespace/name`. */
  readonly name: string;
  /** Raw JSON text, parsed by the gate alone. */
  readonly arguments: string;
  /** The work of the agent that the call hands it to; absent: the call is to a tool. */
  readonly enter?: () => Promise<Json>;
}

export interface ModelStepCall extends StepCallBase {
  readonly kind: 'model';
  /** ModelEndpoints by `namespace/name`, asked in this order when those before fail in a way that another may not. */
  readonly models: readonly string[];
  /** The system prompt, its placeholders filled in. */
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  /** From 1: which answer of the step this is, and what the step was asked. */
  readonly turn: number;
  readonly asked: string;
  /** A summary is text alone: no tools are offered and no schema holds. `embedding`: of each message's text. */
  readonly purpose: 'answer' | 'summary' | 'embedding';
  /** Of `embedding`: how long each vector has to be, and what the texts are for. */
  readonly embedding?: Pick<EmbeddingRequest, 'dimensions' | 'textsAre'>;
  /** Of `embedding`: what one request may take, which is what the tool may that it is for. */
  readonly deadlineMs?: number;
}

/** The tool that a call by this name would reach; undefined: the gate will say why there is none. */
export function toolOf(
  caller: Caller,
  name: string,
  { content }: Pick<Scope, 'content'>,
): { readonly id: string; readonly tool: BundleTool } | undefined {
  const id = caller.kind === 'system' ? name : own(own(content.agents, caller.agent)?.tools, name);
  const tool = id === undefined ? undefined : own(content.tools, id);
  return id === undefined || tool === undefined ? undefined : { id, tool };
}

/** Whether a call that may have had its effect may simply be made again: reads, and what the author calls idempotent. */
export function mayRepeat(call: StepCall, scope: Scope): boolean {
  if (call.kind === 'model') return true;
  const tool = toolOf(call.caller, call.name, scope)?.tool;
  return tool !== undefined && (tool.idempotent || tool.operations.every((operation) => operation === 'read'));
}

/** What one use of a tool may take: the agent's word, where it has one, and never more than the tool's. */
export function toolDeadlineMs(call: ToolStepCall, scope: Pick<Scope, 'content'>): number | undefined {
  const uses = useTimeoutMs(call, scope);
  const tool = toolOf(call.caller, call.name, scope)?.tool.timeoutMs;
  return uses === undefined || tool === undefined ? (uses ?? tool) : Math.min(uses, tool);
}

/** What the agent says that one use of a tool may take; undefined: what the tool says. */
export function useTimeoutMs({ caller, name }: ToolStepCall, { content }: Pick<Scope, 'content'>): number | undefined {
  return caller.kind === 'agent' ? own(own(content.agents, caller.agent)?.toolTimeoutsMs ?? {}, name) : undefined;
}

const targetCharactersMax = 200;

/** What the journal says that a tool call is to. */
export function targetOf(call: ToolStepCall, scope: Scope): string {
  const id = toolOf(call.caller, call.name, scope)?.id;
  if (id !== undefined) return id;
  const to = handOffOf(call, scope);
  return to === undefined ? call.name.slice(0, targetCharactersMax) : handOffTarget(to.agent);
}

/** The agent that a call by this name would hand work to. */
export function handOffOf(
  { caller, name }: Pick<ToolStepCall, 'caller' | 'name'>,
  { content }: Pick<Scope, 'content'>,
): BundleHandOff | undefined {
  return caller.kind === 'agent' ? own(own(content.agents, caller.agent)?.agents, name) : undefined;
}

export interface Asked {
  readonly gate: GateCall;
  /** Model calls only; the output cap comes from the decision. */
  readonly request: Omit<ModelRequest, 'maxOutputTokens'> | undefined;
}

/** One attempt at a call, as far as asking about it goes. */
export interface Asking {
  readonly call: StepCall;
  readonly path: string;
  /** `namespace/name` of the Tool or the ModelEndpoint. */
  readonly target: string;
  /** The call as guards left it; absent: as it is. */
  readonly sent?: StepCall;
}

/** What is asked of the gate, with the tools that live would let the model call now. */
export function ask({ call: written, sent, path, target }: Asking, scope: Scope, context: GateContext): Asked {
  const call = sent ?? written;
  const subject = subjectOf(call.caller);
  if (call.kind === 'tool') {
    const again = path !== call.path;
    const asked = { kind: 'tool', subject, name: call.name, arguments: call.arguments, again } as const;
    if (sent === undefined || written.kind !== 'tool') return { gate: asked, request: undefined };
    return { gate: { ...asked, written: writtenDigest(written) }, request: undefined };
  }
  if (call.purpose === 'embedding') {
    const { system, messages, turn, asked } = call;
    const request = { agent: subject.slice(subject.indexOf('/') + 1), system, messages, turn, asked, tools: [] };
    const inputTokens = estimateInputTokens(request);
    return { gate: { kind: 'model', subject, model: target, inputTokens, embeds: true }, request };
  }
  const request = forModel({ node: call.node, target }, requestOf(call, scope, context), scope);
  return { gate: { kind: 'model', subject, model: target, inputTokens: estimateInputTokens(request) }, request };
}

/** The digest that shows on replay that a tool is called the same way. The gate let this text pass: it is JSON. */
export function writtenDigest(call: Pick<ToolStepCall, 'arguments'>): string {
  return sha256(canonicalText(JSON.parse(call.arguments) as Json));
}

/** The request as its model reads it. A script reads nothing of it, and is counted without the marks. */
export function forModel<R extends Pick<ModelRequest, 'system' | 'messages'>>(
  { node, target }: { readonly node: string; readonly target: string },
  request: R,
  { content, run }: Pick<Scope, 'content' | 'run'>,
): R {
  if (own(content.models, target)?.provider === 'scripted') return request;
  return marked(request, tagOf({ run: run.id, place: node }));
}

function requestOf(call: ModelStepCall, scope: Scope, context: GateContext): Omit<ModelRequest, 'maxOutputTokens'> {
  const { system, messages, turn, asked, purpose } = call;
  const agent = agentOf(call, scope);
  const said = { agent: subjectOf(call.caller).slice('Agent/'.length), system, messages, turn, asked };
  if (purpose === 'summary') return { ...said, tools: [] };
  const tools = toolsOf(agent, scope, context);
  return agent.output === undefined ? { ...said, tools } : { ...said, tools, outputSchema: agent.output.schema };
}

function toolsOf(agent: BundleAgent, scope: Scope, { pinned, live }: GateContext): ModelRequest['tools'] {
  if (pinned === undefined) return [];
  const tools = offeredTools(agent, { pinned, live }).flatMap((name) => {
    const tool = scope.content.tools[agent.tools[name] ?? ''];
    return tool === undefined ? [] : [{ name, description: tool.description, inputSchema: tool.inputSchema }];
  });
  if (agent.agents === undefined) return tools;
  return [...tools, ...handOffTools(scope.content, agent, offeredAgents(agent, { pinned, live }))];
}

/** The model endpoint that an attempt asks. */
export function modelOf({ call, target }: Asking, scope: Scope): BundleModel {
  const model = own(scope.content.models, target);
  if (model === undefined) throw damaged(call.node);
  return model;
}

export function agentOf(call: Pick<StepCallBase, 'node' | 'caller'>, scope: Scope): BundleAgent {
  const agent = call.caller.kind === 'agent' ? own(scope.content.agents, call.caller.agent) : undefined;
  if (agent === undefined) throw damaged(call.node);
  return agent;
}

function damaged(node: string): StepFailure {
  return new StepFailure({
    code: 'run.bundle_unreadable',
    message: `The bundle does not hold what node ${node} names.`,
    node,
  });
}

/** The digest that shows on replay that a model is asked the same thing. What it is offered may differ: live decides. */
export function messagesDigest(messages: readonly ModelMessage[]): string {
  return sha256(JSON.stringify(messages));
}
