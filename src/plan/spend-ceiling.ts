import type { Bundle } from '../manifest/bundle.ts';
import { own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import { costOf } from '../policy/cost.ts';
import { type Compiled, least, type SpendingStep, stepsOf } from './spend-steps.ts';

/** An amount in micro-USD, or what is missing to know it, in words. */
export interface Figure {
  readonly micros: number | undefined;
  readonly lacks: readonly string[];
}

/**
 * The most that one run may cost. Each step is made as often as lists, turns, attempts and hand-offs let it. Tokens are
 * counted at the dearest price of the endpoints that the step may ask; what caps them is a limit of the run, a budget in
 * tokens of all who spend, or the limits of every step. A limit or a budget in money of all who spend caps the whole.
 */
export function ceilingOf(compiled: Compiled): Figure {
  const { content } = compiled;
  const steps = stepsOf(compiled).map((step): PricedStep => ({ ...step, ...priceOf(step.models, content) }));
  const spent = spentOf(steps, content.limits.maxTokens);
  const money = least([leastBudget(steps, 'usd'), content.limits.maxCost]);
  const most = leastBig(spent.micros, money === undefined ? undefined : BigInt(money));
  return most === undefined ? { micros: undefined, lacks: spent.lacks } : { micros: Number(most), lacks: [] };
}

interface PricedStep extends SpendingStep {
  /** Micro-USD per million tokens, the dearest endpoint's dearer direction; undefined: not known of all. */
  readonly price: number | undefined;
  /** Endpoints whose price is not known. */
  readonly unpriced: readonly string[];
}

function priceOf(models: readonly string[], content: Bundle): Pick<PricedStep, 'price' | 'unpriced'> {
  const prices = models.map((name) => ({ name, price: dearerPrice(own(content.models, name)) }));
  const unpriced = prices.flatMap(({ name, price }) => (price === undefined ? [name] : []));
  return {
    unpriced,
    price: unpriced.length > 0 ? undefined : Math.max(0, ...prices.map(({ price }) => price ?? 0)),
  };
}

/** A script answers offline and costs nothing, unless it says what it should. */
function dearerPrice(model: Bundle['models'][string] | undefined): number | undefined {
  if (model?.pricing !== undefined) return Math.max(model.pricing.inputPerMTok, model.pricing.outputPerMTok);
  return model?.provider === 'scripted' ? 0 : undefined;
}

function spentOf(
  steps: readonly PricedStep[],
  runTokens: number | undefined,
): { readonly micros: bigint | undefined; readonly lacks: readonly string[] } {
  const parts = steps.map((step) => ({ step, micros: micros(step) }));
  const open = parts.filter((part) => part.micros === undefined).map(({ step }) => step);
  const whole = wholeOf(steps, least([runTokens, leastBudget(steps, 'tokens')]));
  if (open.length === 0) return { micros: leastBig(whole, total(parts.map((part) => part.micros ?? 0n))), lacks: [] };
  if (whole !== undefined) return { micros: whole, lacks: [] };
  const unpriced = open.flatMap((step) => step.unpriced.map((name) => `no price of ModelEndpoint/${name}`));
  const uncapped = open.map(({ subject }) => `no limit of tokens for ${subject} or the run`);
  return { micros: undefined, lacks: sorted(unpriced.length > 0 ? unpriced : uncapped) };
}

/** Under a limit in money the gate lets no endpoint be asked whose price it does not know. */
function micros({ price, maxTokens, maxCost, tools, times }: PricedStep): bigint | undefined {
  const models =
    price === 0 ? 0n : maxTokens === undefined || price === undefined ? undefined : atPrice(maxTokens, price);
  const spent = models === undefined ? undefined : models + tools;
  const most = leastBig(spent, maxCost === undefined ? undefined : BigInt(maxCost));
  return most === undefined ? undefined : most * times;
}

/** All tokens of the run at the dearest price, and all tools. */
function wholeOf(steps: readonly PricedStep[], tokens: number | undefined): bigint | undefined {
  if (tokens === undefined || steps.some(({ price }) => price === undefined)) return undefined;
  const dearest = Math.max(0, ...steps.map(({ price }) => price ?? 0));
  return atPrice(tokens, dearest) + total(steps.map(({ tools, times }) => tools * times));
}

function atPrice(tokens: number, perMTok: number): bigint {
  return BigInt(costOf({ inputPerMTok: perMTok, outputPerMTok: 0 }, tokens, 0));
}

/** The least limit of those budgets that every spender of the run draws from: one that some pass by caps nothing. */
function leastBudget(steps: readonly PricedStep[], unit: 'usd' | 'tokens'): number | undefined {
  const spends = ({ price, tools }: PricedStep): boolean => price !== 0 || (unit === 'usd' && tools > 0n);
  const [first, ...others] = steps.filter(spends);
  const shared = (first?.rules?.budgets ?? []).filter(
    (budget) =>
      budget.unit === unit &&
      budget.scope === 'run' &&
      others.every(({ rules }) => rules?.budgets.some(({ id }) => id === budget.id) === true),
  );
  return least(shared.map(({ limit }) => limit));
}

function total(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

function leastBig(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(compareText);
}
