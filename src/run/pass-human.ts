import type { BundleTool } from '../manifest/bundle.ts';
import type { BundleHuman } from '../manifest/bundle-people.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import { resultCheck } from '../policy/result-check.ts';
import type { ToolOutcome } from '../tools/tool.ts';
import { type ToolStepCall, toolOf, useTimeoutMs, writtenDigest } from './ask.ts';
import { type Attempt, noCharge, settle } from './attempt.ts';
import { StepFailure } from './halt.ts';
import type { Outside } from './outside.ts';
import { askPeople, questionPath } from './people.ts';
import type { CallResult } from './replay.ts';
import type { Scope } from './scope.ts';
import { screen } from './screening.ts';
import { screenOutcome } from './screening-result.ts';

/** What people are asked by a call to this name; undefined: no person is behind it. */
export function humanOf(call: ToolStepCall, scope: Scope): BundleHuman | undefined {
  const impl = toolOf(call.caller, call.name, scope)?.tool.impl;
  return impl?.type === 'human' ? impl : undefined;
}

/**
 * Puts a call that was let through to people, and writes down what they answered as its result. Until somebody does, the
 * call stays open and the branch waits, as at a node where people are asked: whoever takes the run up asks nobody again.
 */
export async function passHuman(
  unsent: Attempt<ToolStepCall>,
  human: BundleHuman,
  world: Outside,
): Promise<CallResult> {
  const { call, scope, path } = unsent;
  const tool = toolOf(call.caller, call.name, scope)?.tool;
  if (tool === undefined) throw new TypeError('a call to no tool');
  const screened = await sentOf(unsent, world);
  if (screened.kind === 'closed') {
    settle(unsent, { outcome: 'failed', error: screened.error, ...noCharge });
    return { kind: 'failed', error: screened.error };
  }
  const args = JSON.parse(screened.sent.arguments) as Json;
  const played = scope.outside?.person?.({ path: call.path, digest: writtenDigest(call) });
  const given = played ?? (await answerTo({ attempt: unsent, tool, human, args }));
  const { outcome, decision } = await screenOutcome(unsent, { tool, outcome: given }, world);
  const by = scope.journal.recorded(questionPath({ place: call.path, kind: 'human' }))?.result?.target;
  // What a question costs it has cost, whatever is answered.
  const took = { tokensIn: 0, tokensOut: 0, cost: scope.ledger.booked(path)?.cost ?? 0, decision, by };
  if (outcome.kind === 'done') {
    settle(unsent, { outcome: 'done', body: JSON.stringify(outcome.output), ...took });
    return { kind: 'done', output: outcome.output };
  }
  const error = { code: outcome.code, message: outcome.message, retryable: false };
  settle(unsent, { outcome: 'failed', error, ...took });
  return { kind: 'failed', error };
}

type Sent =
  | { readonly kind: 'sent'; readonly sent: ToolStepCall }
  | { readonly kind: 'closed'; readonly error: { readonly code: string; readonly message: string } };

/**
 * The call as guards left it. Whoever takes up a run between the intent and the question has not been through them: they
 * look again, so that nobody is shown what they mask.
 */
async function sentOf(attempt: Attempt<ToolStepCall>, world: Outside): Promise<Sent> {
  const { call, sent, guards, scope } = attempt;
  if (sent?.kind === 'tool') return { kind: 'sent', sent };
  const isAsked = scope.waits.has(questionPath({ place: call.path, kind: 'human' }));
  if (guards !== undefined || isAsked) return { kind: 'sent', sent: call };
  const screened = await screen(attempt, world);
  if (screened?.kind === 'closed') {
    return { kind: 'closed', error: { code: screened.reason, message: 'What was to be asked was kept back.' } };
  }
  return { kind: 'sent', sent: screened?.attempt.sent?.kind === 'tool' ? screened.attempt.sent : call };
}

interface Asked {
  readonly attempt: Attempt<ToolStepCall>;
  readonly tool: BundleTool;
  readonly human: BundleHuman;
  readonly args: Json;
}

/** What people answered, as a tool answers; that nobody did in time is the call's failure, and not the step's. */
async function answerTo({ attempt, tool, human, args }: Asked): Promise<ToolOutcome> {
  const { call, scope, subject, target } = attempt;
  const ttlMs = Math.min(human.ttlMs, useTimeoutMs(call, scope) ?? Number.POSITIVE_INFINITY);
  const detail: JsonObject = {
    system: call.caller.kind === 'system' ? call.caller.system : scope.run.system,
    shown: args,
    assignees: { groups: human.assignees.groups, users: human.assignees.users },
    form: human.form ?? { type: 'string' },
    tool: target,
    asks: tool.description,
    by: subject,
  };
  try {
    const { body } = await askPeople({ place: call.path, kind: 'human', ttlMs, detail }, scope);
    return await heldAgainst(tool, body ?? 'null', scope);
  } catch (cause) {
    if (!(cause instanceof StepFailure)) throw cause;
    const { code, message } = cause.error;
    return { kind: 'failed', code, message, retryable: false };
  }
}

/** An answer fits the form already: the door to it saw to that. What the tool says of its results holds too. */
async function heldAgainst(tool: BundleTool, body: string, { secrets }: Scope): Promise<ToolOutcome> {
  if (Buffer.byteLength(body) > tool.maxResultBytes) {
    const message = `The answer is larger than ${tool.maxResultBytes} bytes.`;
    return { kind: 'failed', code: 'result.too_large', message, retryable: false };
  }
  await secrets.load();
  // Written by the door, as JSON.
  const output = secrets.scrub(JSON.parse(body) as Json);
  const message = resultCheck(tool, output);
  return message === undefined
    ? { kind: 'done', output }
    : { kind: 'failed', code: 'result.invalid', message, retryable: false };
}
