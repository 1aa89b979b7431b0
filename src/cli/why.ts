import type { WhyRecord, WhyVerdict } from '../api/operations-audit.ts';
import { exitCodes, TerminalError } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { wrap } from './wrap.ts';

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

const marks: Readonly<Record<string, string>> = { passed: '✓', recorded: '=', refused: '✗', asks: '?' };

function textOf(why: WhyRecord, { terminal: { colors, width } }: CliContext): string {
  const { recorded, again, would } = why;
  /** One item below the others, with its further lines under its text. */
  const item = (lead: string, text: string): string => {
    const room = Math.max(20, width - lead.length);
    return wrap(text, room)
      .split('\n')
      .map((line, index) => (index === 0 ? lead : ' '.repeat(lead.length)) + line)
      .join('\n');
  };
  const verb = {
    allow: 'was allowed to call',
    ask: 'had to ask before it could call',
    deny: 'was not allowed to call',
  }[recorded.kind];
  const paint = recorded.kind === 'allow' ? colors.green : colors.red;
  const live = why.live === undefined ? 'live revision not recorded' : `live revision ${why.live}`;
  const lines = [
    paint(item('', `${neutral(why.subject)} ${verb} ${neutral(why.target)}`)),
    item('  ', `${neutral(why.call)} of run ${why.run}, ${why.at}`),
    item('  ', `pinned to revision ${why.pinned}, ${live}`),
    ...why.steps.map(({ step, check, outcome, reason }) => {
      const lead = `  ${marks[outcome] ?? '·'} ${step.padEnd(4)}`;
      return item(lead, `${check}${reason === undefined ? '' : ` (${reason})`}`);
    }),
    ...(recorded.message === undefined ? [] : [item('  ', neutral(recorded.message))]),
    item('  ', `by ${neutral(recorded.rule)}`),
    ...why.rules.map(({ rule, of, revision, commit, file, line }) => {
      const place = `${neutral(rule)} at ${neutral(file)}:${line} of ${commit.slice(0, 12)} (${of} revision ${revision})`;
      return item('     ', place);
    }),
    ...(would === undefined ? [] : [item('  ', `policies in audit mode would have said: ${said(would)}`)]),
    ...(why.outcome === undefined ? [] : [item('  ', `it came to: ${neutral(why.outcome)}`)]),
    again === undefined
      ? colors.yellow(
          item('  ', 'It cannot be decided again from the record; the checks are those of the recorded verdict.'),
        )
      : why.same
        ? '  Decided again from the record: the same.'
        : colors.yellow(item('  ', `Decided again from the record: ${said(again)}, which is not what was recorded.`)),
    ...(why.steps.some(({ outcome }) => outcome === 'recorded')
      ? [item('  ', 'A check with = passed by the record, and was not decided again.')]
      : []),
    ...why.without.map((sentence) => item('  ', neutral(sentence))),
  ];
  return lines.join('\n');
}

function said({ kind, rule, reason }: WhyVerdict): string {
  return `${kind}${reason === undefined ? '' : ` (${reason})`} by ${neutral(rule)}`;
}
