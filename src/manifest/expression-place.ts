import type { Reader } from './graph-order.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { shownText } from './shown.ts';
import { isFault, parseTemplate } from './template.ts';
import type { ExpressionFault } from './expression-inspect.ts';
import type { Path } from './text.ts';

/** One expression of a system: where it stands, and what it may read there. */
export interface ExpressionPlace {
  /** From `spec`, to the text that holds it. */
  readonly path: Path;
  readonly text: string;
  /** Undefined where only `input` is there: before a run begins. */
  readonly reader: Reader | undefined;
  /** Whether `output` is the node's own: in the input of a loop, that of the turn before. */
  readonly readsOutput: boolean;
  /** Whether `item` is an entry of the node's `forEach`. */
  readonly readsItem: boolean;
  readonly gives: 'bool' | 'list' | 'value';
  /** What it belongs to, in words. */
  readonly what: string;
}

/** Reports a text whose `${ … }` does not close. */
type ReportTemplate = (path: Path, fault: ExpressionFault, text: string) => void;

/** Every expression of a system's spec. */
export function expressionPlaces(spec: JsonObject, report: ReportTemplate): ExpressionPlace[] {
  const found: ExpressionPlace[] = [];
  for (const [name, node] of Object.entries(objectAt(spec, 'graph'))) {
    if (isJsonObject(node)) nodePlaces(name, node, { found, report });
  }
  const end = { reader: {}, readsOutput: false, readsItem: false, gives: 'value', what: 'the output' } as const;
  templatePlaces(spec['output'], ['output'], { found, report, place: end });
  const before = { reader: undefined, readsOutput: false, readsItem: false, gives: 'value', what: 'the key' } as const;
  for (const field of ['concurrency', 'rollout']) {
    const key = objectAt(spec, field)['key'];
    if (typeof key === 'string') found.push({ ...before, path: [field, 'key'], text: key });
  }
  return found;
}

interface Collecting {
  readonly found: ExpressionPlace[];
  readonly report: ReportTemplate;
}

function nodePlaces(name: string, node: JsonObject, { found, report }: Collecting): void {
  const path = ['graph', name];
  const what = `the node \`${shownText(name)}\``;
  const start = { reader: { node: name }, readsOutput: false, readsItem: false, gives: 'value', what } as const;
  const after = { ...start, reader: { node: name, isOver: true }, readsOutput: true, gives: 'bool' } as const;
  const { input, forEach } = node;
  // A loop starts over with what it gave last: null in the first turn.
  const place = { ...start, readsItem: forEach !== undefined, readsOutput: node['loop'] !== undefined };
  templatePlaces(input, [...path, 'input'], { found, report, place });
  if (typeof forEach === 'string') found.push({ ...start, path: [...path, 'forEach'], text: forEach, gives: 'list' });
  const until = objectAt(node, 'loop')['until'];
  if (typeof until === 'string') found.push({ ...after, path: [...path, 'loop', 'until'], text: until });
  for (const [index, edge] of listAt(node, 'edges').entries()) {
    const when = isJsonObject(edge) ? edge['when'] : undefined;
    if (typeof when === 'string') found.push({ ...after, path: [...path, 'edges', index, 'when'], text: when });
  }
}

interface Template extends Collecting {
  readonly place: Omit<ExpressionPlace, 'path' | 'text'>;
}

function templatePlaces(value: Json | undefined, path: Path, template: Template): void {
  if (typeof value === 'string') textPlaces(value, path, template);
  else if (isJsonList(value)) {
    for (const [index, member] of value.entries()) templatePlaces(member, [...path, index], template);
  } else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) templatePlaces(member, [...path, key], template);
  }
}

function textPlaces(text: string, path: Path, { found, report, place }: Template): void {
  if (!text.includes('${')) return;
  const parts = parseTemplate(text);
  if (isFault(parts)) return report(path, parts, text);
  for (const part of parts) if (part.kind === 'code') found.push({ ...place, path, text: part.text });
}
