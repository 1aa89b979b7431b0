import { isDeepStrictEqual } from 'node:util';
import { startsPerYear } from '../manifest/cron.ts';
import { digest } from '../manifest/digest.ts';
import { parseDuration } from '../manifest/duration.ts';
import { isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { oldAddress } from './risk-access.ts';
import { causeAt, type FoundRisk } from './risk-found.ts';
import type { FoundItem } from './risk-items.ts';
import type { Sides } from './sides.ts';

/** R9: what starts runs by itself does so more often, or for more senders. */
export function triggerRisks(sides: Sides): readonly FoundRisk[] {
  return sides.changed.flatMap((address) => {
    const after = sides.after.get(address);
    if (after?.kind !== 'TaskSchedule' && after?.kind !== 'TaskWebhook') return [];
    const before = sides.before.get(oldAddress(sides, address));
    const items = after.kind === 'TaskSchedule' ? scheduleItems(before, after) : webhookItems(before, after);
    return items.length === 0 ? [] : [triggerRisk(sides, address, { before, items })];
  });
}

interface Loosened {
  readonly before: Resource | undefined;
  readonly items: readonly FoundItem[];
}

function triggerRisk(sides: Sides, address: Address, { before, items }: Loosened): FoundRisk {
  const [first] = items;
  return {
    class: 'R9',
    subject: address,
    title: `${address} starts runs more freely: ${first?.detail ?? ''}${items.length > 1 ? `, and ${items.length - 1} more` : ''}.`,
    items,
    causes: [causeAt(sides, address)],
    owned: before === undefined ? [] : [before.address],
  };
}

function scheduleItems(before: Resource | undefined, after: Resource): readonly FoundItem[] {
  const [was, is] = [startsOf(before), startsOf(after)];
  const concurrency = [before, after].map((one) => (one === undefined ? undefined : text(specOf(one)['concurrency'])));
  return [
    ...(is > was ? [{ detail: `${was} -> ${is} starts a year`, key: ['starts', was, is, cronOf(after)] }] : []),
    ...(before !== undefined && concurrency[1] === 'allow' && concurrency[0] !== 'allow'
      ? [{ detail: 'runs of it may overlap', key: ['concurrency', ...concurrency] }]
      : []),
  ];
}

/** A schedule that is suspended, or is not there, starts nothing. */
function startsOf(schedule: Resource | undefined): number {
  if (schedule === undefined || specOf(schedule)['suspend'] === true) return 0;
  return startsPerYear(cronOf(schedule) ?? '') ?? 0;
}

function cronOf(schedule: Resource): string | undefined {
  return text(specOf(schedule)['cron']);
}

function webhookItems(before: Resource | undefined, after: Resource): readonly FoundItem[] {
  const [was, is] = [before === undefined ? undefined : specOf(before), specOf(after)];
  if (is['suspend'] === true) return [];
  if (was === undefined || was['suspend'] === true) {
    return [{ detail: 'requests start runs that started none before', key: ['opened', after.digest] }];
  }
  return [
    ...loosened('auth', was, is, isStricterAuth),
    // Without a filter everything passes, so that a new one only restricts.
    ...loosened('filter', was, is, (old) => old === undefined),
    ...loosened('dedupe', was, is, isStricterDedupe),
  ];
}

type IsStricter = (was: Json | undefined, is: Json | undefined) => boolean;

function loosened(
  field: string,
  was: JsonObject,
  ...[is, isStricter]: readonly [JsonObject, IsStricter]
): readonly FoundItem[] {
  const [old, now] = [own(was, field), own(is, field)];
  if (isDeepStrictEqual(old, now) || isStricter(old, now)) return [];
  const digests = [old, now].map((value) => (value === undefined ? undefined : digest(value)));
  return [{ detail: `spec.${field} is not provably stricter`, key: [field, ...digests] }];
}

/** Only the time that a signature is good for can be told to become stricter. */
function isStricterAuth(was: Json | undefined, is: Json | undefined): boolean {
  if (!isJsonObject(was) || !isJsonObject(is)) return false;
  const { tolerance: long, ...before } = was;
  const { tolerance: short, ...after } = is;
  return isDeepStrictEqual(before, after) && milliseconds(short) <= milliseconds(long);
}

/** The same request is taken for the same for at least as long. */
function isStricterDedupe(was: Json | undefined, is: Json | undefined): boolean {
  if (was === undefined) return true;
  if (!isJsonObject(was) || !isJsonObject(is)) return false;
  return isDeepStrictEqual(was['header'], is['header']) && milliseconds(is['window'], 0) >= milliseconds(was['window']);
}

function milliseconds(value: Json | undefined, otherwise = Number.POSITIVE_INFINITY): number {
  return typeof value === 'string' ? (parseDuration(value) ?? otherwise) : otherwise;
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function specOf({ manifest }: Resource): JsonObject {
  const spec = own(manifest, 'spec');
  return isJsonObject(spec) ? spec : {};
}
