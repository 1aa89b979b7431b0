import type { Trouble } from './alert.ts';

/** What is kept of an alert between two looks. */
export interface AlertState {
  readonly fingerprint: string;
  readonly state: 'pending' | 'firing' | 'resolved';
  readonly episode: number;
  readonly flaps: number;
  readonly since: Date;
  /** When somebody was last told. */
  readonly firedAt: Date | undefined;
  readonly clearedAt: Date | undefined;
  readonly resolvedAt: Date | undefined;
}

/** What becomes of it. `tell`: receivers hear of it. */
export type AlertMove =
  | { readonly kind: 'wait' }
  | { readonly kind: 'forget' }
  | { readonly kind: 'keep'; readonly next: AlertState; readonly tell?: 'firing' | 'resolved' };

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const flapsMax = 6;

/**
 * The life of an alert. Something wrong is `pending` until it has lasted for `holdMs`, then `firing`, and receivers are
 * told. While it fires, another fingerprint is told again. When it is gone it has to stay gone for a minute to be
 * `resolved`, and receivers are told. What comes back within an hour is a flap: each doubles how long it has to stay
 * gone, and how long the next change waits to be told, up to about an hour. Where it is muted nothing moves: what fires
 * goes on firing, and what begins is seen when the mute ends.
 */
export function advance(
  known: AlertState | undefined,
  trouble: Trouble | undefined,
  { now, isMuted }: { readonly now: Date; readonly isMuted: boolean },
): AlertMove {
  if (isMuted) return { kind: 'wait' };
  if (trouble === undefined) return known === undefined ? { kind: 'wait' } : withoutIt(known, now);
  if (known === undefined || known.state === 'resolved') return begun(known, trouble, now);
  if (known.state === 'pending') return lasting(known, trouble, now);
  if (known.fingerprint !== trouble.fingerprint) return changed(known, trouble, now);
  return known.clearedAt === undefined
    ? { kind: 'wait' }
    : { kind: 'keep', next: { ...known, clearedAt: undefined, flaps: more(known.flaps) } };
}

function begun(known: AlertState | undefined, trouble: Trouble, now: Date): AlertMove {
  const last = known?.resolvedAt;
  const isFlap = known !== undefined && last !== undefined && now.getTime() - last.getTime() < hourMs;
  const state: AlertState = {
    fingerprint: trouble.fingerprint,
    state: 'pending',
    episode: known?.episode ?? 0,
    flaps: isFlap ? more(known.flaps) : 0,
    since: trouble.since ?? now,
    firedAt: undefined,
    clearedAt: undefined,
    resolvedAt: undefined,
  };
  return lastsLong(state, trouble, now) ? fired(state, trouble, now) : { kind: 'keep', next: state };
}

function lasting(known: AlertState, trouble: Trouble, now: Date): AlertMove {
  return lastsLong(known, trouble, now) ? fired(known, trouble, now) : { kind: 'wait' };
}

function lastsLong({ since }: AlertState, { holdMs }: Trouble, now: Date): boolean {
  // What began while this look was under way has lasted for no time, and not for less.
  return Math.max(0, now.getTime() - since.getTime()) >= holdMs;
}

function fired(state: AlertState, { fingerprint }: Trouble, now: Date): AlertMove {
  const next: AlertState = { ...state, state: 'firing', fingerprint, episode: state.episode + 1, firedAt: now };
  return { kind: 'keep', next, tell: 'firing' };
}

function changed(known: AlertState, { fingerprint }: Trouble, now: Date): AlertMove {
  const sinceToldMs = now.getTime() - (known.firedAt ?? known.since).getTime();
  if (known.flaps > 0 && sinceToldMs < quietMs(known.flaps)) return { kind: 'wait' };
  const flaps = sinceToldMs < hourMs ? more(known.flaps) : 0;
  const next: AlertState = { ...known, fingerprint, flaps, firedAt: now, clearedAt: undefined };
  return { kind: 'keep', next, tell: 'firing' };
}

function withoutIt(known: AlertState, now: Date): AlertMove {
  if (known.state === 'resolved') return { kind: 'wait' };
  if (known.state === 'pending') return { kind: 'forget' };
  if (known.clearedAt === undefined) return { kind: 'keep', next: { ...known, clearedAt: now } };
  if (now.getTime() - known.clearedAt.getTime() < quietMs(known.flaps)) return { kind: 'wait' };
  return { kind: 'keep', next: { ...known, state: 'resolved', resolvedAt: now }, tell: 'resolved' };
}

function quietMs(flaps: number): number {
  return minuteMs * 2 ** flaps;
}

function more(flaps: number): number {
  return Math.min(flaps + 1, flapsMax);
}
