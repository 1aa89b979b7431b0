import { parseStrictJson } from '../policy/strict-json.ts';
import { type ModelStepCall, type ToolStepCall, writtenDigest } from './ask.ts';
import type { Attempt } from './attempt.ts';
import type { GuardRecord } from './journal-entry.ts';
import { type Guarded, guarded, type Guarding } from './guarding.ts';
import { guardsFor } from './guards.ts';
import { collectTexts, NamesCollide, replaceTexts } from './json-texts.ts';
import { collectMessage, maskMessage } from './masking.ts';
import type { Outside } from './outside.ts';

/** What the guards before a call say of it. */
export type Screened = { readonly kind: 'passed'; readonly attempt: Attempt } | Closed;

export type Closed = Extract<Guarded, { kind: 'closed' }> & {
  /** Of a tool call: the digest of what the model wrote. */
  readonly argsDigest?: string;
};

/**
 * Has the guards look at what a call would send, before its arguments are frozen or its prompt goes out. What they mask
 * is masked in what is sent alone: the journal goes on knowing the call by what the model wrote. Undefined, and nothing
 * waits: no guard looks at calls like this one.
 */
export function screen(attempt: Attempt, world: Outside): Promise<Screened> | undefined {
  const { call, scope, subject } = attempt;
  const guards = guardsFor(scope, subject, { mode: 'preCall', call: call.kind });
  if (guards.length === 0) return undefined;
  const common = { mode: 'preCall', guards, scope, signal: call.signal, world } as const;
  return call.kind === 'model'
    ? screenPrompt({ ...attempt, call }, { ...common, call: 'model' })
    : screenArguments({ ...attempt, call }, { ...common, call: 'tool' });
}

type Common = Omit<Guarding, 'texts'>;

async function screenArguments(attempt: Attempt<ToolStepCall>, common: Common): Promise<Screened> {
  const { call } = attempt;
  const parsed = parseStrictJson(call.arguments);
  // The gate has said already that it is: it is asked before the guards, and refuses the rest.
  if (parsed.kind !== 'parsed') throw new TypeError('arguments that the gate let pass are strict JSON');
  const texts = new Set<string>();
  collectTexts(parsed.value, texts);
  const result = await guarded({ ...common, texts });
  const written = writtenDigest(call);
  if (result.kind === 'closed') return { ...result, argsDigest: written };
  const { changed, records } = result;
  if (changed.size === 0) return passed({ ...attempt, guards: records });
  if (call.enter !== undefined) return { ...closedHandOff(records), argsDigest: written };
  const args = replaced(() => replaceTexts(parsed.value, changed), records);
  if (args.kind === 'closed') return { ...args, argsDigest: written };
  return passed({ ...attempt, sent: { ...call, arguments: JSON.stringify(args.value) }, written, guards: records });
}

/** The other agent begins with what was written, now and on every resume: that cannot be another text. */
function closedHandOff(records: readonly GuardRecord[]): Extract<Guarded, { kind: 'closed' }> {
  const rule = records.find(({ action }) => action === 'mask')?.guard ?? 'Guard';
  const message = `${rule} would mask a part of what is handed to another agent, which cannot be masked.`;
  return { kind: 'closed', reason: 'guard.blocked', rule, message, records };
}

async function screenPrompt(attempt: Attempt<ModelStepCall>, common: Common): Promise<Screened> {
  const { call } = attempt;
  const texts = new Set<string>([call.system]);
  for (const message of call.messages) collectMessage(message, texts);
  const result = await guarded({ ...common, texts });
  if (result.kind === 'closed') return result;
  const { changed, records } = result;
  if (changed.size === 0) return passed({ ...attempt, guards: records });
  const messages = replaced(() => call.messages.map((message) => maskMessage(message, changed)), records);
  if (messages.kind === 'closed') return messages;
  const sent = { ...call, system: changed.get(call.system) ?? call.system, messages: messages.value };
  return passed({ ...attempt, sent, guards: records });
}

function passed(attempt: Attempt): Screened {
  return { kind: 'passed', attempt };
}

type Replaced<T> = { readonly kind: 'replaced'; readonly value: T } | Extract<Guarded, { kind: 'closed' }>;

/** What cannot be masked without becoming something else does not pass. */
export function replaced<T>(replace: () => T, records: readonly GuardRecord[]): Replaced<T> {
  try {
    return { kind: 'replaced', value: replace() };
  } catch (cause) {
    if (!(cause instanceof NamesCollide)) throw cause;
    const rule = records.find(({ action }) => action === 'mask')?.guard ?? 'Guard';
    const message = `${rule} would give two members of an object the same name.`;
    return { kind: 'closed', reason: 'guard.failed', rule, message, records };
  }
}
