import type { BundleTool } from '../manifest/bundle.ts';
import type { Json } from '../manifest/json.ts';
import type { ModelResponse } from '../models/model.ts';
import { resultCheck } from '../policy/result-check.ts';
import type { ToolOutcome } from '../tools/tool.ts';
import type { Attempt } from './attempt.ts';
import type { CallError, GuardRecord, RecordedDecision } from './journal-entry.ts';
import { type Guarded, guarded } from './guarding.ts';
import { guardsFor } from './guards.ts';
import { collectTexts, replaceTexts } from './json-texts.ts';
import { collectAnswer, maskAnswer } from './masking.ts';
import type { Outside } from './outside.ts';
import { replaced } from './screening.ts';

/** What the guards after a call leave of its answer. `decision`: for the record, where they found something. */
export type Kept<T> =
  | { readonly kind: 'passed'; readonly answer: T; readonly decision?: RecordedDecision }
  | { readonly kind: 'closed'; readonly error: CallError; readonly decision: RecordedDecision };

type Answer = Pick<ModelResponse, 'text' | 'toolCalls' | 'thoughts'>;

/** Has the guards look at what a model answered, before it is journalled and used. Undefined: none looks. */
export function screenAnswer<A extends Answer>(
  attempt: Attempt,
  answer: A,
  world: Outside,
): Promise<Kept<A>> | undefined {
  const looked = look(attempt, world, (texts) => collectAnswer(answer, texts));
  return looked?.then((result) => keep(result, (changed) => maskAnswer(answer, changed), 'the model'));
}

/** The same of what a tool, or another agent, gave. */
export function screenOutput(attempt: Attempt, output: Json, world: Outside): Promise<Kept<Json>> | undefined {
  const looked = look(attempt, world, (texts) => collectTexts(output, texts));
  return looked?.then((result) => keep(result, (changed) => replaceTexts(output, changed), 'the tool'));
}

export interface ScreenedOutcome {
  readonly outcome: ToolOutcome;
  readonly decision?: RecordedDecision | undefined;
}

/** The same of a tool's outcome, with the words that it failed with; a result stays one that its schema takes. */
export function screenOutcome(
  attempt: Attempt,
  { tool, outcome }: { readonly tool: BundleTool; readonly outcome: ToolOutcome },
  world: Outside,
): Promise<ScreenedOutcome> | ScreenedOutcome {
  const screening = screenOutput(attempt, outcome.kind === 'done' ? outcome.output : outcome.message, world);
  return screening === undefined ? { outcome } : screening.then((kept) => keptOutcome(kept, { tool, outcome }));
}

function keptOutcome(
  kept: Kept<Json>,
  { tool, outcome }: { readonly tool: BundleTool; readonly outcome: ToolOutcome },
): ScreenedOutcome {
  const { decision } = kept;
  if (outcome.kind !== 'done') {
    const message = kept.kind === 'passed' && typeof kept.answer === 'string' ? kept.answer : keptBack('the tool');
    return { outcome: { ...outcome, message }, decision };
  }
  if (kept.kind === 'closed') return { outcome: { kind: 'failed', ...kept.error, retryable: false }, decision };
  if (kept.answer === outcome.output) return { outcome, decision };
  const message = resultCheck(tool, kept.answer);
  if (message === undefined) return { outcome: { kind: 'done', output: kept.answer }, decision };
  return { outcome: { kind: 'failed', code: 'result.invalid', message, retryable: false }, decision };
}

function look(attempt: Attempt, world: Outside, collect: (texts: Set<string>) => void): Promise<Guarded> | undefined {
  const { call, scope, subject } = attempt;
  const about = { mode: 'postCall', call: call.kind } as const;
  const guards = guardsFor(scope, subject, about);
  if (guards.length === 0) return undefined;
  const texts = new Set<string>();
  collect(texts);
  return guarded({ ...about, guards, texts, scope, signal: call.signal, world });
}

function keep<T>(result: Guarded, mask: (changed: ReadonlyMap<string, string>) => T, whose: string): Kept<T> {
  if (result.kind === 'closed') return closed(result, whose);
  const { changed, records } = result;
  const masked = replaced(() => mask(changed), records);
  if (masked.kind === 'closed') return closed(masked, whose);
  if (records.length === 0) return { kind: 'passed', answer: masked.value };
  return { kind: 'passed', answer: masked.value, decision: { kind: 'allow', rule: rulesOf(records), guards: records } };
}

/** The names are for the record: a model that is told of a failed call is told nothing of the rules. */
function closed({ reason, rule, message, records }: Extract<Guarded, { kind: 'closed' }>, whose: string): Kept<never> {
  return {
    kind: 'closed',
    error: { code: reason, message: keptBack(whose), retryable: false },
    decision: { kind: 'deny', rule, reason, message, guards: records },
  };
}

function keptBack(whose: string): string {
  return `What ${whose} answered was kept back.`;
}

function rulesOf(records: readonly GuardRecord[]): string {
  return [...new Set(records.map(({ guard }) => guard))].join(', ');
}
