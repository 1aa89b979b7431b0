import { describe, expect, test } from 'vitest';
import { advance, type AlertState } from '../../src/controller/alert-state.ts';
import type { Trouble } from '../../src/controller/alert.ts';
import { seeded } from '../support/seeded.ts';

const trouble = (fingerprint: string, holdMs = 0): Trouble => ({
  key: 'drift',
  fingerprint,
  severity: 'warning',
  topic: 'state',
  holdMs,
  content: { kind: 'drift', title: 'prod has drifted', text: '', found: [], more: 0, ways: [], path: '' },
});

/** Plays looks at given seconds and gives what receivers are told. */
function play(looks: readonly (readonly [second: number, seen: Trouble | undefined | 'muted'])[]): readonly string[] {
  const told: string[] = [];
  let known: AlertState | undefined;
  for (const [second, seen] of looks) {
    const isMuted = seen === 'muted';
    const move = advance(known, isMuted ? undefined : seen, { now: new Date(second * 1_000), isMuted });
    if (move.kind === 'forget') known = undefined;
    if (move.kind !== 'keep') continue;
    known = move.next;
    if (move.tell !== undefined) told.push(`${second} ${move.tell} ${known.fingerprint} #${known.episode}`);
  }
  return told;
}

describe('an alert', () => {
  test('is told once, however often it is looked at, and once that it is over', () => {
    const a = trouble('a');
    expect(
      play([
        [0, a],
        [10, a],
        [20, a],
        [30, undefined],
        [60, undefined],
        [91, undefined],
        [200, undefined],
      ]),
    ).toEqual(['0 firing a #1', '91 resolved a #1']);
  });

  test('is told only when it has lasted for as long as its rule says', () => {
    const a = trouble('a', 300_000);
    expect(
      play([
        [0, a],
        [200, a],
        [210, undefined],
        [220, a],
        [500, a],
        [521, a],
        [530, a],
      ]),
    ).toEqual(['521 firing a #1']);
  });

  test('is told again when something else is wrong', () => {
    expect(
      play([
        [0, trouble('a')],
        [10, trouble('b')],
        [20, trouble('b')],
      ]),
    ).toEqual(['0 firing a #1', '10 firing b #1']);
  });

  test('that goes and comes within its minute is neither over nor told again', () => {
    const a = trouble('a');
    expect(
      play([
        [0, a],
        [10, undefined],
        [40, a],
        [50, undefined],
        [80, a],
      ]),
    ).toEqual(['0 firing a #1']);
  });

  test('that comes back after it was over is a new episode', () => {
    const a = trouble('a');
    const looks = [
      [0, a],
      [10, undefined],
      [71, undefined],
      [90, a],
    ] as const;
    expect(play(looks)).toEqual(['0 firing a #1', '71 resolved a #1', '90 firing a #2']);
  });

  test('neither begins nor ends while it is muted', () => {
    const a = trouble('a');
    expect(
      play([
        [0, 'muted'],
        [10, a],
        [20, 'muted'],
        [500, 'muted'],
        [510, a],
      ]),
    ).toEqual(['10 firing a #1']);
    expect(
      play([
        [0, 'muted'],
        [500, 'muted'],
        [510, undefined],
      ]),
    ).toEqual([]);
  });

  test('that flaps for a day tells little, and never two things at odds', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seeded(seed);
      const looks = Array.from({ length: 8_640 }, (_, at) => {
        const seen = random() < 0.5 ? undefined : trouble(random() < 0.5 ? 'a' : 'b');
        return [at * 10, seen] as const;
      });
      const told = play(looks);
      expect(told.length).toBeLessThan(80);
      const phases = told.map((line) => line.split(' ')[1]);
      expect(phases[0]).toBe('firing');
      for (const [at, phase] of phases.entries()) if (phase === 'resolved') expect(phases[at - 1]).toBe('firing');
    }
  });
});
