import { text as readText } from 'node:stream/consumers';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { AccessRow } from '../plan/access-answer.ts';
import type { Entitlement } from '../plan/entitlement.ts';
import { type GateStep, gateSteps } from '../plan/gate-steps.ts';
import { askAccess, entitlementJson, noCaller, originLines, type WorldOptions } from './access-world.ts';
import { json } from './context.ts';
import type { CliContext } from './context.ts';
import { readNamed } from './files.ts';
import { type Terminal, truncate } from './terminal.ts';

export interface CanIOptions extends WorldOptions {
  readonly agent: string;
  readonly tool: string;
  readonly args?: string;
  readonly system?: string;
  readonly output: string;
}

interface Answer {
  readonly row: Entitlement;
  readonly allowed: boolean;
  readonly steps: readonly GateStep[];
  /** One sentence of a refusal, for people. */
  readonly message: string | undefined;
}

/** Asks the gate what it would say of a call, in every system that the caller is in. */
export async function canICommand(context: CliContext, options: CanIOptions): Promise<ExitCode> {
  const { terminal } = context;
  const text = options.args === undefined ? undefined : await readArguments(context, options.args);
  const { rows } = await askAccess(context, options, {
    tool: options.tool,
    agent: options.agent,
    ...(options.system === undefined ? {} : { system: options.system }),
    ...(text === undefined ? {} : { arguments: text }),
  });
  if (rows.length === 0) throw noCaller(options.agent);
  const answers = rows.map(answerOf);
  const allowed = answers.every((answer) => answer.allowed);
  if (options.output === 'json') {
    json(terminal, {
      allowed,
      answers: answers.map(({ row, ...answer }) => ({
        ...entitlementJson(row),
        ...answer,
        message: answer.message ?? null,
      })),
    });
  } else terminal.out(answers.map((answer) => textOf(answer, terminal)).join('\n\n'));
  return allowed ? exitCodes.success : exitCodes.findings;
}

async function readArguments({ cwd, stdin }: CliContext, file: string): Promise<string> {
  return file === '-' ? await readText(stdin) : await readNamed(cwd, file);
}

function answerOf({ entitlement: row, decision }: AccessRow): Answer {
  const { verdict, target } = row;
  if (decision === undefined) {
    const steps = target === 'model' ? [] : gateSteps(verdict, false);
    return { row, allowed: verdict.kind === 'allow', steps, message: undefined };
  }
  return { row, allowed: decision.kind === 'allow', steps: gateSteps(decision, true), message: decision.message };
}

const marks: Readonly<Record<GateStep['outcome'], string>> = {
  passed: '✓',
  refused: '✗',
  'not reached': '·',
  'not asked': '·',
};

function textOf({ row, allowed, steps, message }: Answer, { colors, width }: Terminal): string {
  const verb = allowed ? 'may call' : 'may not call';
  const head = `${neutral(row.subject)} ${verb} ${neutral(row.name)} in ${neutral(row.system)}`;
  const lines = [
    ...steps.map(({ step, check, outcome, reason }) => {
      const said =
        outcome === 'passed' ? '' : ` (${reason ?? (outcome === 'not asked' ? 'pass --args to ask' : outcome)})`;
      return `  ${marks[outcome]} ${step.padEnd(4)}${check}${said}`;
    }),
    ...(message === undefined ? [] : [`  ${neutral(message)}`]),
    // The rules' verdict, where they decided it: arguments and limits refuse by themselves.
    ...(message !== undefined && row.verdict.kind === 'allow' ? [] : originLines(row)).map(
      (line, index) => `  ${index === 0 ? 'by' : '  '} ${line}`,
    ),
  ];
  const title = allowed ? colors.green(truncate(head, width)) : colors.red(truncate(head, width));
  return [title, ...lines.map((line) => truncate(line, width))].join('\n');
}
