import { describe, expect, test } from 'vitest';
import type { Window } from '../../src/manifest/rules.ts';
import { windowState } from '../../src/controller/window.ts';

const office: Window = { verdict: 'allow', cron: '0 9 * * MON-FRI', duration: '8h', timeZone: 'Europe/Berlin' };
const freeze: Window = {
  name: 'release-day',
  verdict: 'deny',
  cron: '0 12 * * WED',
  duration: '2h',
  timeZone: 'Europe/Berlin',
};
const at = (text: string): Date => new Date(text);

describe('windows', () => {
  test('none: it is always open', () => {
    expect(windowState([], at('2026-01-03T03:00:00Z'))).toEqual({ isOpen: true });
  });

  test('one that allows is open from its start, that moment included, to its end, that moment not', () => {
    // Thursday; Berlin is an hour ahead in winter.
    const state = (text: string) => windowState([office], at(text)).isOpen;
    expect(state('2026-01-08T07:59:59.999Z')).toBe(false);
    expect(state('2026-01-08T08:00:00Z')).toBe(true);
    expect(state('2026-01-08T15:59:59.999Z')).toBe(true);
    expect(state('2026-01-08T16:00:00Z')).toBe(false);
  });

  test('outside, it says when it opens next, over the weekend and over a change of clocks', () => {
    // Friday evening before the last Sunday of March, when Berlin goes to summer time.
    expect(windowState([office], at('2026-03-27T20:00:00Z'))).toEqual({
      isOpen: false,
      opensAt: at('2026-03-30T07:00:00Z'),
    });
  });

  test('one that denies wins, is named, and the next opening is its end', () => {
    expect(windowState([office, freeze], at('2026-01-07T11:30:00Z'))).toEqual({
      isOpen: false,
      opensAt: at('2026-01-07T13:00:00Z'),
      deniedBy: 'release-day',
    });
  });

  test('one that denies alone leaves every other time open', () => {
    expect(windowState([freeze], at('2026-01-07T10:59:59Z'))).toEqual({ isOpen: true });
    expect(windowState([freeze], at('2026-01-07T11:00:00Z')).isOpen).toBe(false);
    expect(windowState([freeze], at('2026-01-08T11:00:00Z'))).toEqual({ isOpen: true });
  });

  test('an end of what denies that falls outside what allows is no opening', () => {
    const long: Window = { ...freeze, duration: '12h' };
    expect(windowState([office, long], at('2026-01-07T11:30:00Z'))).toMatchObject({
      opensAt: at('2026-01-08T08:00:00Z'),
    });
  });

  test('one that lasts longer than until its next start never closes', () => {
    const always: Window = { verdict: 'allow', cron: '0 * * * *', duration: '2h', timeZone: 'UTC' };
    for (let minute = 0; minute < 240; minute += 7) {
      expect(windowState([always], new Date(Date.UTC(2026, 0, 1, 0, minute))).isOpen).toBe(true);
    }
  });

  test('what always denies never opens, and that is said without looking for ever', () => {
    const never: Window = { verdict: 'deny', cron: '0 * * * *', duration: '2h', timeZone: 'UTC' };
    expect(windowState([office, never], at('2026-01-07T11:30:00Z'))).toMatchObject({
      isOpen: false,
      opensAt: undefined,
    });
  });
});
