import type { WhyRecord, WhyVerdict } from '../api/operations-audit.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';

export interface WhyOptions {
  /** `RUN:PATH`, or the run alone. */
  readonly call: string;
  readonly path: string | undefined;
  readonly output: string;
}

/** Makes a recorded decision again, and prints the gate's checks in order. */
export async function whyCommand(context: CliContext, options: WhyOptions): Promise<ExitCode> {
  const request = requestOf(options);
  return withDoor(context, async ({ operations }) => {
    const why = await operations.why(request);
    if (options.output === 'json') {
      json(context.terminal, { ...why, live: why.live ?? null, again: why.again ?? null, would: why.would ?? null });
    } else context.terminal.out(textOf(why, context));
    return exitCodes.success;
  });
}

function requestOf({ call, path }: WhyOptions): { readonly run: string; readonly call: string } {
  const [, run, rest] = /^([0-9a-f-]{36})(?::(.+))?$/s.exec(call) ?? [];
  const found = path ?? rest;
  if (run !== undefined && found !== undefined) return { run, call: found };
  throw new TerminalError('A call is named by its run and its path.', {
    code: 'cli.usage',
    help: 'Write `pawl why RUN:PATH` as `pawl trace` names it, e.g. `pawl why 0190…:research/1.2`.',
    exit: exitCodes.usage,
  });
}

const marks: Readonly<Record<string, string>> = { passed: '✓', refused: '✗', asks: '?' };

function textOf(why: WhyRecord, { terminal: { colors } }: CliContext): string {
  const { recorded, again, would } = why;
  const verb = {
    allow: 'was allowed to call',
    ask: 'had to ask before it could call',
    deny: 'was not allowed to call',
  }[recorded.kind];
  const paint = recorded.kind === 'allow' ? colors.green : colors.red;
  const live = why.live === undefined ? 'live revision not recorded' : `live revision ${why.live}`;
  const lines = [
    paint(`${neutral(why.subject)} ${verb} ${neutral(why.target)}`),
    `  ${neutral(why.call)} of run ${why.run}, ${why.at}`,
    `  pinned to revision ${why.pinned}, ${live}`,
    ...why.steps.map(({ step, check, outcome, reason }) => {
      return `  ${marks[outcome] ?? '·'} ${step.padEnd(4)}${check}${reason === undefined ? '' : ` (${reason})`}`;
    }),
    ...(recorded.message === undefined ? [] : [`  ${neutral(recorded.message)}`]),
    `  by ${neutral(recorded.rule)}`,
    ...why.rules.map(({ rule, of, revision, commit, file, line }) => {
      return `     ${neutral(rule)} at ${neutral(file)}:${line} of ${commit.slice(0, 12)} (${of} revision ${revision})`;
    }),
    ...(would === undefined ? [] : [`  policies in audit mode would have said: ${said(would)}`]),
    ...(why.outcome === undefined ? [] : [`  it came to: ${neutral(why.outcome)}`]),
    again === undefined
      ? colors.yellow('  It cannot be decided again from the record; the checks are those of the recorded verdict.')
      : why.same
        ? '  Decided again from the record: the same.'
        : colors.yellow(`  Decided again from the record: ${said(again)}, which is not what was recorded.`),
    ...why.without.map((sentence) => `  ${neutral(sentence)}`),
  ];
  return lines.join('\n');
}

function said({ kind, rule, reason }: WhyVerdict): string {
  return `${kind}${reason === undefined ? '' : ` (${reason})`} by ${neutral(rule)}`;
}
