import { neutral } from '../../manifest/neutral.ts';
import type { Address } from '../../manifest/resource.ts';
import type { Cause, CellVerdict } from '../access.ts';
import type { Plan } from '../change.ts';

/** `1 change`, `2 changes`. */
export function counted(count: number, word: string): string {
  return `${amount(count)} ${noun(count, word)}`;
}

export function noun(count: number, word: string): string {
  if (count === 1) return word;
  if (word === 'person') return 'people';
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}

/** The first names, and how many more there are. */
export function listed(names: readonly string[], max = 20): string {
  const shown = names.slice(0, max).map(neutral).join(', ');
  return names.length > max ? `${shown} and ${amount(names.length - max)} more` : shown;
}

/** Names that are safe to print already, and how many more there are than these. */
export function withMore(names: readonly string[], more = 0, max = 5): string {
  const hidden = Math.max(0, names.length - max) + more;
  return `${names.slice(0, max).join(', ')}${hidden > 0 ? ` and ${amount(hidden)} more` : ''}`;
}

/** `Agent/support/writer` as plans write it: `Agent "support/writer"`. */
export function named(address: Address): string {
  const slash = address.indexOf('/');
  return slash < 0 ? neutral(address) : `${neutral(address.slice(0, slash))} "${neutral(address.slice(slash + 1))}"`;
}

/** Who brought something about, as `roles/support.yaml:3 AgentRole "support/support" (spec.permissions)`. */
export function causeText({ address, place, fields }: Cause): string {
  const paths = fields.length === 0 ? '' : ` (${listed(fields, 3)})`;
  return `${neutral(place.file)}:${place.line} ${named(address)}${paths}`;
}

/** `deny (no role grants it)`; the rule says who decided. */
export function verdictText({ kind, rule, reason, asks = [] }: CellVerdict): string {
  // Of a grant that people have to release, whoever has them asked is of more use than whoever gave it.
  if (kind === 'ask' && asks.length > 0) return `ask (${listed(asks, 3)})`;
  const by = rule === '' ? reason : rule;
  return by === undefined ? kind : `${kind} (${neutral(by)})`;
}

/** `12345` as `12,345`, whatever the machine's locale. */
export function amount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Micro-USD as dollars: cents at least, and no digit of what a cheap call costs lost. */
export function dollars(microUsd: number): string {
  const [whole = '0', fraction = ''] = (microUsd / 1_000_000).toFixed(6).split('.');
  return `$${amount(Number(whole))}.${fraction.replace(/0{1,4}$/, '')}`;
}

/** A ceiling with its unit: micro-USD where the limit says `usd`, milliseconds where it says `timeout`. */
export function limitText(limit: string, value: number | undefined): string {
  if (value === undefined) return 'no limit';
  if (/(?:^|\.)(?:usd|maxCost)(?:\.|$)/.test(limit)) return dollars(value);
  if (limit.endsWith('timeout')) return `${amount(value / 1000)} s`;
  return amount(value);
}

/** The first twelve digits: enough to tell plans apart for people. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}

/** What is planned, for people: a commit of the environment's branch, uncommitted files, or a stored revision. */
export function targetOf({ branch, commit, stored }: Plan['target']): string {
  if (stored !== undefined) return `revision ${stored} as stored`;
  if (commit === 'working-copy') return 'the working copy';
  return `${neutral(branch)} @ ${neutral(commit.slice(0, 7))}`;
}

/** What it was compared with, to go on in a sentence. */
export function comparedWith({ revision, commit }: Plan['base']): string {
  if (commit !== undefined) return `compared with commit ${neutral(commit.slice(0, 7))}, not with what is live`;
  return revision === 0 ? 'nothing was applied before' : `compared with revision ${revision}`;
}

/** A word of a command line, quoted where a shell would read more into it. */
export function shellWord(word: string): string {
  const text = neutral(word);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** At most so many characters, with an ellipsis where some were lost. */
export function clip(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  const characters = Array.from(text);
  return characters.length <= charactersMax ? text : `${characters.slice(0, charactersMax - 1).join('')}…`;
}
