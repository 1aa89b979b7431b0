import { lastTime, nextTime } from '../manifest/cron-time.ts';
import { parseDuration } from '../manifest/duration.ts';
import type { Window } from '../manifest/rules.ts';

export type WindowState =
  | { readonly isOpen: true }
  | {
      readonly isOpen: false;
      /** Undefined: not within the times that were looked at. */
      readonly opensAt: Date | undefined;
      /** The window that denies, by its name or schedule; absent: none that allows is open. */
      readonly deniedBy?: string;
    };

/** Openings and ends that are tried, at 1 ms each, before nobody can say when. */
const triesMax = 100;

/** Whether merged commits may be applied at that moment, and from when on else. A window that denies wins. */
export function windowState(windows: readonly Window[], now: Date): WindowState {
  if (isOpen(windows, now)) return { isOpen: true };
  const denying = windows.find((window) => window.verdict === 'deny' && covers(window, now));
  const opensAt = nextOpening(windows, now);
  return { isOpen: false, opensAt, ...(denying === undefined ? {} : { deniedBy: denying.name ?? denying.cron }) };
}

function isOpen(windows: readonly Window[], at: Date): boolean {
  if (windows.some((window) => window.verdict === 'deny' && covers(window, at))) return false;
  const allowing = windows.filter((window) => window.verdict !== 'deny');
  return allowing.length === 0 || allowing.some((window) => covers(window, at));
}

/** From its start, that moment included, to its end, that moment not. */
function covers(window: Window, at: Date): boolean {
  const start = startBy(window, at);
  return start !== undefined && at < endOf(window, start);
}

/** It can only open where one that allows begins, or one that denies ends. */
function nextOpening(windows: readonly Window[], now: Date): Date | undefined {
  let at = now;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const turns = windows.flatMap((window) =>
      window.verdict === 'deny' ? endAfter(window, at) : startAfter(window, at),
    );
    const next = turns.reduce<Date | undefined>(
      (first, one) => (first === undefined || one < first ? one : first),
      undefined,
    );
    if (next === undefined || isOpen(windows, next)) return next;
    at = next;
  }
  return undefined;
}

function startAfter(window: Window, at: Date): readonly Date[] {
  const start = nextTime(timesOf(window), at);
  return start === undefined ? [] : [start];
}

/** Of the window that is open, else of the next one: each time it begins anew its end moves on. */
function endAfter(window: Window, at: Date): readonly Date[] {
  const last = startBy(window, at);
  if (last !== undefined && endOf(window, last) > at) return [endOf(window, last)];
  return startAfter(window, at).map((start) => endOf(window, start));
}

/** The last start, that moment included: schedules come on whole seconds. */
function startBy(window: Window, at: Date): Date | undefined {
  return lastTime(timesOf(window), new Date(Math.floor(at.getTime() / 1_000) * 1_000 + 1_000));
}

function endOf(window: Window, start: Date): Date {
  return new Date(start.getTime() + (parseDuration(window.duration) ?? 0));
}

function timesOf({ cron, timeZone }: Window): { readonly cron: string; readonly timeZone: string } {
  return { cron, timeZone };
}
