import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { objectAt } from '../manifest/manifest-reference.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { estimateTokens } from '../manifest/token-estimate.ts';
import { capped } from './capped.ts';
import { type HiddenCharacter, hiddenBrought } from './hidden-characters.ts';
import { changedPairs, type Pair } from './pairs.ts';
import type { PromptChange, PromptText } from './section.ts';
import { sentenceDiff } from './sentences.ts';
import type { Sides } from './sides.ts';
import { uses, usersOf } from './uses.ts';

const linesMax = 200;
const hiddenMax = 20;
const agentsMax = 20;

export interface PromptChanges {
  /** Compared when it is asked for: who shows a plan does, and apply does not. */
  readonly shown: readonly PromptChange[];
  readonly more: number;
}

/**
 * Changes of every text that models are shown, by address. An agent's prompt is the one with its fragments taken in,
 * so a library shows in each agent that takes from it. Where there are too many, those that bring hidden characters
 * are the last to be left out.
 */
export function promptChanges(sides: Sides, max: number): PromptChanges {
  const changes = [...changedPairs(sides, 'Agent'), ...changedPairs(sides, 'Tool')].flatMap(textChanges);
  const byWeight = changes.toSorted((a, b) => Number(b.hidden.length > 0) - Number(a.hidden.length > 0));
  const shown = byWeight.slice(0, max).sort(compareChanges);
  const readers = readersOf(sides, shown);
  let compared: readonly PromptChange[] | undefined;
  return {
    get shown() {
      return (compared ??= shown.map((change) => promptChange(change, readers)));
    },
    more: changes.length - shown.length,
  };
}

interface TextChange {
  readonly pair: Pair;
  readonly text: PromptText;
  readonly before: string;
  readonly after: string;
  readonly hidden: readonly HiddenCharacter[];
}

function textChanges(pair: Pair): readonly TextChange[] {
  const [before, after] = [pair.before, pair.after].map((side) => (side === undefined ? {} : textsOf(side)));
  const texts: TextChange[] = [];
  for (const text of ['prompt', 'description', 'inputSchema', 'outputSchema'] as const) {
    const [was, is] = [before?.[text] ?? '', after?.[text] ?? ''];
    if (was !== is) texts.push({ pair, text, before: was, after: is, hidden: hiddenBrought(was, is) });
  }
  return texts;
}

/** A tool's description and schema are how a model chooses: to a model they are prompts. */
function textsOf({ kind, manifest }: Resource): Readonly<Partial<Record<PromptText, string>>> {
  const spec = objectAt(manifest, 'spec');
  if (kind === 'Agent') {
    return { prompt: textAt(spec, 'prompt'), outputSchema: wordsOf(objectAt(spec, 'output')['schema']) };
  }
  return { description: textAt(spec, 'description'), inputSchema: wordsOf(spec['inputSchema']) };
}

function textAt(spec: JsonObject, field: string): string {
  const value = spec[field];
  return typeof value === 'string' ? value : '';
}

const words = new Set(['title', 'description', '$comment']);
const depthMax = 32;

/** What a schema says in words, a line for each, with the path of what it is said of. */
function wordsOf(schema: Json | undefined, path: readonly string[] = []): string {
  if (typeof schema !== 'object' || schema === null || path.length > depthMax) return '';
  const lines: string[] = [];
  for (const [key, value] of Object.entries(schema).sort(([a], [b]) => compareText(a, b))) {
    const isWord = words.has(key) && typeof value === 'string' && isJsonObject(schema);
    const line = isWord ? `- ${path.join('.')}${path.length > 0 ? ': ' : ''}${value}` : wordsOf(value, [...path, key]);
    if (line !== '') lines.push(line);
  }
  return lines.join('\n');
}

/** Agents by the changed tool that they list, on either side; looked for only where a tool's text changes. */
function readersOf(sides: Sides, changes: readonly TextChange[]): ReadonlyMap<Address, readonly Address[]> {
  const tools = new Set(changes.map(({ pair }) => pair.address).filter((address) => address.startsWith('Tool/')));
  const agents = [sides.before, sides.after].flatMap((side) => usersOf(side, tools, onlyAgents));
  return new Map(
    Array.from(tools, (tool) => {
      const readers = agents.filter((agent) => uses(agent, tool)).map(({ address }) => address);
      return [tool, [...new Set(readers)].sort(compareText)];
    }),
  );
}

const onlyAgents = new Set<Resource['kind']>(['Agent']);

function promptChange(change: TextChange, readers: ReadonlyMap<Address, readonly Address[]>): PromptChange {
  const { pair, text, before, after, hidden } = change;
  const agents = capped(readers.get(pair.address) ?? [pair.address], agentsMax);
  const lines = capped(sentenceDiff(before, after), linesMax);
  const shownHidden = capped(hidden, hiddenMax);
  return {
    address: pair.address,
    text,
    place: pair.place,
    fate: before === '' ? 'added' : after === '' ? 'removed' : 'changed',
    agents: agents.shown,
    ...(agents.more > 0 ? { moreAgents: agents.more } : {}),
    lines: lines.shown,
    ...(lines.more > 0 ? { moreLines: lines.more } : {}),
    tokens: { before: estimateTokens(before), after: estimateTokens(after) },
    hidden: shownHidden.shown,
    ...(shownHidden.more > 0 ? { moreHidden: shownHidden.more } : {}),
  };
}

const order: readonly PromptText[] = ['prompt', 'description', 'inputSchema', 'outputSchema'];

function compareChanges(a: TextChange, b: TextChange): number {
  return compareText(a.pair.address, b.pair.address) || order.indexOf(a.text) - order.indexOf(b.text);
}
