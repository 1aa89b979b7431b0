import { didYouMean } from './nearest.ts';
import { shownText } from './shown.ts';
import type { Finding } from './text.ts';

/** What is wrong with the name of a time zone; undefined: nothing is. */
export function timeZoneFinding(name: string): Finding | undefined {
  if (zoneNames().has(name) || isLinked(name)) return undefined;
  const help =
    didYouMean(name, [...zoneNames()]) ?? 'A name of the IANA time zone database, such as `Europe/Berlin` or `UTC`.';
  return { code: 'manifest.time_zone', message: `There is no time zone \`${shownText(name)}\`.`, help };
}

let names: ReadonlySet<string> | undefined;

function zoneNames(): ReadonlySet<string> {
  names ??= new Set(['UTC', ...Intl.supportedValuesOf('timeZone')]);
  return names;
}

/** Older and newer names of a zone, such as `Asia/Kolkata`, are known and not listed. Offsets are no zones. */
function isLinked(name: string): boolean {
  if (!/^[A-Z][A-Za-z_]+\/[A-Z][A-Za-z0-9_+/-]+$/.test(name)) return false;
  const lower = name.toLowerCase();
  for (const known of zoneNames()) if (known.toLowerCase() === lower) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    // A RangeError says that there is no such zone.
    return false;
  }
}
