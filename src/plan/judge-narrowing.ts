import { isDeepStrictEqual } from 'node:util';
import { parseDuration } from '../manifest/duration.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';

/** What two values of one field stand in. */
export interface Spot {
  readonly namespace: string;
  /** The object that holds the field, on each side. */
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
}

/** Whether the value after permits nothing that the value before did not. When in doubt: no. */
export type Narrowing = (before: Json | undefined, after: Json | undefined, spot: Spot) => boolean;

/** Nothing about it can be proved. */
export const never: Narrowing = () => false;

/** Taken away, there is nothing left to permit anything. */
export const removed: Narrowing = (_before, after) => after === undefined;

/** A figure or a duration; absent: no bound. */
export const lower: Narrowing = (before, after) => figure(after) <= figure(before);
export const higher: Narrowing = (before, after) => figure(after, 0) >= figure(before, 0);

function figure(value: Json | undefined, absent = Number.POSITIVE_INFINITY): number {
  if (value === undefined) return absent;
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return Number.NaN;
  return parseDuration(value) ?? Number(value);
}

export const toFalse: Narrowing = (_before, after) => after !== true;

/** One of these, the loosest first. What is not among them cannot be compared. */
export function tightening(...steps: readonly (string | undefined)[]): Narrowing {
  const rank = (value: Json | undefined): number => steps.findIndex((step) => step === value);
  return (before, after) => rank(before) >= 0 && rank(after) >= rank(before);
}

/** A list of what is permitted: absent permits everything, or what `absent` says. */
export function fewer(absent: 'all' | 'none' = 'all'): Narrowing {
  return (before, after, { namespace }) => {
    const [was, is] = [entries(before, namespace), entries(after, namespace)];
    if (was === undefined) return absent === 'all' || is === undefined || is.length === 0;
    if (is === undefined) return absent === 'none';
    return is.every((one) => was.some((other) => isDeepStrictEqual(one, other)));
  };
}

/** A list of what is refused or demanded: what was on it still is. */
export const more: Narrowing = (before, after, { namespace }) => {
  const is = entries(after, namespace) ?? [];
  return (entries(before, namespace) ?? []).every((one) => is.some((other) => isDeepStrictEqual(one, other)));
};

function entries(value: Json | undefined, namespace: string): readonly Json[] | undefined {
  if (!isJsonList(value)) return undefined;
  return value.map((entry) => (typeof entry === 'string' && isName(entry) ? qualify(entry, namespace) : entry));
}

/** References are written with or without their namespace; hosts, operations and the like are not references. */
function isName(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

/** Hosts: one that `*.` of the old list covers is not new. */
export const fewerHosts: Narrowing = (before, after) => {
  if (!isJsonList(before)) return true;
  return isJsonList(after) && texts(after).every((host) => texts(before).some((known) => covers(known, host)));
};

function texts(list: readonly Json[]): readonly string[] {
  return list.filter((one) => typeof one === 'string');
}

function covers(known: string, host: string): boolean {
  if (known === host) return true;
  const [, scheme = '', suffix] = /^(http:\/\/)?\*(\..+)$/.exec(known) ?? [];
  return suffix !== undefined && host.startsWith(scheme) && host.endsWith(suffix) && !host.startsWith(`${scheme}*`);
}

/** Agents that may be handed work, and skills of the like: every one that is there was there, word for word. */
export const fewerEntries: Narrowing = (before, after) =>
  objects(after).every((is) => objects(before).some((was) => isDeepStrictEqual(was, is)));

/** Patterns that a guard looks for, by what they find. */
export const morePatterns: Narrowing = (before, after) =>
  objects(before).every((was) =>
    objects(after).some((is) => is['pattern'] === was['pattern'] && is['replacement'] === was['replacement']),
  );

/** Keys of a Secret: each that is left says what it said. */
export const sameKeys: Narrowing = (before, after) => {
  if (!isJsonObject(before) || !isJsonObject(after)) return false;
  return Object.keys(before).every((key) => own(after, key) === undefined || own(after, key) === own(before, key));
};

/** Who approves: no fewer of them needed, nobody who was not asked before, no longer valid. */
export const stricterApproval: Narrowing = (before, after, spot) => {
  if (!isJsonObject(before) || !isJsonObject(after)) return false;
  const [was, is] = [objectOf(before['approvers']), objectOf(after['approvers'])];
  return (
    fewer('none')(was['groups'], is['groups'], spot) &&
    fewer('none')(was['users'], is['users'], spot) &&
    isNamed(was) === isNamed(is) &&
    higher(was['min'] ?? 1, is['min'] ?? 1, spot) &&
    lower(before['ttl'], after['ttl'], spot) &&
    lower(before['maxCycles'], after['maxCycles'], spot) &&
    (before['fourEyes'] !== true || after['fourEyes'] === true) &&
    releasesNoMore(before['batch'], after['batch'])
  );
};

/** One approval releases no more calls than before, and none that has less in common with the approved one. */
function releasesNoMore(before: Json | undefined, after: Json | undefined): boolean {
  if (!isJsonObject(before) || !isJsonObject(after)) return after === undefined;
  const kept = isJsonList(after['same']) ? after['same'] : [];
  const same = isJsonList(before['same']) ? before['same'] : [];
  return Number(after['max']) <= Number(before['max']) && same.every((name) => kept.includes(name));
}

/** Without names, whoever has a role in the namespace may. */
function isNamed(approvers: JsonObject): boolean {
  return [approvers['groups'], approvers['users']].some((list) => isJsonList(list) && list.length > 0);
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return isJsonList(value)
    ? value.filter(isJsonObject).sort((a, b) => compareText(JSON.stringify(a), JSON.stringify(b)))
    : [];
}
