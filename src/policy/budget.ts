import type { BundleModel } from '../manifest/bundle.ts';
import { compareText } from '../manifest/problem.ts';
import { accountKey, type SharedBudget, sharedBudget } from './account.ts';
import type { Budget, SubjectAuthority } from './authority.ts';
import type { Drawn, Spent, Usage } from './context.ts';
import { affordableOutput, costOf } from './cost.ts';
import type { Decision, Draw, Reservation } from './decision.ts';
import { type Denial, deny, type Revisions, rowsUnder } from './effective.ts';
import { kept } from './kept.ts';

/** What a call would hold, in the unit of each budget. */
export interface Need {
  /** With less than `least` the call cannot be made. */
  readonly of: (budget: Budget) => { readonly amount: number; readonly least: number } | Denial;
  /** Makes do with what is left, which is `least` or more. */
  readonly shrink: (budget: Budget, left: number) => void;
}

/** T14: a tool costs what it costs. */
export function toolNeed(reserve: Reservation): Need {
  const of = ({ unit }: Budget) => {
    const amount = inUnit(unit, reserve);
    return { amount, least: amount };
  };
  return { of, shrink: () => undefined };
}

function inUnit(unit: Budget['unit'], { calls, tokens, cost }: Spent): number {
  return unit === 'calls' ? calls : unit === 'tokens' ? tokens : cost;
}

/** What a model call would hold; the output shrinks as budgets are looked at. */
export interface Caps {
  readonly input: number;
  output: number;
  /** Of the output what must be left: one token of an answer, nothing of embeddings. */
  readonly least: 0 | 1;
}

/** M9: an answer of no tokens is no answer, so at least one must be left after the input. */
export function modelNeed(caps: Caps, { model, pricing }: Pick<BundleModel, 'model' | 'pricing'>): Need {
  const of = ({ id, unit }: Budget) => {
    if (unit === 'calls') return { amount: 1, least: 1 };
    if (unit === 'tokens') return { amount: caps.input + caps.output, least: caps.input + caps.least };
    if (pricing !== undefined)
      return { amount: costOf(pricing, caps.input, caps.output), least: costOf(pricing, caps.input, caps.least) };
    return deny('budget.price_unknown', id, `The budget ${id} is in usd, but the model ${model} has no price.`);
  };
  const shrink = ({ unit }: Budget, left: number) => {
    if (unit === 'tokens') caps.output = Math.min(caps.output, left - caps.input);
    if (unit === 'usd' && pricing !== undefined)
      caps.output = Math.min(caps.output, affordableOutput(pricing, caps.input, left));
  };
  return { of, shrink };
}

/**
 * Holds a call against each budget of both revisions; one that is in both must hold under both of its limits. What is
 * shared with other runs is decided by what this run has drawn of it: where that is not enough, and more may be there,
 * the answer is to draw. Undefined: they all hold.
 */
export function budgetVerdict(
  revisions: Revisions,
  usage: Usage,
  need: Need,
): Denial | Extract<Decision, { kind: 'draw' }> | undefined {
  const denial = runDenial(revisions, usage, need);
  if (denial !== undefined) return denial;
  if (!hasShared(revisions)) return undefined;
  const draws: Draw[] = [];
  for (const shared of sharedBudgets(revisions)) {
    const verdict = sharedVerdict(shared, usage.drawn, need);
    if (verdict === undefined) continue;
    if (verdict.kind === 'deny') return verdict;
    draws.push(verdict.draw);
  }
  return draws.length === 0 ? undefined : { kind: 'draw', draws };
}

/** Nearly no subject has any. */
function hasShared({ pinned, live }: Revisions): boolean {
  return sharesBudgets(pinned) || (live !== undefined && live !== pinned && sharesBudgets(live));
}

const sharesBudgets = kept(
  ({ budgets, audit }: SubjectAuthority): boolean =>
    audit !== undefined || budgets.some(({ scope }) => scope !== 'run'),
);

function runDenial(revisions: Revisions, { budgets }: Usage, need: Need): Denial | undefined {
  for (const row of rowsUnder(revisions)) {
    for (const budget of row.budgets) {
      if (budget.scope !== 'run') continue;
      const used = inUnit(budget.unit, budgets.get(budget.id) ?? nothing);
      const needed = need.of(budget);
      if ('kind' in needed) return needed;
      const left = budget.limit - used;
      // Written so that a figure that is not a number refuses too.
      if (!(left >= needed.least)) return exhausted(budget, used);
      need.shrink(budget, left);
    }
  }
  return undefined;
}

const nothing: Spent = { calls: 0, tokens: 0, cost: 0 };

function exhausted(budget: Budget, used: number): Denial {
  const unit = unitText(budget);
  const message = `The budget ${budget.id} has ${used} of ${budget.limit} ${unit} used or held in this run; the call needs more than is left.`;
  return deny('budget.exhausted', budget.id, message);
}

function unitText({ unit }: Budget): string {
  return unit === 'usd' ? 'micro-USD' : unit;
}

/** A shared budget as both revisions have it: under the lower limit. */
export interface SharedLimit {
  readonly key: string;
  /** Of one that is on trial alone the limit is `trialLimit`: it is drawn from, and refuses nothing. */
  readonly budget: SharedBudget;
  /** What live says, or where it has no such budget the run's revision. */
  readonly declared: number;
}

/** No account is ever used up to it. */
export const trialLimit = Number.MAX_SAFE_INTEGER;

/**
 * The budgets of a subject that other runs share, in the order of their accounts. Those of policies with `mode: audit`
 * are booked like the others, so that what they would have refused can be told.
 */
export function sharedBudgets(revisions: Revisions): readonly SharedLimit[] {
  const { pinned, live } = revisions;
  const found = new Map<string, SharedLimit>();
  const isTried = pinned.audit !== undefined || live?.audit !== undefined;
  if (isTried) {
    for (const budget of [...(pinned.audit?.budgets ?? []), ...(live?.audit?.budgets ?? [])]) addTried(budget, found);
  }
  for (const row of rowsUnder(revisions)) {
    for (const one of row.budgets) {
      const budget = sharedBudget(one);
      if (budget === undefined) continue;
      const key = accountKey(budget);
      const limit = Math.min(budget.limit, found.get(key)?.budget.limit ?? trialLimit);
      found.set(key, { key, budget: { ...budget, limit }, declared: budget.limit });
    }
  }
  // Nearly every subject has none.
  return found.size < 2 ? [...found.values()] : [...found.values()].sort((a, b) => compareText(a.key, b.key));
}

function addTried(one: Budget, found: Map<string, SharedLimit>): void {
  const budget = sharedBudget(one);
  if (budget === undefined) return;
  const key = accountKey(budget);
  found.set(key, { key, budget: { ...budget, limit: trialLimit }, declared: budget.limit });
}

function sharedVerdict(
  { key, budget, declared }: SharedLimit,
  drawn: Usage['drawn'],
  need: Need,
): Denial | { readonly kind: 'draw'; readonly draw: Draw } | undefined {
  const needed = need.of(budget);
  // What is on trial refuses nothing, and what has no price cannot be booked.
  if ('kind' in needed) return budget.limit === trialLimit ? undefined : needed;
  const { amount, least } = needed;
  if (drawn === undefined || amount === 0) return undefined;
  const known = drawn.get(key);
  // Asked what a budget on trial would have said: its account is drawn from without a limit.
  if (known?.limit === trialLimit && budget.limit !== trialLimit) {
    const left = budget.limit - (known.spent ?? 0);
    return left >= least ? undefined : dry(budget, { left, least });
  }
  const { left, isDry } = standing(budget, known);
  if (left >= amount) return undefined;
  if (!isDry) {
    const { unit, window, limit } = budget;
    return { kind: 'draw', draw: { account: key, unit, window, limit, declared, amount, least } };
  }
  if (!(left >= least)) return dry(budget, { left, least });
  need.shrink(budget, left);
  return undefined;
}

/** Under a limit that was lowered nothing counts that was drawn before; under one that was raised nothing is dry. */
function standing(budget: Budget, drawn: Drawn | undefined): { readonly left: number; readonly isDry: boolean } {
  if (drawn === undefined || budget.limit < drawn.limit) return { left: 0, isDry: false };
  return { left: drawn.left, isDry: drawn.dry && budget.limit <= drawn.limit };
}

function dry(budget: SharedBudget, { left, least }: { readonly left: number; readonly least: number }): Denial {
  const unit = unitText(budget);
  const message = `The budget ${budget.id} of ${budget.sharedBy} has ${Math.max(0, left)} ${unit} left for this run in this ${budget.window}, of ${budget.limit}; the call needs ${least}.`;
  return deny('budget.exhausted', budget.id, message);
}
