import { findRoot, noRepository } from '../config.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import { shownText } from '../manifest/shown.ts';
import { neutral } from '../manifest/neutral.ts';
import type { AccessAnswer, AccessQuestion } from '../plan/access-answer.ts';
import type { Entitlement, VerdictOrigin } from '../plan/entitlement.ts';
import { termsText } from '../plan/restriction.ts';
import type { Ask } from '../policy/approval.ts';
import { chooseEnvironment, type CliContext, withDoor } from './context.ts';

export interface WorldOptions {
  readonly env?: string;
  readonly live?: true;
}

/** Answers by the files of the working copy, or by what is in force. */
export async function askAccess(
  context: CliContext,
  { env, live }: WorldOptions,
  question: AccessQuestion,
): Promise<AccessAnswer> {
  if (live === true) {
    return await withDoor(context, async (door) =>
      door.operations.access({ environment: await chooseEnvironment(door, env), ...question }),
    );
  }
  const root = findRoot(context.cwd);
  if (root === undefined) throw noRepository(context.cwd);
  context.terminal.note('By the files of the working copy, committed or not; --live asks what is in force.');
  const { answerAccess, worldOfFiles } = await import('../controller/entitlements.ts');
  const { WorkingCopy } = await import('../source/working-copy.ts');
  return await answerAccess(await worldOfFiles(new WorkingCopy({ root }), env), question);
}

/** No caller at all: an agent that is in no system makes no calls. */
export function noCaller(agent: string): TerminalError {
  return new TerminalError(`"${shownText(agent)}" is in no system, so that it makes no calls.`, {
    code: 'resource.not_found',
    help: 'Name it as `agentRef` of a node in an AgentSystem.',
    exit: exitCodes.findings,
  });
}

/** `AgentRole/support/reader roles/reader.yaml:6 tool:search:read`, one line each. */
export function originLines({ origins, verdict, missing }: Entitlement): readonly string[] {
  if (missing.length > 0) return missing.map((permission) => `no role gives ${neutral(permission)}`);
  if (origins.length === 0) return [neutral(verdict.rule)];
  return origins.map(originLine);
}

function originLine({ address, file, line, permission }: VerdictOrigin): string {
  return [
    `${neutral(address)}  ${neutral(`${file}:${line}`)}`,
    ...(permission === undefined ? [] : [neutral(permission)]),
  ].join('  ');
}

/** `asks 2 of group security within 900 s (ToolPermission/support/refund)`, one line a rule. */
export function askLines(asks: readonly Ask[]): readonly string[] {
  return asks.map((one) => neutral(`asks ${termsText(one)} (${one.rule})`));
}

/** A row for programs. */
export function entitlementJson({ verdict, ...row }: Entitlement): object {
  return { ...row, verdict: verdict.kind, rule: verdict.rule, reason: verdict.reason ?? null };
}
