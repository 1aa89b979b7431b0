import { longDurationMs, parseDuration } from '../manifest/duration.ts';
import { canonicalText, sha256 } from '../manifest/digest.ts';
import { evaluateExpression } from '../manifest/expression.ts';
import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { listAt, objectAt } from '../manifest/manifest-reference.ts';

/** How new runs come to a new revision of a system: `AgentSystem.spec.rollout`, as the rollout's row keeps it. */
export interface RolloutPlan {
  readonly strategy: 'canary' | 'blueGreen';
  /** CEL over `input`. */
  readonly key?: string;
  readonly steps: readonly RolloutStep[];
}

export interface RolloutStep {
  /** The part of new runs that see the new revision, in percent. */
  readonly weight: number;
  /** Absent: until somebody goes on. */
  readonly pauseMs?: number;
  readonly analysis?: Analysis;
}

export interface Analysis {
  readonly minRuns: number;
  readonly maxErrorRate?: number;
  readonly maxLatencyMs?: number;
}

/** Undefined: every new run sees the new revision at once. */
export function rolloutPlanOf(rollout: Json | undefined): RolloutPlan | undefined {
  if (!isJsonObject(rollout)) return undefined;
  const { strategy, key } = rollout;
  const keyed = typeof key === 'string' ? { key } : {};
  if (strategy === 'blueGreen') return { strategy, ...keyed, steps: [{ weight: 0 }] };
  if (strategy !== 'canary') return undefined;
  const steps = listAt(rollout, 'steps').filter(isJsonObject).map(stepOf);
  return steps.length === 0 ? undefined : { strategy, ...keyed, steps };
}

function stepOf(step: JsonObject): RolloutStep {
  const { weight, pause, analysis } = step;
  return {
    weight: Number(weight),
    ...(typeof pause === 'string' ? { pauseMs: longDurationMs(pause) } : {}),
    ...(isJsonObject(analysis) ? { analysis: analysisOf(objectAt(step, 'analysis')) } : {}),
  };
}

const minRunsDefault = 20;

function analysisOf({ minRuns, maxErrorRate, maxLatency }: JsonObject): Analysis {
  const latencyMs = typeof maxLatency === 'string' ? parseDuration(maxLatency) : undefined;
  return {
    minRuns: typeof minRuns === 'number' ? minRuns : minRunsDefault,
    ...(maxErrorRate === undefined ? {} : { maxErrorRate: Number(maxErrorRate) }),
    ...(latencyMs === undefined ? {} : { maxLatencyMs: latencyMs }),
  };
}

export interface Routed {
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  readonly weight: number;
  readonly key?: string | undefined;
}

/**
 * Which revision a new run sees. A higher weight only moves runs from the old one to the new one. The same keys come
 * first in every rollout of a system, so that a newer revision does not send them back to the old one. Where there is
 * no key, or its expression gives no value, `identity` decides: a rollout refuses no run.
 */
export function sideOf({ system, weight, key }: Routed, input: JsonObject, identity: string): 'old' | 'new' {
  const text = (key === undefined ? undefined : valueOf(key, input)) ?? identity;
  return bucketOf(`${system}\n${text}`) < weight * 100 ? 'new' : 'old';
}

function valueOf(expression: string, input: JsonObject): string | undefined {
  try {
    return canonicalText(evaluateExpression(expression, { input, nodes: {} }));
  } catch {
    // What the key reads may be missing in this input.
    return undefined;
  }
}

/** From 0 to 9,999, evenly. */
function bucketOf(text: string): number {
  return Number.parseInt(sha256(text).slice(0, 12), 16) % 10_000;
}

/** What came of one side's runs that ended since the step began. Cancelled runs say nothing and are not among them. */
export interface SideFigures {
  readonly runs: number;
  readonly failed: number;
  /** How long 95 of 100 of them took at most, from their first start to their end; absent without runs. */
  readonly latencyMs?: number;
}

export interface Progress {
  readonly plan: RolloutPlan;
  readonly state: 'progressing' | 'paused' | 'aborted';
  /** Place in the plan's steps. */
  readonly step: number;
  readonly stepSince: Date;
}

export type Move =
  | { readonly kind: 'stay' }
  | { readonly kind: 'step'; readonly step: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'abort'; readonly reason: string };

/**
 * What becomes of a rollout by itself. It only ever goes forward or is aborted, and what was aborted stays so; a pause
 * holds it where it is, and does not keep it from being aborted.
 */
export function nextMove(progress: Progress, figures: Record<'from' | 'to', SideFigures>, now: Date): Move {
  const { plan, state, step: index, stepSince } = progress;
  const step = plan.steps[index];
  if (state === 'aborted' || step === undefined) return { kind: 'stay' };
  const { analysis } = step;
  const reason = analysis && brokenBy(analysis, figures);
  if (reason !== undefined) return { kind: 'abort', reason };
  if (state === 'paused' || !isOver(step, now.getTime() - stepSince.getTime())) return { kind: 'stay' };
  if (analysis !== undefined && figures.to.runs < analysis.minRuns) return { kind: 'stay' };
  return following(plan, index);
}

/** The step after this one; after the last, the rollout is done. */
export function following({ steps }: RolloutPlan, index: number): Move {
  return index + 1 < steps.length ? { kind: 'step', step: index + 1 } : { kind: 'done' };
}

/** Nothing is left to wait for where every run sees the new revision and nothing is asked of it. */
function isOver({ weight, pauseMs, analysis }: RolloutStep, elapsedMs: number): boolean {
  return pauseMs === undefined ? weight === 100 && analysis === undefined : elapsedMs >= pauseMs;
}

function brokenBy(analysis: Analysis, { from, to }: Record<'from' | 'to', SideFigures>): string | undefined {
  const { minRuns, maxErrorRate, maxLatencyMs } = analysis;
  if (to.runs < minRuns) return undefined;
  if (maxErrorRate !== undefined && to.failed > maxErrorRate * to.runs) {
    const bound = `more than ${percent(maxErrorRate)}`;
    return `${to.failed} of ${to.runs} runs of the new revision failed, ${bound}; of the old one ${from.failed} of ${from.runs}.`;
  }
  if (maxLatencyMs !== undefined && to.latencyMs !== undefined && to.latencyMs > maxLatencyMs) {
    const old = from.latencyMs === undefined ? 'none ended' : `${seconds(from.latencyMs)} s`;
    return `95 of 100 runs of the new revision took up to ${seconds(to.latencyMs)} s, more than ${seconds(maxLatencyMs)} s; of the old one: ${old}.`;
  }
  return undefined;
}

function percent(rate: number): string {
  return `${Number((rate * 100).toFixed(2))} %`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

/** What an apply does to a system, as far as its rollout goes. */
export interface SystemChange {
  /** Of its current bundle; absent: the system is new. */
  readonly before?: string | undefined;
  /** Of its new bundle; absent: only what its rollout is to be may have changed. */
  readonly after?: string | undefined;
  /** As it was written before: only another build of pawl compiles it otherwise. */
  readonly isRecompiled: boolean;
  /** A rollback is not made in steps. */
  readonly isRollback: boolean;
  readonly plan: RolloutPlan | undefined;
  /** The rollout that is under way. */
  readonly open?: { readonly from: string; readonly plan: RolloutPlan } | undefined;
}

export type Settlement =
  | { readonly kind: 'none' }
  /** `from` is what was last seen by all new runs. */
  | { readonly kind: 'begin'; readonly from: 'before' | 'open' }
  /** The same rollout to another bundle, or by another plan. */
  | { readonly kind: 'retarget' }
  | { readonly kind: 'end'; readonly state: 'reverted' | 'superseded' };

/** What becomes of the rollout of a system that stays. */
export function settlementOf({ before, after, isRecompiled, isRollback, plan, open }: SystemChange): Settlement {
  if (open !== undefined && after === open.from) return { kind: 'end', state: 'reverted' };
  if (plan === undefined || isRollback)
    return open === undefined ? { kind: 'none' } : { kind: 'end', state: 'superseded' };
  const isNew = after !== undefined && !isRecompiled;
  if (isNew && open !== undefined) return { kind: 'begin', from: 'open' };
  if (isNew && before !== undefined) return { kind: 'begin', from: 'before' };
  const isSame = after === undefined && open !== undefined && canonical(open.plan) === canonical(plan);
  return open === undefined || isSame ? { kind: 'none' } : { kind: 'retarget' };
}

function canonical(plan: RolloutPlan): string {
  return canonicalText(plan as unknown as Json);
}
