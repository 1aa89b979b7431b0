import { text as readText } from 'node:stream/consumers';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../manifest/json.ts';
import { neutral } from '../manifest/neutral.ts';
import { shownText } from '../manifest/shown.ts';
import type { AccessQuestion, AccessRow } from '../plan/access-answer.ts';
import type { Entitlement } from '../plan/entitlement.ts';
import { type GateStep, gateSteps } from '../plan/gate-steps.ts';
import type { Ask } from '../policy/approval.ts';
import type { DataClass } from '../policy/data-class.ts';
import { askAccess, askLines, entitlementJson, noCaller, originLines, type WorldOptions } from './access-world.ts';
import { json } from './context.ts';
import type { CliContext } from './context.ts';
import { readNamed } from './files.ts';
import type { Terminal } from './terminal.ts';
import { hanging, wrap } from './wrap.ts';

export interface CanIOptions extends WorldOptions {
  readonly agent: string;
  readonly tool: string;
  readonly args?: string;
  readonly touched?: string;
  readonly input?: string;
  readonly system?: string;
  readonly output: string;
}

interface Answer {
  readonly row: Entitlement;
  readonly allowed: boolean;
  /** Who has to agree first; empty: nobody, or it is refused. */
  readonly asks: readonly Ask[];
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
    ...(await runOf(context, options)),
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

/** What a call's run has seen; rules look at it together with the call's arguments. */
async function runOf(
  context: CliContext,
  { args, touched, input }: CanIOptions,
): Promise<Pick<AccessQuestion, 'touched' | 'input'>> {
  if (args === undefined && (touched ?? input) !== undefined)
    throw wrongUsage(`${touched === undefined ? '--input' : '--touched'} says something of a call: pass --args too.`);
  return {
    ...(touched === undefined ? {} : { touched: touched.split(',').map(dataClass) }),
    ...(input === undefined ? {} : { input: asInput(await readNamed(context.cwd, input)) }),
  };
}

const dataClasses: readonly DataClass[] = ['public', 'privateRead', 'untrustedRead', 'externalWrite'];

function dataClass(word: string): DataClass {
  const found = dataClasses.find((one) => one === word.trim());
  if (found === undefined) throw wrongUsage(`"${shownText(word)}" is none of ${dataClasses.join(', ')}.`);
  return found;
}

function asInput(text: string): JsonObject {
  const value = parseJson(text);
  if (!isJsonObject(value)) throw wrongUsage('The input of a run is a JSON object.');
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whatever it is, it is no input; the text may hold what is not to be shown.
    return undefined;
  }
}

function wrongUsage(message: string): TerminalError {
  return new TerminalError(message, { code: 'cli.usage', help: 'Run `pawl can-i --help`.', exit: exitCodes.usage });
}

async function readArguments({ cwd, stdin }: CliContext, file: string): Promise<string> {
  return file === '-' ? await readText(stdin) : await readNamed(cwd, file);
}

function answerOf({ entitlement: row, decision }: AccessRow): Answer {
  const { verdict, target } = row;
  if (decision === undefined) {
    const steps = gateSteps(verdict, 'rules', target);
    return { row, allowed: verdict.kind === 'allow', asks: row.asks, steps, message: undefined };
  }
  const { kind, message, asks = [] } = decision;
  return { row, allowed: kind === 'allow', asks, steps: gateSteps(decision, 'arguments'), message };
}

const marks: Readonly<Record<GateStep['outcome'], string>> = {
  passed: '✓',
  recorded: '=',
  asks: '?',
  refused: '✗',
  'not reached': '·',
  'not asked': '·',
};

function textOf({ row, allowed, asks, steps, message }: Answer, { colors, width }: Terminal): string {
  const verb = allowed || asks.length > 0 ? 'may call' : 'may not call';
  const after = asks.length > 0 ? ', after asking' : '';
  const head = `${neutral(row.subject)} ${verb} ${neutral(row.name)} in ${neutral(row.system)}${after}`;
  const lines = [
    ...steps
      // What only a run or the world answers is no part of a question.
      .filter(({ needs }) => needs === undefined || needs === 'arguments')
      .map(({ step, check, outcome, reason }) => {
        const said =
          outcome === 'passed' ? '' : ` (${reason ?? (outcome === 'not asked' ? 'pass --args to ask' : outcome)})`;
        return stepLines(`  ${marks[outcome]} ${step.padEnd(4)}`, `${check}${said}`, width);
      }),
    ...askLines(asks).map((line) => `  ? ${line}`),
    ...(message === undefined ? [] : [`  ${neutral(message)}`]),
    // The rules' verdict, where they decided it: arguments and limits refuse by themselves.
    ...(message !== undefined && row.verdict.kind === 'allow' ? [] : originLines(row)).map(
      (line, index) => `  ${index === 0 ? 'by' : '  '} ${line}`,
    ),
  ];
  const paint = allowed ? colors.green : asks.length > 0 ? colors.yellow : colors.red;
  const title = paint(hanging(head, width));
  return [title, ...lines.map((line) => (line.includes('\n') ? line : hanging(line, width)))].join('\n');
}

/** What does not fit goes on beneath the words, so that the steps stay a column. */
function stepLines(lead: string, words: string, width: number): string {
  return `${lead}${wrap(words, width - lead.length).replaceAll('\n', `\n${' '.repeat(lead.length)}`)}`;
}
