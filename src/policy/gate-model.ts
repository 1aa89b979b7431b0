import type { BundleAgent, BundleModel } from '../manifest/bundle.ts';
import { budgetVerdict, type Caps, modelNeed } from './budget.ts';
import type { GateContext, ModelGateCall, Usage } from './context.ts';
import { affordableOutput, costOf, reservedInput } from './cost.ts';
import type { Decision } from './decision.ts';
import { type Denial, deny, effectiveLimit, effectiveSpendLimit, type Revisions } from './effective.ts';
import { permit } from './permit.ts';

/** No provider takes more; a figure beyond it is a mistake or a damaged bundle. */
const outputTokensMax = 1_000_000;

/** M2 to M9 of a model call: which endpoint, whether it may be used, and how much it may answer. */
export function decideModel(call: ModelGateCall, context: GateContext, revisions: Revisions): Decision {
  const { bundle } = context;
  const agentId = call.subject.startsWith('Agent/') ? call.subject.slice('Agent/'.length) : '';
  const agent = Object.hasOwn(bundle.agents, agentId) ? bundle.agents[agentId] : undefined;
  // A system's own tool node may search a memory by meaning; nothing else of a system asks a model.
  const isOwnNode = call.embeds === true && call.subject.startsWith('AgentSystem/');
  if (agent === undefined && !isOwnNode)
    return deny('gate.authority_missing', 'gate', `The bundle does not hold ${call.subject}.`);
  const model = Object.hasOwn(bundle.models, call.model) ? bundle.models[call.model] : undefined; // M2
  if (model === undefined)
    return deny('model.unknown', call.subject, `The bundle does not hold ModelEndpoint/${call.model}.`);
  const permitted = permit(revisions, { subject: call.subject, table: 'models', name: call.model }); // M3
  if (permitted.kind === 'deny') return permitted;
  const denial =
    parameterDenial(call.model, model) ?? // M4
    gatewayDenial(call.model, model, revisions) ?? // M5
    turnDenial(agent, call, { context, revisions }); // M8
  if (denial !== undefined) return denial;
  const verdict = reserve({ call, context, revisions, model, rule: permitted.rule }); // M9
  return verdict.kind === 'deny' ? { ...verdict, inputTokens: call.inputTokens } : verdict;
}

/** M4. The parameters are Git's alone, never the model's or the run's; they only have to be sane. */
function parameterDenial(name: string, { parameters }: BundleModel): Denial | undefined {
  const { temperature, topP, maxOutputTokens } = parameters;
  const wrong =
    !isWithin(temperature ?? 0, 0, 2) || !isWithin(topP ?? 0, 0, 1)
      ? 'temperature or topP'
      : !Number.isSafeInteger(maxOutputTokens) || !isWithin(maxOutputTokens, 1, outputTokensMax)
        ? 'maxOutputTokens'
        : undefined;
  if (wrong === undefined) return undefined;
  return deny('model.param_denied', `ModelEndpoint/${name}`, `ModelEndpoint/${name} sets ${wrong} out of bounds.`);
}

function isWithin(figure: number, least: number, most: number): boolean {
  return figure >= least && figure <= most;
}

/** M5. What leaves for a model goes the ways that both revisions approve of. */
function gatewayDenial(name: string, { gateway }: BundleModel, { pinned, live }: Revisions): Denial | undefined {
  for (const { rule, require, allow } of [...(pinned.gateways ?? []), ...(live?.gateways ?? [])]) {
    if (gateway === undefined && require.includes('model')) {
      return deny('gateway.required', rule, `${rule} wants a gateway, and ModelEndpoint/${name} has none.`);
    }
    if (gateway !== undefined && allow?.includes(gateway.gateway) === false) {
      return deny('gateway.not_allowed', rule, `${rule} does not approve of Gateway/${gateway.gateway}.`);
    }
  }
  return undefined;
}

/** M4: the longest answer that the endpoint and the policies of both revisions let it give. */
function outputMax({ parameters }: BundleModel, { pinned, live }: Revisions): number {
  const clamps = [pinned.maxOutputTokens?.tokens, live?.maxOutputTokens?.tokens];
  return clamps.reduce<number>((least, one) => Math.min(least, one ?? least), parameters.maxOutputTokens);
}

/**
 * M8. A step that was refused too often gets no further turn: this is where `maxDenials` ends it. Embeddings are no turn:
 * the tool call that they are for was counted.
 */
function turnDenial(
  agent: BundleAgent | undefined,
  { embeds }: ModelGateCall,
  { context: { usage }, revisions }: { readonly context: GateContext; readonly revisions: Revisions },
): Denial | undefined {
  if (agent === undefined) return undefined;
  const { maxDenials } = agent.execution;
  if (!(usage.step.denials <= maxDenials)) {
    return deny(
      'limit.denials',
      'execution.maxDenials',
      `The step had ${usage.step.denials} calls refused; ${maxDenials} are tolerated.`,
    );
  }
  const max = effectiveLimit(revisions, 'maxSteps');
  if (embeds !== true && !(usage.step.modelCalls < max))
    return deny('limit.steps', 'limits.maxSteps', `All ${max} steps of the agent are used.`);
  return undefined;
}

interface Asking {
  readonly call: ModelGateCall;
  readonly context: GateContext;
  readonly revisions: Revisions;
  readonly model: BundleModel;
  readonly rule: string;
}

/** M9. Holds the input's estimate and the output's cap on every account; the cap shrinks to what the tightest leaves. */
function reserve({ call, context, revisions, model, rule }: Asking): Decision {
  const { usage, bundle } = context;
  const input = reservedInput(call.inputTokens);
  const caps: Caps =
    call.embeds === true ? { input, output: 0, least: 0 } : { input, output: outputMax(model, revisions), least: 1 };
  const overLimit =
    clampToTokens(
      caps,
      'limits.maxTokens of the agent',
      left(effectiveSpendLimit(revisions, 'maxTokens'), usage.step.tokens),
    ) ??
    clampToTokens(
      caps,
      `limits.maxTokens of AgentSystem/${bundle.system}`,
      left(bundle.limits.maxTokens, usage.run.tokens),
    ) ??
    clampToCost(caps, 'limits.maxCost of the agent', {
      model,
      money: left(effectiveSpendLimit(revisions, 'maxCost'), usage.step.cost),
    }) ??
    clampToCost(caps, `limits.maxCost of AgentSystem/${bundle.system}`, {
      model,
      money: left(bundle.limits.maxCost, usage.run.cost),
    }) ??
    clampToNested(caps, model, usage.nested);
  if (overLimit !== undefined) return overLimit;
  const overBudgets = budgetVerdict(revisions, usage, modelNeed(caps, model));
  if (overBudgets !== undefined) return overBudgets;
  const cost = model.pricing === undefined ? 0 : costOf(model.pricing, input, caps.output);
  return {
    kind: 'allow',
    rule,
    reserve: { calls: 1, tokens: input + caps.output, cost },
    maxOutputTokens: caps.output,
    inputTokens: call.inputTokens,
  };
}

function left(limit: number | undefined, used: number): number {
  return limit === undefined ? Number.MAX_SAFE_INTEGER : limit - used;
}

function clampToTokens(caps: Caps, rule: string, tokens: number): Denial | undefined {
  // An answer of no tokens is no answer, so at least one must be left after the input.
  if (!(tokens >= caps.input + caps.least)) {
    return deny(
      'limit.tokens',
      rule,
      `The call needs ${caps.input} tokens for its input${toAnswer(caps)}; ${rule} leaves ${Math.max(0, tokens)}.`,
    );
  }
  caps.output = Math.min(caps.output, tokens - caps.input);
  return undefined;
}

/** A system that runs within another has its own limits, and the run's are those of the outermost. */
function clampToNested(caps: Caps, model: BundleModel, nested: Usage['nested'] = []): Denial | undefined {
  for (const { system, limits, tokens, cost } of nested) {
    const denial =
      clampToTokens(caps, `limits.maxTokens of AgentSystem/${system}`, left(limits.maxTokens, tokens)) ??
      clampToCost(caps, `limits.maxCost of AgentSystem/${system}`, { model, money: left(limits.maxCost, cost) });
    if (denial !== undefined) return denial;
  }
  return undefined;
}

function clampToCost(
  caps: Caps,
  rule: string,
  { model, money }: { readonly model: BundleModel; readonly money: number },
): Denial | undefined {
  if (money === Number.MAX_SAFE_INTEGER) return undefined;
  if (model.pricing === undefined)
    return deny('budget.price_unknown', rule, `${rule} holds, but the model ${model.model} has no price.`);
  const affordable = affordableOutput(model.pricing, caps.input, Math.max(0, money));
  if (!(affordable >= caps.least)) {
    const message = `The input of ${caps.input} tokens${toAnswer(caps)} costs more than the ${Math.max(0, money)} micro-USD that ${rule} leaves.`;
    return deny('limit.cost', rule, message);
  }
  caps.output = Math.min(caps.output, affordable);
  return undefined;
}

function toAnswer({ least }: Caps): string {
  return least === 0 ? '' : ' and one to answer';
}
