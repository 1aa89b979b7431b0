import { text as readText } from 'node:stream/consumers';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import type { Address } from '../manifest/resource.ts';
import { entitlementsOf, type Entitlement } from '../plan/entitlement.ts';
import { type GateStep, gateSteps } from '../plan/gate-steps.ts';
import type { World } from '../plan/authority-world.ts';
import {
  entitlementJson,
  noCaller,
  originLines,
  pathIn,
  readWorld,
  targetNamed,
  type WorldOptions,
} from './access-world.ts';
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
  const world = await readWorld(context, options);
  const { named } = await import('../controller/entitlements.ts');
  const subject = subjectNamed(world, options.agent, named);
  const system = options.system === undefined ? undefined : pathIn(named(world, 'AgentSystem', options.system));
  const target = await targetNamed(world, options.tool);
  const rows = entitlementsOf(world, { subject, target, ...(system === undefined ? {} : { system }) });
  if (rows.length === 0) throw noCaller(options.agent);
  const text = options.args === undefined ? undefined : await readArguments(context, options.args);
  const answers = await Promise.all(rows.map((row) => answerOf(world, row, text)));
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

function subjectNamed(
  world: World,
  text: string,
  named: (world: World, kind: 'Agent' | 'AgentSystem', text: string) => Address,
): Address {
  const [word = '', ...rest] = text.split('/');
  return word === 'system' && rest.length > 0
    ? named(world, 'AgentSystem', rest.join('/'))
    : named(world, 'Agent', text);
}

async function readArguments({ cwd, stdin }: CliContext, file: string): Promise<string> {
  return file === '-' ? await readText(stdin) : await readNamed(cwd, file);
}

async function answerOf(world: World, row: Entitlement, text: string | undefined): Promise<Answer> {
  const { verdict, target, name } = row;
  if (text === undefined || target === 'model') {
    const steps = target === 'model' ? [] : gateSteps(verdict, false);
    return { row, allowed: verdict.kind === 'allow', steps, message: undefined };
  }
  const { decideFirstCall } = await import('../controller/entitlements.ts');
  const decision = decideFirstCall(world, { ...row, tool: name }, text);
  const message = decision.kind === 'deny' ? decision.message : undefined;
  return { row, allowed: decision.kind === 'allow', steps: gateSteps(decision, true), message };
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
