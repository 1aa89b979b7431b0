import { neutral } from '../../manifest/neutral.ts';
import type { Fate, GraphChange, GraphEdgeChange, GraphNodeChange } from '../section.ts';
import { conditionText } from './graph-lines.ts';

const nodesMax = 60;
/** Mermaid draws no more than five hundred, and nobody reads so many. */
const edgesMax = 120;
const labelMax = 60;

export interface MermaidGraph {
  /** Lines of a Mermaid flowchart. */
  readonly lines: readonly string[];
  readonly hiddenNodes: number;
  readonly hiddenEdges: number;
}

/**
 * A graph as Mermaid draws it. Ids are made here, and labels are quoted with everything but letters, digits and a few
 * signs written as a number: no name can end its label, so none can be a statement or a directive.
 */
export function mermaid({ nodes, edges, entries }: GraphChange): MermaidGraph {
  const shown = [...nodes].sort((a, b) => importance[a.fate] - importance[b.fate]).slice(0, nodesMax);
  const ids = new Map(shown.map(({ name }, at) => [name, `n${at}`]));
  const drawn = edges.filter(({ from, to }) => ids.has(from) && (to === 'end' || ids.has(to)));
  const shownEdges = [...drawn].sort((a, b) => importance[a.fate] - importance[b.fate]).slice(0, edgesMax);
  const starts = entriesOf(entries).filter(({ name }) => ids.has(name));
  return {
    lines: [
      'flowchart LR',
      ...shown.map((node) => `  ${ids.get(node.name) ?? ''}["${nodeLabel(node)}"]:::${node.fate}`),
      ...(starts.length === 0 ? [] : ['  start(["start"])']),
      ...starts.map(({ name, fate }) => `  start ${arrows[fate]} ${ids.get(name) ?? ''}`),
      ...(shownEdges.some(({ to }) => to === 'end') ? ['  stop(["end"])'] : []),
      ...shownEdges.map((edge) => edgeLine(edge, ids)),
      ...styles,
    ],
    hiddenNodes: nodes.length - shown.length,
    hiddenEdges: edges.length - shownEdges.length,
  };
}

const importance: Readonly<Record<Fate, number>> = { added: 0, removed: 0, changed: 0, same: 1 };

const arrows: Readonly<Record<Fate, string>> = { added: '==>', removed: '-.->', changed: '-->', same: '-->' };

const styles = [
  '  classDef added stroke:#1a7f37,stroke-width:3px',
  '  classDef removed stroke:#cf222e,stroke-width:3px,stroke-dasharray:5 4',
  '  classDef changed stroke:#9a6700,stroke-width:3px',
  '  classDef same stroke:#848d97',
];

function entriesOf({
  before,
  after,
}: GraphChange['entries']): readonly { readonly name: string; readonly fate: Fate }[] {
  return [...new Set([...before, ...after])].map((name) => {
    const [was, is] = [before.includes(name), after.includes(name)];
    return { name, fate: was && is ? 'same' : is ? 'added' : 'removed' };
  });
}

function nodeLabel({ name, kind, target, fate }: GraphNodeChange): string {
  const note = fate === 'same' ? '' : ` (${fate})`;
  return `${label(name)}${note}<br/>${kind}${target === '' ? '' : ` ${label(target)}`}`;
}

function edgeLine(edge: GraphEdgeChange, ids: ReadonlyMap<string, string>): string {
  const { from, to, fate } = edge;
  const words = [
    ...(fate === 'same' ? [] : [fate]),
    ...(edge.when === undefined && !edge.default ? [] : [conditionText(edge)]),
  ];
  const text = words.length === 0 ? '' : `|"${label(words.join(': '))}"|`;
  const target = ids.get(to) ?? 'stop';
  return `  ${ids.get(from) ?? ''} ${arrows[fate]}${text} ${target}`;
}

/** Text within a quoted label: a number for every sign that Mermaid, Markdown or HTML could read. */
export function label(text: string): string {
  const characters = Array.from(neutral(text).replaceAll(drawn, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`));
  const cut = characters.length > labelMax ? [...characters.slice(0, labelMax - 1), '…'] : characters;
  return cut.map((one) => (/[A-Za-z0-9 ]/.test(one) || isInner(one) ? one : `#${one.codePointAt(0)};`)).join('');
}

/** Mermaid looks for formulas and icons when numbers are characters again: `$$x$$`, `fa:fa-ban`. */
const drawn = /(?<=\$)\$|:(?=fa-)/g;

/** Common in names and harmless within quotes. */
function isInner(character: string): boolean {
  return character === '_' || character === '/' || character === '.' || character === '-';
}
