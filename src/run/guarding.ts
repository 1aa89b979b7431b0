import type { BundleGuard } from '../manifest/bundle-guard.ts';
import type { GuardOutcome, GuardRequest, TextFinding } from '../guards/guard.ts';
import type { ReasonCode } from '../policy/reason.ts';
import type { GuardRecord } from './journal-entry.ts';
import type { AppliedGuard } from './guards.ts';
import type { Outside } from './outside.ts';
import type { Scope } from './scope.ts';

/** What the guards of a call make of its texts. */
export type Guarded =
  | { readonly kind: 'passed'; readonly changed: ReadonlyMap<string, string>; readonly records: readonly GuardRecord[] }
  | {
      readonly kind: 'closed';
      readonly reason: Extract<ReasonCode, 'guard.blocked' | 'guard.failed'>;
      readonly rule: string;
      /** For people. */
      readonly message: string;
      readonly records: readonly GuardRecord[];
    };

export interface Guarding extends Pick<GuardRequest, 'mode' | 'call'> {
  readonly guards: readonly AppliedGuard[];
  readonly texts: ReadonlySet<string>;
  readonly scope: Scope;
  readonly signal: AbortSignal;
  readonly world: Outside;
}

/**
 * Has every guard look at the texts. Those that block or watch see them as they are, so that a guard that masks can
 * never let pass what another blocks; then those that mask, in the order of their names, each what the one before left.
 */
export async function guarded(guarding: Guarding): Promise<Guarded> {
  const { guards } = guarding;
  const original = [...guarding.texts];
  const watching = guards.filter(({ guard, shadow }) => shadow || guard?.action !== 'mask');
  const seen = await Promise.all(watching.map((one) => look(guarding, one, original)));
  const looks: Look[] = [...seen];
  let texts: readonly string[] = original;
  for (const one of guards.filter((guard) => !watching.includes(guard))) {
    if (looks.some(({ closes }) => closes !== undefined)) break;
    const looked = await look(guarding, one, texts);
    looks.push(looked);
    if (looked.closes === undefined) texts = masked(texts, looked.findings);
  }
  const records = looks.flatMap(({ record }) => record ?? []);
  // What was found comes before what failed: it says more.
  const closed =
    looks.find(({ closes }) => closes?.reason === 'guard.blocked') ?? looks.find(({ closes }) => closes !== undefined);
  if (closed?.closes !== undefined) return { kind: 'closed', ...closed.closes, records };
  return { kind: 'passed', changed: changedOf(original, texts), records };
}

interface Look {
  readonly findings: readonly TextFinding[];
  readonly record: GuardRecord | undefined;
  readonly closes: Pick<Extract<Guarded, { kind: 'closed' }>, 'reason' | 'rule' | 'message'> | undefined;
}

async function look(guarding: Guarding, applied: AppliedGuard, texts: readonly string[]): Promise<Look> {
  const { mode } = guarding;
  const { rule, guard, shadow } = applied;
  const action = shadow ? 'audit' : (guard?.action ?? 'block');
  const fail = (failed: string): Look => ({
    findings: [],
    record: { guard: rule, mode, action, failed },
    closes: shadow ? undefined : { reason: 'guard.failed', rule, message: `${rule} did not answer. ${failed}` },
  });
  if (guard === undefined) return fail('No revision of it can be read.');
  const outcome = await asked(guarding, guard, texts);
  if (outcome.kind === 'failed') return fail(outcome.message);
  const { findings } = outcome;
  const found = totals(findings);
  if (Object.keys(found).length === 0) return { findings, record: undefined, closes: undefined };
  const record: GuardRecord = { guard: rule, mode, action, found };
  const isRefused = action === 'block' || (action === 'mask' && findings.some(({ refused }) => refused === true));
  if (isRefused) {
    const message = `${rule} found ${Object.keys(found).join(', ')}.`;
    return { findings, record, closes: { reason: 'guard.blocked', rule, message } };
  }
  if (action === 'mask') {
    const fault = maskFault(texts, findings);
    if (fault !== undefined) return fail(fault);
  }
  return { findings, record, closes: undefined };
}

/** How much longer masks may make the texts of a call: a replacement for each letter would be a flood. */
const growthMax = 4;
const growthBytes = 64 * 1024;

function maskFault(texts: readonly string[], findings: readonly TextFinding[]): string | undefined {
  if (findings.some(({ found, masked: text }) => Object.keys(found).length > 0 && text === undefined))
    return 'It cannot say where in a text it found something.';
  const lengthOf = (some: readonly string[]): number => some.reduce((sum, text) => sum + text.length, 0);
  return lengthOf(masked(texts, findings)) <= lengthOf(texts) * growthMax + growthBytes
    ? undefined
    : 'What it masks would make the call much longer than it is.';
}

function masked(texts: readonly string[], findings: readonly TextFinding[]): readonly string[] {
  return texts.map((text, at) => findings[at]?.masked ?? text);
}

function changedOf(before: readonly string[], after: readonly string[]): ReadonlyMap<string, string> {
  const changed = new Map<string, string>();
  for (const [at, text] of before.entries()) {
    const other = after[at];
    if (other !== undefined && other !== text) changed.set(text, other);
  }
  return changed;
}

function totals(findings: readonly TextFinding[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { found } of findings)
    for (const [name, count] of Object.entries(found)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

/** So many texts a guard is remembered to have looked at in one run: a conversation is sent again with every turn. */
const rememberedMax = 1_000;

const remembered = new WeakMap<Scope, Map<BundleGuard, Map<string, TextFinding>>>();

/** Asks the guard about the texts that it has not seen in this execution of the run. */
async function asked(
  { scope, mode, call, signal, world }: Guarding,
  guard: BundleGuard,
  texts: readonly string[],
): Promise<GuardOutcome> {
  const known = knownTo(scope, guard);
  const keyOf = (text: string): string => `${mode} ${call} ${text}`;
  const found = new Map(texts.map((text) => [text, known.get(keyOf(text))]));
  const unknown = [...found.keys()].filter((text) => found.get(text) === undefined);
  if (unknown.length > 0) {
    const door = scope.outside ?? world;
    if (door.guard === undefined) return { kind: 'failed', message: 'Nothing answers for guards here.' };
    const outcome = await door.guard(guard, { mode, call, texts: unknown }, { signal, secrets: scope.secrets, world });
    if (outcome.kind === 'failed') return outcome;
    if (known.size + unknown.length > rememberedMax) known.clear();
    for (const [at, text] of unknown.entries()) {
      const finding = outcome.findings[at] ?? missing();
      found.set(text, finding);
      known.set(keyOf(text), finding);
    }
  }
  return { kind: 'checked', findings: texts.map((text) => found.get(text) ?? missing()) };
}

function missing(): never {
  throw new TypeError('a guard gives one finding for each text');
}

function knownTo(scope: Scope, guard: BundleGuard): Map<string, TextFinding> {
  const ofScope = remembered.get(scope) ?? new Map<BundleGuard, Map<string, TextFinding>>();
  remembered.set(scope, ofScope);
  const known = ofScope.get(guard) ?? new Map<string, TextFinding>();
  ofScope.set(guard, known);
  return known;
}
