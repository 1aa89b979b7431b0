import { isWholeMicroUsd } from './canonical.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { validateSchema } from './json-schema.ts';
import { objectAt } from './manifest-reference.ts';
import { didYouMean } from './nearest.ts';
import { listOf } from './shape-finding.ts';
import { shownText } from './shown.ts';
import type { Finding, Path } from './text.ts';

/** What is wrong, and, where it is wrong inside of a text, which part of the text it is. */
export interface Mistake extends Finding {
  readonly within?: { readonly text: string; readonly offset: number };
}

/** Takes one mistake; the path is from the `spec`. */
export type Report = (path: Path, finding: Mistake) => void;

/** Reports what is wrong with a `spec` of the right shape, beyond what a schema can say. */
export type Check = (spec: JsonObject, report: Report) => void;

/** A report for what stands below one field. */
export function below(report: Report, path: Path): Report {
  return (rest, finding) => report([...path, ...rest], finding);
}

interface Meaningless {
  readonly fields: readonly string[];
  /** What has no use for them: `an http tool`. */
  readonly what: string;
}

/** Fields that would be ignored: what is written must be honoured. */
export function refuseFields(holder: JsonObject, { fields, what }: Meaningless, report: Report): void {
  for (const field of fields) {
    if (!isWritten(holder[field])) continue;
    report([field], contradiction(`\`${field}\` has no meaning for ${what}.`));
  }
}

/** A default is filled in before meaning is checked: an empty list or a `false` may be one. */
function isWritten(value: Json | undefined): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

export function contradiction(
  message: string,
  help = 'Remove it: what cannot be honoured is refused, not ignored.',
): Finding {
  return { part: 'key', code: 'manifest.contradiction', message, help };
}

interface Needed {
  readonly fields: readonly string[];
  readonly help: string;
}

export function requireFields(holder: JsonObject, { fields, help }: Needed, report: Report): void {
  for (const field of fields) {
    if (holder[field] !== undefined) continue;
    report([field], { part: 'key', code: 'manifest.required', message: `\`${field}\` is missing.`, help });
  }
}

/** Reports two of the fields, and with `none` also the lack of all of them. */
export function checkOneOf(
  holder: JsonObject,
  { fields, none }: { readonly fields: readonly string[]; readonly none?: string },
  report: Report,
): void {
  const present = fields.filter((field) => holder[field] !== undefined);
  const code = 'manifest.exactly_one';
  if (present.length === 0 && none !== undefined) {
    report([], { part: 'key', code, message: none, help: `Add one of ${listOf(fields)}.` });
  }
  const second = present[1];
  if (second === undefined) return;
  const message = `Of ${listOf(present)} only one is allowed.`;
  report([second], { part: 'key', code, message, help: present.length === 2 ? 'Remove one of them.' : 'Keep one.' });
}

/** A name that is none of those that could be meant here. */
export function notAmong(name: string, names: readonly string[], where: string): Finding {
  const help = didYouMean(name, names) ?? (names.length === 0 ? undefined : `Here: ${names.join(', ')}.`);
  return { code: 'manifest.value', message: `\`${shownText(name)}\` is none of ${where}.`, help };
}

/** Entries of a list that are told apart by one field. */
export function checkUnique(
  names: readonly (Json | undefined)[],
  { path, field, what }: { readonly path: Path; readonly field: string; readonly what: string },
  report: Report,
): void {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string') continue;
    if (seen.has(name)) {
      const message = `The ${what} \`${shownText(name)}\` is there twice.`;
      report([...path, index, field], { code: 'manifest.duplicate_entry', message, help: 'Keep one of the two.' });
    }
    seen.add(name);
  }
}

export function checkSchema(schema: unknown, path: Path, report: Report): void {
  if (!isJsonObject(schema)) return;
  for (const finding of validateSchema(schema as JsonObject)) report([...path, ...finding.path], finding);
}

export function checkMoney(usd: unknown, path: Path, report: Report): void {
  if (typeof usd !== 'number' || isWholeMicroUsd(usd)) return;
  report(path, {
    code: 'manifest.money',
    message: 'The amount is finer than a millionth of a US dollar.',
    help: 'Round it to six decimals.',
  });
}

/** Costs are limited in US dollars. */
export function checkCostLimit(spec: JsonObject, report: Report): void {
  checkMoney(objectAt(spec, 'limits')['maxCost'], ['limits', 'maxCost'], report);
}
