import pc from 'picocolors';
import type { TraceCall, TraceRecord } from '../api/operations.ts';
import { neutral } from '../manifest/neutral.ts';
import { amount, duration, lines, type Part, usd } from './layout.ts';
import { type Branch, type Leaf, stateText, treeOf } from './tree.ts';

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
  readonly isUnicode: boolean;
  readonly branch: { readonly item: string; readonly last: string; readonly rest: string; readonly none: string };
}

/** A trace as a tree: places within places, in them their calls, each with its decision, duration, tokens and cost. */
export function renderTrace(trace: TraceRecord, style: TraceStyle): string {
  const drawing: Drawing = {
    width: Math.max(40, style.width),
    colors: pc.createColors(style.color),
    isUnicode: style.unicode !== false,
    branch:
      style.unicode === false
        ? { item: '|- ', last: '`- ', rest: '|  ', none: '   ' }
        : { item: '├─ ', last: '└─ ', rest: '│  ', none: '   ' },
  };
  const errors = new Set(trace.run.error === undefined ? [] : [textOf(trace.run.error)]);
  const nodes = leavesLines(treeOf(trace.nodes), { drawing, indent: '', errors });
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
    case 'approval':
      return `waits until ${dueAt ?? 'decided'} for people to release the call ${place}: pawl get approvals --run ${run}`;
    case 'halt':
      return `waits at ${place} until a halt is lifted: pawl get halts`;
    case 'unknown':
      return `waits for a person to say what became of ${neutral(path)}: pawl resolve ${run} ${neutral(path)} --as done|failed|again`;
    case 'rate':
    case 'timer':
      return `waits until ${dueAt ?? 'later'} to try ${neutral(path)} again`;
  }
}

interface Below {
  readonly drawing: Drawing;
  /** Before each line of what is around. */
  readonly indent: string;
  /** What was said above. */
  readonly errors: ReadonlySet<string>;
}

function leavesLines(leaves: readonly Leaf[], below: Below): string[] {
  return leaves.flatMap((leaf, index) => leafLines(leaf, frameOf(index === leaves.length - 1, below), below));
}

interface Edge {
  readonly first: string;
  readonly rest: string;
}

/** What is deeper than half of the width stands no deeper, so that there is room to read it. */
function frameOf(isLast: boolean, { drawing: { branch, width }, indent }: Below): Edge {
  const at = indent.length + branch.item.length > width / 2 ? indent.slice(0, -branch.item.length) : indent;
  return { first: at + (isLast ? branch.last : branch.item), rest: at + (isLast ? branch.none : branch.rest) };
}

function leafLines(leaf: Leaf, edge: Edge, below: Below): string[] {
  const { drawing } = below;
  switch (leaf.kind) {
    case 'branch':
      return branchLines(leaf.branch, edge, below);
    case 'call':
      return callLines(leaf.call, edge, drawing);
    case 'fold': {
      const text = drawing.isUnicode ? leaf.text : leaf.text.replace('…', '...');
      const part: Part = { text: neutral(text), paint: stateColor(leaf.state, drawing.colors), words: true };
      return lines([part], { ...edge, width: drawing.width });
    }
  }
}

function branchLines(branch: Branch, { first, rest }: Edge, { drawing, errors }: Below): string[] {
  const { node, inside, items, tokens, cost } = branch;
  const { colors, width } = drawing;
  const kind = node.kind === 'human' ? '' : `${node.kind} ${neutral(node.target)}`.trimEnd();
  const head: Part[] = [
    { text: neutral(branch.name), paint: colors.bold },
    { text: kind, paint: colors.dim },
    { text: branch.mark, paint: colors.dim },
    { text: neutral(stateText(node)), paint: stateColor(stateOf(node), colors) },
    { text: items === 0 ? '' : `${amount(items)} ${items === 1 ? 'item' : 'items'}` },
    { text: node.kind === 'human' ? '' : duration(node.startedAt, node.endedAt) },
    { text: tokens === 0 ? '' : `${amount(tokens)} tokens` },
    { text: cost === 0 ? '' : usd(cost) },
  ];
  const said = new Set([...errors, ...node.calls.flatMap(({ error }) => (error === undefined ? [] : [textOf(error)]))]);
  const why = node.error === undefined || said.has(textOf(node.error)) ? [] : [textOf(node.error)];
  const bar = inside.length === 0 ? rest : rest + drawing.branch.rest;
  return [
    ...lines(head, { first, rest: rest + drawing.branch.none, width }),
    ...why.flatMap((text) =>
      lines([{ text: neutral(text), paint: colors.yellow, words: true }], {
        first: `${bar}  `,
        rest: `${bar}  `,
        width,
      }),
    ),
    ...leavesLines(inside, { drawing, indent: rest, errors: new Set([...said, ...why]) }),
  ];
}

function textOf({ code, message }: { readonly code: string; readonly message: string }): string {
  return `${code}: ${message}`;
}

function stateOf({ state, then, said }: Branch['node']): string {
  return then === undefined && said !== 'changes' ? state : 'again';
}

function callLines(call: TraceCall, { first, rest }: Edge, drawing: Drawing): string[] {
  const { colors } = drawing;
  const name = call.path.slice(call.path.lastIndexOf('/') + 1);
  const tokens =
    call.tokensIn + call.tokensOut === 0 ? '' : `${amount(call.tokensIn)} in, ${amount(call.tokensOut)} out`;
  const head: Part[] = [
    { text: neutral(name) },
    { text: `${call.kind} ${neutral(call.target)}` },
    { text: call.outcome, paint: stateColor(call.outcome, colors) },
    { text: call.outcome === 'denied' ? '' : duration(call.startedAt, call.endedAt) },
    { text: tokens },
    { text: call.cost === 0 ? '' : usd(call.cost) },
    { text: call.madeAgain === true ? 'made again after its worker was gone' : '' },
    { text: call.answeredBy === undefined ? '' : `answered by ${neutral(call.answeredBy)}` },
    { text: allowedBy(call), paint: colors.dim },
  ];
  const below = { first: `${rest}  `, rest: `${rest}  `, width: drawing.width };
  return [
    ...lines(head, { first, rest: `${rest}  `, width: drawing.width }),
    ...[...reasons(call, colors), ...guardParts(call, colors)].flatMap((part) => lines([part], below)),
  ];
}

function allowedBy({ decision: { kind, rule, approvedBy = [] } }: TraceCall): string {
  if (kind !== 'allow') return '';
  const people = approvedBy.length === 0 ? '' : `, approved by ${approvedBy.map(neutral).join(', ')}`;
  return `allowed by ${neutral(rule)}${people}`;
}

/** Why a call was refused or failed, and what policies on trial would have made of it. */
function reasons(call: TraceCall, colors: Colors): Part[] {
  const { would } = call.decision;
  if (would === undefined) return outcomeReasons(call, colors);
  const verb = would.kind === 'deny' ? 'refused' : would.kind === 'ask' ? 'asked about' : 'allowed';
  const why = would.reason === undefined ? '' : `: ${would.reason}`;
  const text = `would be ${verb} by ${neutral(would.rule)}, which is on trial${why}`;
  return [...outcomeReasons(call, colors), { text, paint: colors.yellow, words: true }];
}

function outcomeReasons(call: TraceCall, colors: Colors): Part[] {
  const { decision, error } = call;
  if (call.outcome === 'denied') {
    const why = `${decision.reason ?? 'denied'} by ${neutral(decision.rule)}: ${neutral(decision.message ?? '')}`;
    return [{ text: why, paint: colors.red, words: true }];
  }
  if (error === undefined) return [];
  return [{ text: `${error.code}: ${neutral(error.message)}`, paint: colors.yellow, words: true }];
}

/** What guards found, or why they could not look. */
function guardParts({ guards = [] }: TraceCall, colors: Colors): Part[] {
  return guards.map(({ guard, mode, action, found = {}, failed }) => {
    const what = Object.entries(found).map(([name, count]) => `${neutral(name)} ×${count}`);
    const words = failed === undefined ? what.join(', ') : neutral(failed);
    const did = { mask: 'masked', block: 'blocked', audit: 'saw' }[action];
    const text = `${neutral(guard)} ${failed === undefined ? did : 'failed'} (${mode}): ${words}`;
    return { text, paint: colors.yellow, words: true };
  });
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
