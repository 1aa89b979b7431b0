import { neutral } from '../../manifest/neutral.ts';
import type { Plan } from '../change.ts';
import type { Fate, GraphChange, ModelChange, PromptChange, ReachChange, SettingChange } from '../section.ts';
import { graphLines } from './graph-lines.ts';
import type { LineStyle, Page } from './page.ts';
import { moreOf } from './text-decisions.ts';
import { amount, counted, named, withMore } from './words.ts';

const entriesMax = 20;

/** Graphs, prompts, models, destinations and secrets: each a list of what changes. */
export function sections(out: Page, { sections: all }: Plan): void {
  const { more = {} } = all;
  section(out, { title: 'Graphs', entries: all.graphs, more: more.graphs, render: graph });
  section(out, { title: 'Prompts', entries: all.prompts, more: more.prompts, render: prompt });
  section(out, { title: 'Models', entries: all.models, more: more.models, render: model });
  section(out, { title: 'Hosts reached', entries: all.egress, more: more.egress, render: reach });
  section(out, { title: 'Secrets in reach', entries: all.secrets, more: more.secrets, render: reach });
}

interface SectionOptions<T> {
  readonly title: string;
  readonly entries: readonly T[];
  readonly more: number | undefined;
  readonly render: (out: Page, entry: T) => void;
}

function section<T>(out: Page, { title, entries, more = 0, render }: SectionOptions<T>): void {
  if (entries.length === 0) return;
  out.line(0, `${title}:`, { paint: out.colors.bold });
  for (const entry of entries.slice(0, entriesMax)) render(out, entry);
  moreOf(out, { indent: 2, hidden: Math.max(0, entries.length - entriesMax) + more, word: 'entry' });
  out.blank();
}

function graph(out: Page, change: GraphChange): void {
  const { system, place, fate, nodes, edges } = change;
  const lines = graphLines(change);
  const size = `${counted(nodes.length, 'node')}, ${counted(edges.length, 'edge')}`;
  out.line(2, `${named(system)} ${fate}: ${size} (${neutral(place.file)}:${place.line})`, styleOf(out, fate));
  for (const line of lines.slice(0, entriesMax)) out.line(6, line.text, styleOf(out, line.fate));
  moreOf(out, { indent: 6, hidden: lines.length - entriesMax, word: 'line' });
}

/** The lines of an agent's prompt stand with the agent's change; what they do not show is said here. */
function prompt(out: Page, change: PromptChange): void {
  out.line(2, promptText(change), styleOf(out, change.fate));
  const { address, agents, moreAgents, hidden, moreHidden = 0 } = change;
  if (agents.some((agent) => agent !== address)) out.line(6, `read by ${withMore(agents.map(named), moreAgents)}`);
  for (const { character, name, count } of hidden) {
    const style = { mark: '!', paint: out.colors.red };
    out.line(6, `brings ${counted(count, 'hidden character')} ${neutral(character)} ${neutral(name)}`, style);
  }
  moreOf(out, { indent: 6, hidden: moreHidden, word: 'hidden character' });
}

/** `Agent "support/writer" prompt: about 120 -> 340 tokens, +220 (agents/writer.yaml:1)`. */
export function promptText({ address, text, place, tokens: { before, after } }: PromptChange): string {
  const grown = after - before;
  const by = grown === 0 ? 'as many' : `${grown > 0 ? '+' : '-'}${amount(Math.abs(grown))}`;
  const where = `${neutral(place.file)}:${place.line}`;
  return `${named(address)} ${text}: about ${amount(before)} -> ${counted(after, 'token')}, ${by} (${where})`;
}

function model(out: Page, { endpoint, was, place, agents, moreAgents, fields }: ModelChange): void {
  const from = was === undefined ? '' : `${named(was)} -> `;
  const by = agents.length === 0 ? 'no agent' : withMore(agents.map(named), moreAgents);
  out.line(
    2,
    `${from}${named(endpoint)}, answers ${by} (${neutral(place.file)}:${place.line})`,
    styleOf(out, 'changed'),
  );
  for (const field of fields.slice(0, entriesMax)) out.line(6, settingText(field), styleOf(out, 'changed'));
  moreOf(out, { indent: 6, hidden: fields.length - entriesMax, word: 'field' });
}

/** `limits.maxTurns: 4 -> 8`. */
export function settingText({ field, before = '(absent)', after = '(absent)' }: SettingChange): string {
  return neutral(`${field}: ${before} -> ${after}`);
}

function reach(out: Page, change: ReachChange): void {
  out.line(2, reachText(change), styleOf(out, change.fate));
}

/** `api.example.com newly by Agent "support/writer" through Tool "support/search"`. */
export function reachText({ name, fate, through, moreThrough, subjects, moreSubjects }: ReachChange): string {
  const by = subjects.length === 0 ? 'nobody yet' : withMore(subjects.map(named), moreSubjects);
  const via = through.length === 0 ? '' : ` through ${withMore(through.map(named), moreThrough)}`;
  return `${neutral(name)} ${fate === 'added' ? 'newly' : 'no longer'} by ${by}${via}`;
}

/** What becomes of a thing, as a sign. */
export const signs: Readonly<Record<Fate, string>> = { added: '+', removed: '-', changed: '~', same: ' ' };

function styleOf(out: Page, fate: Fate): LineStyle {
  const { green, red, yellow } = out.colors;
  return { mark: signs[fate], paint: fate === 'added' ? green : fate === 'removed' ? red : yellow };
}
