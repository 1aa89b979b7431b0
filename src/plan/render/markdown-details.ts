import { neutral } from '../../manifest/neutral.ts';
import type { Direction, JudgedChange } from '../access.ts';
import type { Plan } from '../change.ts';
import type { GraphChange, PromptChange } from '../section.ts';
import {
  type AccessGroup,
  accessGroups,
  type AccessLine,
  type CoverageGroup,
  coverageGroups,
  coverageText,
} from './access-groups.ts';
import { each, type Part, sizeOf } from './fit.ts';
import { graphLines } from './graph-lines.ts';
import { code, fenced, fenceFor } from './inert.ts';
import { causesCell, cell, codeCell, table } from './markdown-tables.ts';
import { mermaid } from './mermaid.ts';
import { directions } from './tally.ts';
import { renderText } from './text.ts';
import { promptText, reachText, settingText, signs } from './text-sections.ts';
import { amount, clip, counted, named, withMore } from './words.ts';

const lineMax = 240;
const blockBytesMax = 6_000;

/** A part that is folded away: GitHub shows the summary, a click the rest. */
function folded(summary: string, part: Part): Part {
  return {
    ...part,
    open: `<details>\n<summary>${summary}</summary>\n\n${part.open}`,
    close: `${part.close}\n\n</details>`,
  };
}

/** Who may newly do what, and no longer. */
export function accessPart({ access }: Plan): readonly Part[] {
  const { widened, narrowed } = directions(access);
  if (widened + narrowed === 0) return [];
  const lines = accessGroups(access).flatMap((group) => group.lines.map((line): AccessEntry => ({ ...line, group })));
  const covered = coverageGroups(access).map((group): AccessEntry => ({ direction: group.direction, covered: group }));
  const all = [
    ...access.judged.map((judged): AccessEntry => ({ direction: judged.direction, judged })),
    ...lines,
    ...covered,
  ];
  const part = table({
    title: 'access',
    rank: 7,
    share: 0.15,
    heading: '',
    columns: ['', 'who', 'what', 'before', 'after', 'because of'],
    entries: [...all.filter(isWidened), ...all.filter((entry) => !isWidened(entry))],
    cells: accessCells,
    more: (hidden) => `and ${counted(hidden, 'more line')}.`,
  });
  return [folded(`Access: ${amount(widened)} widened, ${amount(narrowed)} narrowed`, part)];
}

type AccessEntry =
  | (AccessLine & { readonly group: AccessGroup })
  | { readonly direction: Direction; readonly covered: CoverageGroup }
  | { readonly direction: Direction; readonly judged: JudgedChange };

function isWidened({ direction }: AccessEntry): boolean {
  return direction === 'widened';
}

function accessCells(entry: AccessEntry): readonly string[] {
  if ('judged' in entry) {
    const { direction, aspect, message, place, field, covers } = entry.judged;
    const subjects = [...new Set(covers.map(({ subject }) => named(subject)))];
    const what = `${codeCell(aspect)} ${cell(message)}`;
    return [
      direction,
      codeCell(withMore(subjects, 0, 3)),
      what,
      '',
      '',
      `${codeCell(`${place.file}:${place.line}`)} ${codeCell(field)}`,
    ];
  }
  if ('covered' in entry) {
    const { direction, covered } = entry;
    const who = codeCell(withMore(covered.subjects.map(named), 0, 3));
    return [direction, who, codeCell(coverageText(covered)), '', '', causesCell(covered.causes)];
  }
  const { direction, group, what, operations, before, after, causes } = entry;
  return [
    direction,
    `${codeCell(named(group.subject))} in ${codeCell(group.system)}`,
    codeCell([what, operations.join(', ')].filter((one) => one !== '').join(' ')),
    codeCell(before),
    codeCell(after),
    causesCell(causes),
  ];
}

/** Models, hosts and secrets. */
export function reachPart({ sections: { models, egress, secrets, more = {} } }: Plan): readonly Part[] {
  const lines = [
    ...models.flatMap(({ endpoint, was, agents, moreAgents, fields }) => [
      `~ ${was === undefined ? '' : `${named(was)} -> `}${named(endpoint)}, answers ${withMore(agents.map(named), moreAgents)}`,
      ...fields.map((field) => `    ~ ${settingText(field)}`),
    ]),
    ...egress.map((host) => `${signs[host.fate]} ${reachText(host)}`),
    ...secrets.map((secret) => `${signs[secret.fate]} ${reachText(secret)}`),
  ];
  if (lines.length === 0) return [];
  const counts = [
    counted(models.length + (more.models ?? 0), 'model'),
    counted(egress.length + (more.egress ?? 0), 'host'),
    counted(secrets.length + (more.secrets ?? 0), 'secret'),
  ];
  const part = fencedPart(lines, { title: 'models, hosts and secrets', rank: 8, language: 'diff' });
  const hidden = (more.models ?? 0) + (more.egress ?? 0) + (more.secrets ?? 0);
  return [folded(`Models, hosts and secrets: ${counts.join(', ')}`, { ...part, share: 0.1, hidden })];
}

/** Each text that models are shown, sentence by sentence. */
export function promptsPart({ sections: { prompts, more = {} } }: Plan): readonly Part[] {
  if (prompts.length === 0) return [];
  const grown = prompts.reduce((sum, { tokens }) => sum + tokens.after - tokens.before, 0);
  const total = `${grown < 0 ? '-' : '+'}${amount(Math.abs(grown))} tokens`;
  return [
    folded(`Prompts: ${counted(prompts.length + (more.prompts ?? 0), 'text')}, about ${total}`, {
      title: 'prompt diffs',
      rank: 9,
      share: 0.1,
      open: '',
      units: () => each(prompts, promptBlock),
      count: prompts.length,
      between: '\n\n',
      close: '',
      more: (hidden) => `and ${counted(hidden, 'more text')}.`,
      hidden: more.prompts ?? 0,
    }),
  ];
}

function promptBlock(prompt: PromptChange): string {
  const lines = prompt.lines.map(({ sign, text, skipped }) =>
    skipped === undefined
      ? `${sign} ${neutral(clip(text, lineMax))}`
      : `# (${counted(skipped, 'unchanged sentence')} hidden)`,
  );
  const brings = prompt.hidden.map(
    ({ character, name, count }) => `${counted(count, 'hidden character')} ${character} ${name}`,
  );
  const notes = [
    ...(prompt.hidden.length === 0 ? [] : [`Brings ${code(withMore(brings, prompt.moreHidden))}.`]),
    ...(prompt.moreLines ? [`And ${counted(prompt.moreLines, 'more sentence')}.`] : []),
  ];
  return [code(clip(promptText(prompt), lineMax)), fenced(cut(lines), 'diff'), ...notes].join('\n\n');
}

/** Graphs that change, drawn, with the changes as text beneath. */
export function graphsPart({ sections: { graphs, more = {} } }: Plan): readonly Part[] {
  if (graphs.length === 0) return [];
  return [
    folded(`Graphs: ${counted(graphs.length + (more.graphs ?? 0), 'system')}`, {
      title: 'graphs',
      rank: 10,
      share: 0.1,
      open: '',
      units: () => each(graphs, graphBlock),
      count: graphs.length,
      between: '\n\n',
      close: '',
      more: (hidden) => `and ${counted(hidden, 'more graph')}.`,
      hidden: more.graphs ?? 0,
    }),
  ];
}

function graphBlock(graph: GraphChange): string {
  const { lines, hiddenNodes, hiddenEdges } = mermaid(graph);
  const hidden =
    hiddenNodes + hiddenEdges === 0
      ? []
      : [`Not drawn: ${counted(hiddenNodes, 'node')}, ${counted(hiddenEdges, 'edge')}.`];
  const changed = graphLines(graph).map(({ fate, text }) => `${signs[fate]} ${clip(text, lineMax)}`);
  return [
    `${code(named(graph.system))} ${graph.fate}`,
    ['```mermaid', ...lines, '```'].join('\n'),
    ...hidden,
    ...(changed.length === 0 ? [] : [fenced(cut(changed), 'diff')]),
  ].join('\n\n');
}

/** What a terminal shows. */
export function textPart(plan: Plan): readonly Part[] {
  const lines = renderText(plan, { width: 100, color: false }).trimEnd().split('\n');
  return [folded('The plan as text', fencedPart(lines, { title: 'the plan as text', rank: 11, language: 'text' }))];
}

interface FenceOptions {
  readonly title: string;
  readonly rank: number;
  readonly language: string;
}

/** A fenced block that can be cut after any line. */
function fencedPart(lines: readonly string[], { title, rank, language }: FenceOptions): Part {
  const shown = lines.map((line) => neutral(clip(line, lineMax)));
  const fence = fenceFor(shown);
  return {
    title,
    rank,
    share: 1,
    open: `${fence}${language}\n`,
    units: () => shown,
    count: shown.length,
    between: '\n',
    close: `\n${fence}`,
    more: (hidden) => `… (${counted(hidden, 'more line')})`,
  };
}

/** The first lines of a block that is one of many. */
function cut(lines: readonly string[]): readonly string[] {
  let used = 0;
  const count = lines.findIndex((line) => (used += sizeOf(line) + 1) > blockBytesMax);
  return count < 0 ? lines : [...lines.slice(0, count), `… (${counted(lines.length - count, 'more line')})`];
}
