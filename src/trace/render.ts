import pc from 'picocolors';
import type { TraceCall, TraceNode, TraceRecord } from '../api/operations.ts';
import { neutral } from '../manifest/neutral.ts';
import { amount, duration, lines, type Part, usd } from './layout.ts';

export interface TraceStyle {
  /** Columns of the terminal. */
  readonly width: number;
  readonly color: boolean;
  /** False: the tree is drawn with ASCII. */
  readonly unicode?: boolean;
}

type Colors = ReturnType<typeof pc.createColors>;

interface Drawing {
  readonly width: number;
  readonly colors: Colors;
  readonly branch: { readonly item: string; readonly last: string; readonly rest: string; readonly none: string };
}

/** A trace as a tree: nodes, in them their calls, each with its decision, duration, tokens and cost in USD. */
export function renderTrace(trace: TraceRecord, style: TraceStyle): string {
  const drawing: Drawing = {
    width: Math.max(40, style.width),
    colors: pc.createColors(style.color),
    branch:
      style.unicode === false
        ? { item: '|- ', last: '`- ', rest: '|  ', none: '   ' }
        : { item: '├─ ', last: '└─ ', rest: '│  ', none: '   ' },
  };
  const nodes = trace.nodes.flatMap((node, index) => nodeLines(node, index === trace.nodes.length - 1, drawing));
  return `${[...headLines(trace, drawing), ...nodes, ...totalLines(trace, drawing)].join('\n')}\n`;
}

function headLines({ run }: TraceRecord, drawing: Drawing): string[] {
  const { colors } = drawing;
  const head: Part[] = [
    { text: `run ${run.id}`, paint: colors.bold },
    { text: neutral(run.system) },
    { text: `revision ${run.revision}` },
    { text: run.state, paint: stateColor(run.state, colors) },
    { text: duration(run.startedAt, run.endedAt) },
  ];
  const waits = run.waits.map(
    (wait): Part => ({
      text: waitText(wait, run.id),
      paint: colors.yellow,
      words: true,
    }),
  );
  const error: Part[] =
    run.error === undefined
      ? []
      : [{ text: `${run.error.code}: ${neutral(run.error.message)}`, paint: colors.red, words: true }];
  return [
    ...lines(head, { first: '', rest: '  ', width: drawing.width }),
    ...[...error, ...waits].flatMap((part) => lines([part], { first: '  ', rest: '  ', width: drawing.width })),
  ];
}

function waitText({ kind, path, dueAt }: TraceRecord['run']['waits'][number], run: string): string {
  const place = neutral(path.slice(0, path.lastIndexOf('/')));
  switch (kind) {
    case 'human':
      return `waits until ${dueAt ?? 'answered'} for people to answer at ${place}: pawl waits ${run}`;
    case 'review':
      return `waits until ${dueAt ?? 'decided'} for people to decide on the output of ${place}: pawl waits ${run}`;
    case 'unknown':
      return `waits for a person to say what became of ${neutral(path)}: pawl resolve ${run} ${neutral(path)} --as done|failed|again`;
    case 'rate':
    case 'timer':
      return `waits until ${dueAt ?? 'later'} to try ${neutral(path)} again`;
  }
}

function nodeLines(node: TraceNode, isLast: boolean, drawing: Drawing): string[] {
  const { colors, branch, width } = drawing;
  const cost = node.calls.reduce((sum, call) => sum + call.cost, 0);
  const tokens = node.calls.reduce((sum, call) => sum + call.tokensIn + call.tokensOut, 0);
  const rest = isLast ? branch.none : branch.rest;
  const head: Part[] = [
    { text: neutral(node.node), paint: colors.bold },
    { text: `${node.kind} ${neutral(node.target)}`, paint: colors.dim },
    { text: node.state, paint: stateColor(node.state, colors) },
    { text: duration(node.startedAt, node.endedAt) },
    { text: tokens === 0 ? '' : `${amount(tokens)} tokens` },
    { text: cost === 0 ? '' : usd(cost) },
  ];
  return [
    ...lines(head, { first: isLast ? branch.last : branch.item, rest: rest + branch.none, width }),
    ...node.calls.flatMap((call, index) => callLines(call, { drawing, rest, isLast: index === node.calls.length - 1 })),
  ];
}

function callLines(
  call: TraceCall,
  { drawing, rest, isLast }: { readonly drawing: Drawing; readonly rest: string; readonly isLast: boolean },
): string[] {
  const { colors, branch, width } = drawing;
  const name = call.path.slice(call.path.indexOf('/') + 1);
  const tokens =
    call.tokensIn + call.tokensOut === 0 ? '' : `${amount(call.tokensIn)} in, ${amount(call.tokensOut)} out`;
  const head: Part[] = [
    { text: neutral(name) },
    { text: `${call.kind} ${neutral(call.target)}` },
    { text: call.outcome, paint: stateColor(call.outcome, colors) },
    { text: call.outcome === 'denied' ? '' : duration(call.startedAt, call.endedAt) },
    { text: tokens },
    { text: call.cost === 0 ? '' : usd(call.cost) },
    { text: call.decision.kind === 'allow' ? `allowed by ${neutral(call.decision.rule)}` : '', paint: colors.dim },
  ];
  const indent = rest + (isLast ? branch.none : branch.rest);
  return [
    ...lines(head, { first: rest + (isLast ? branch.last : branch.item), rest: `${indent}  `, width }),
    ...reasons(call, colors).flatMap((part) => lines([part], { first: `${indent}  `, rest: `${indent}  `, width })),
  ];
}

/** Why a call was refused or failed. */
function reasons(call: TraceCall, colors: Colors): Part[] {
  const { decision, error } = call;
  if (call.outcome === 'denied') {
    const why = `${decision.reason ?? 'denied'} by ${neutral(decision.rule)}: ${neutral(decision.message ?? '')}`;
    return [{ text: why, paint: colors.red, words: true }];
  }
  if (error === undefined) return [];
  return [{ text: `${error.code}: ${neutral(error.message)}`, paint: colors.yellow, words: true }];
}

function totalLines({ totals }: TraceRecord, drawing: Drawing): string[] {
  const parts: Part[] = [
    { text: `${amount(totals.calls)} ${totals.calls === 1 ? 'call' : 'calls'}` },
    { text: `${amount(totals.denied)} denied` },
    { text: `${amount(totals.tokensIn)} tokens in, ${amount(totals.tokensOut)} out` },
    { text: usd(totals.cost) },
  ];
  return lines(parts, { first: '', rest: '  ', width: drawing.width });
}

function stateColor(state: string, colors: Colors): (text: string) => string {
  switch (state) {
    case 'done':
    case 'Succeeded':
      return colors.green;
    case 'failed':
    case 'denied':
    case 'Failed':
    case 'TimedOut':
    case 'DeadLetter':
      return colors.red;
    case 'skipped':
    case 'Cancelled':
      return colors.dim;
    default:
      return colors.yellow;
  }
}
