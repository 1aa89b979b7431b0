import type { Bundle, BundleNode } from '../manifest/bundle.ts';
import { compareText } from '../manifest/problem.ts';
import type { Authority, SubjectAuthority } from '../policy/authority.ts';
import { costOf } from '../policy/cost.ts';
import { stepTimes } from './step-times.ts';

/** A system as it is compiled. */
export interface Compiled {
  readonly content: Bundle;
  readonly authority: Authority;
}

/** An amount in micro-USD, or what is missing to know it, in words. */
export interface Figure {
  readonly micros: number | undefined;
  readonly lacks: readonly string[];
}

/**
 * The most that one run may cost. Each node runs as often as lists, turns and attempts let it. Tokens are counted at the dearer of an endpoint's prices; what
 * caps them is a limit of the run, a budget in tokens of all who spend, or the limits of every step. A budget in money
 * of all who spend caps the whole.
 */
export function ceilingOf(compiled: Compiled): Figure {
  const times = stepTimes(compiled.content);
  const steps = Object.entries(compiled.content.nodes).map(([name, node]) => ({
    ...stepOf(node, compiled),
    times: times.get(name) ?? 1n,
  }));
  const money = leastBudget(steps, 'usd');
  const models = modelCeiling(steps, compiled.content.limits.maxTokens);
  const tools = steps.reduce((sum, step) => sum + step.tools * step.times, 0n);
  const spent = models.micros === undefined ? undefined : models.micros + tools;
  const least = [spent, money === undefined ? undefined : BigInt(money)]
    .filter((amount) => amount !== undefined)
    .reduce<bigint | undefined>((low, amount) => (low === undefined || amount < low ? amount : low), undefined);
  return least === undefined ? { micros: undefined, lacks: models.lacks } : { micros: Number(least), lacks: [] };
}

interface Step {
  readonly subject: string;
  readonly rules: SubjectAuthority | undefined;
  /** The ModelEndpoint; undefined: the step calls no model. */
  readonly model: string | undefined;
  /** Micro-USD per million tokens, the dearer direction; undefined: not known. */
  readonly price: number | undefined;
  readonly maxTokens: number | undefined;
  /** Micro-USD for all calls of tools. */
  readonly tools: bigint;
}

interface CountedStep extends Step {
  /** How often it may run. */
  readonly times: bigint;
}

function stepOf(node: BundleNode, { content, authority }: Compiled): Step {
  if (node.kind === 'tool') {
    const subject = `AgentSystem/${content.system}`;
    const cost = content.tools[node.tool]?.costPerCall ?? 0;
    return { ...noModel, subject, rules: authority.subjects[subject], tools: BigInt(cost) };
  }
  if (node.kind !== 'agent') return { ...noModel, subject: '', rules: undefined, tools: 0n };
  const subject = `Agent/${node.agent}`;
  const rules = authority.subjects[subject];
  const model = content.agents[node.agent]?.model;
  return {
    subject,
    rules,
    model,
    price: model === undefined ? undefined : dearerPrice(content.models[model]),
    maxTokens: rules?.limits.maxTokens,
    tools: toolCeiling(rules, content),
  };
}

const noModel = { model: undefined, price: undefined, maxTokens: undefined };

/** A script answers offline and costs nothing, unless it says what it should. */
function dearerPrice(model: Bundle['models'][string] | undefined): number | undefined {
  if (model?.pricing !== undefined) return Math.max(model.pricing.inputPerMTok, model.pricing.outputPerMTok);
  return model?.provider === 'scripted' ? 0 : undefined;
}

function toolCeiling(rules: SubjectAuthority | undefined, content: Bundle): bigint {
  if (rules === undefined) return 0n;
  const open = Object.entries(rules.tools).filter(([, verdict]) => verdict.kind !== 'deny');
  const dearest = Math.max(0, ...open.map(([name]) => content.tools[name]?.costPerCall ?? 0));
  return BigInt(dearest) * BigInt(rules.limits.maxToolCalls);
}

function modelCeiling(
  steps: readonly CountedStep[],
  runTokens: number | undefined,
): { readonly micros: bigint | undefined; readonly lacks: readonly string[] } {
  const paid = steps.filter(({ model, price }) => model !== undefined && price !== 0);
  const unpriced = paid
    .filter(({ price }) => price === undefined)
    .map(({ model }) => `no price of ModelEndpoint/${model ?? ''}`);
  if (unpriced.length > 0) return { micros: undefined, lacks: sorted(unpriced) };
  const budget = leastBudget(steps, 'tokens');
  const cap = least([runTokens, budget]);
  const whole = cap === undefined ? undefined : microsOf(cap, Math.max(0, ...paid.map(({ price }) => price ?? 0)));
  const uncapped = paid.filter(({ maxTokens }) => maxTokens === undefined);
  const parts = paid.reduce(
    (sum, { maxTokens, price, times }) => sum + microsOf(maxTokens ?? 0, price ?? 0) * times,
    0n,
  );
  if (uncapped.length > 0 && whole === undefined) {
    return {
      micros: undefined,
      lacks: sorted(uncapped.map(({ subject }) => `no limit of tokens for ${subject} or the run`)),
    };
  }
  if (uncapped.length > 0) return { micros: whole, lacks: [] };
  return { micros: whole !== undefined && whole < parts ? whole : parts, lacks: [] };
}

function microsOf(tokens: number, perMTok: number): bigint {
  return BigInt(costOf({ inputPerMTok: perMTok, outputPerMTok: 0 }, tokens, 0));
}

/** The least limit of those budgets that every spender of the run draws from: one that some pass by caps nothing. */
function leastBudget(steps: readonly Step[], unit: 'usd' | 'tokens'): number | undefined {
  const spends = (step: Step): boolean =>
    (step.model !== undefined && step.price !== 0) || (unit === 'usd' && step.tools > 0n);
  const [first, ...others] = steps.filter(spends);
  const shared = (first?.rules?.budgets ?? []).filter(
    (budget) =>
      budget.unit === unit &&
      budget.scope === 'run' &&
      others.every(({ rules }) => rules?.budgets.some(({ id }) => id === budget.id) === true),
  );
  return least(shared.map(({ limit }) => limit));
}

function least(amounts: readonly (number | undefined)[]): number | undefined {
  const known = amounts.filter((amount) => amount !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(compareText);
}
