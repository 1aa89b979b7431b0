import type { RunRecord, TraceRecord } from '../api/operations.ts';
import type { ReplaySource } from '../api/operations-replay.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { lineDiff } from '../plan/lines.ts';
import type { Replayed } from '../run/replay-run.ts';
import { type Comparison, compareTraces } from '../trace/comparison.ts';
import { amount, usd } from '../trace/layout.ts';
import { renderTrace } from '../trace/render.ts';
import { trace as traceOf } from '../trace/trace.ts';
import { json, withDoor } from './context.ts';
import type { CliContext } from './context.ts';
import { type Terminal, truncate } from './terminal.ts';

export interface ReplayOptions {
  readonly run: string;
  readonly at: string;
  readonly onDiverge: 'stop' | 'ask';
  readonly models: 'ask' | 'recorded';
  readonly trace?: boolean;
  readonly output: string;
}

/** Executes a recorded run again under another snapshot, and says what came out otherwise: exit 2 where anything did. */
export async function replayCommand(context: CliContext, options: ReplayOptions): Promise<ExitCode> {
  const { terminal, signal } = context;
  const app = await context.app(context.cwd);
  const { before, source } = await withDoor(context, async ({ operations }) => ({
    source: await operations.replaySource({ run: options.run, at: options.at }),
    before: await operations.trace(options.run),
  }));
  const { id, environment, system, revision } = before.run;
  terminal.note(`Replaying run ${id} under ${neutral(source.target.what)}. Nothing is written.`);
  const recorded = { id, environment, system, revision, input: source.input, rows: source.rows };
  const { target } = source;
  const replayed = await app.replay(recorded, {
    target: { content: target.content, authority: target.authority },
    onDiverge: options.onDiverge,
    models: options.models,
    comparesVectors: source.comparesVectors,
    signal,
  });
  if (signal.aborted) return exitCodes.interrupted;
  const after = traceOf(runAfter(before.run, replayed), replayed.rows, target.content);
  const comparison = compareTraces(before, after);
  const differs = comparison.differs || replayed.diverged.length > 0;
  const report = { source, before, after, replayed, comparison, differs };
  if (options.output === 'json') json(terminal, jsonOf(report));
  else terminal.out(textOf(report, terminal, options.trace === true));
  return differs ? exitCodes.differences : exitCodes.success;
}

interface Report {
  readonly source: ReplaySource;
  readonly before: TraceRecord;
  readonly after: TraceRecord;
  readonly replayed: Replayed;
  readonly comparison: Comparison;
  readonly differs: boolean;
}

/** The run as it would stand, had it gone so. */
function runAfter(run: RunRecord, { end }: Replayed): RunRecord {
  const base = { ...run, output: undefined, error: undefined, waits: [] };
  switch (end.kind) {
    case 'succeeded':
      return { ...base, state: 'Succeeded', output: end.output };
    case 'failed':
      return { ...base, state: 'Failed', error: end.error };
    case 'cancelled':
      return { ...base, state: 'Cancelled', error: end.error };
    case 'timedOut':
      return { ...base, state: 'TimedOut', error: end.error };
    case 'waiting': {
      const waits = end.waits.map(({ path, kind }) => ({ path, kind, dueAt: undefined }));
      return { ...base, state: 'Waiting', endedAt: undefined, waits };
    }
    case 'stopped':
      return { ...base, state: 'Running', endedAt: undefined };
  }
}

function jsonOf({ source, before, after, replayed, comparison, differs }: Report): object {
  const { output, ...rest } = comparison;
  return {
    run: before.run.id,
    at: source.target.what,
    ...rest,
    differs,
    output,
    diverged: replayed.diverged,
    trace: after,
  };
}

function textOf(report: Report, terminal: Terminal, withTrace: boolean): string {
  const { comparison, replayed, source, after, differs } = report;
  const { colors, width } = terminal;
  const cut = (lines: readonly string[]) => lines.map((line) => truncate(line, width));
  const sections: (readonly string[])[] = [];
  const section = (title: string, lines: readonly string[]) => {
    if (lines.length > 0) sections.push([colors.bold(title), ...cut(lines)]);
  };
  if (withTrace)
    sections.push([renderTrace(after, { width, color: terminal.color, unicode: terminal.unicode }).trimEnd()]);
  const said = differs ? 'It comes out otherwise' : 'It comes out the same';
  sections.push([colors.bold(`${said} under ${neutral(source.target.what)}.`)]);
  const { state } = comparison;
  if (state.before !== state.after || replayed.end.kind === 'stopped') {
    const now = replayed.end.kind === 'stopped' ? 'stopped where it diverged' : neutral(state.after);
    section('State', [`  ${neutral(state.before)} → ${now}`]);
  }
  section('Decisions', comparison.decisions.map(decisionLine));
  section('Steps', [...signed(comparison.places)]);
  section('Calls', [...signed(comparison.calls)]);
  section('Diverged', replayed.diverged.map(divergedLine));
  section('Output', outputLines(comparison));
  section('Used', usedLines(comparison));
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}

function decisionLine({ path, kind, target, before, after }: Comparison['decisions'][number]): string {
  const verdict = (one: typeof before) => (one.reason === undefined ? one.kind : `${one.kind} (${one.reason})`);
  return `  ${neutral(`${path}: ${kind} ${target}`)}: ${neutral(verdict(before))} → ${neutral(verdict(after))}`;
}

function signed({ appeared, disappeared }: Comparison['places']): readonly string[] {
  return [...appeared.map((name) => `  + ${neutral(name)}`), ...disappeared.map((name) => `  - ${neutral(name)}`)];
}

function divergedLine({ path, kind, why, then }: Replayed['diverged'][number]): string {
  const words = {
    new: 'the recorded run has no answer to it',
    arguments: 'the recorded run made it with other arguments',
    unknown: 'nobody knows what became of it in the recorded run',
  }[why];
  const what = then === 'asked' ? 'it was made' : 'the replay stopped; --on-diverge ask makes such calls';
  return `  ${neutral(path)} (${kind}): ${words}; ${what}`;
}

const outputLinesMax = 40;

function outputLines({ output }: Comparison): readonly string[] {
  if (!output.differs) return [];
  const text = (value: unknown) => (value === undefined ? '' : JSON.stringify(value, null, 2));
  const [before, after] = [text(output.before), text(output.after)];
  const diff = lineDiff(before, after);
  if (diff === undefined) return [`  ${neutral(before)} → ${neutral(after)}`];
  const changed = diff.lines.map(({ sign, text: line }) => `  ${sign} ${neutral(line)}`);
  return changed.length > outputLinesMax
    ? [...changed.slice(0, outputLinesMax), `  … ${changed.length - outputLinesMax} more lines: -o json has both`]
    : changed;
}

function usedLines({ totals: { before, after } }: Comparison): readonly string[] {
  const line = (word: string, of: typeof before) =>
    `  ${word} ${amount(of.calls)} calls, ${amount(of.denied)} denied, ${amount(of.tokensIn + of.tokensOut)} tokens, ${usd(of.cost)}`;
  return [line('before:', before), line('now:   ', after)];
}
