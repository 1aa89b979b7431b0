import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accountKey, parseAccount } from '../../src/policy/account.ts';
import {
  type AccountState,
  aheadMax,
  type AllotmentState,
  type DrawAsk,
  giveBack,
  grant,
} from '../../src/policy/allotment.ts';
import { accountId, windowEnd, windowStart } from '../support/windows.ts';

const nobody: AllotmentState = { drawn: 0, used: 0 };
const fresh: AccountState = { used: 0, drawn: 0 };
const ask = (change: Partial<DrawAsk>): DrawAsk => ({ limit: 10, used: 0, held: 0, want: 1, least: 1, ...change });

test('a draw takes several calls ahead while much is left, and exactly one near the limit', () => {
  const free = (limit: number, want = 1) => grant(fresh, nobody, ask({ limit, want, least: want })).free;
  expect(free(1_000_000)).toBe(aheadMax);
  expect(free(640)).toBe(10);
  expect(free(64)).toBe(1);
  expect(free(10)).toBe(1);
  expect(free(10, 10)).toBe(10);
});

test('where less is left than is wanted the draw takes what is there, if a call can be made with it', () => {
  const almostUsed: AccountState = { used: 60, drawn: 10 };
  expect(grant(almostUsed, nobody, ask({ limit: 100, want: 50, least: 20 }))).toEqual({
    account: { used: 60, drawn: 40 },
    allotment: { drawn: 30, used: 0 },
    free: 30,
  });
  expect(grant(almostUsed, nobody, ask({ limit: 100, want: 50, least: 31 }))).toEqual({
    account: almostUsed,
    allotment: nobody,
    free: 0,
  });
});

test('a draw tells what was used, and asking twice draws once', () => {
  const first = grant(fresh, nobody, ask({ limit: 100, want: 10, least: 10 }));
  const second = ask({ limit: 100, used: 4, held: 6, want: 20, least: 20 });
  const once = grant(first.account, first.allotment, second);
  expect(once).toEqual({ account: { used: 4, drawn: 26 }, allotment: { drawn: 30, used: 4 }, free: 20 });
  expect(grant(once.account, once.allotment, second)).toEqual(once);
});

test('what a provider took beyond what was held is booked in full, and the account refuses the next draw', () => {
  const { account, allotment } = grant(fresh, nobody, ask({ limit: 100, want: 90, least: 90 }));
  const over = grant(account, allotment, ask({ limit: 100, used: 130, want: 1, least: 1 }));
  expect(over).toEqual({ account: { used: 130, drawn: 0 }, allotment: { drawn: 130, used: 130 }, free: 0 });
});

test('a limit that was lowered under what is drawn leaves nothing to use, and takes nothing that may be in use', () => {
  const { account, allotment } = grant(fresh, nobody, ask({ limit: 100, want: 60, least: 60 }));
  const lowered = grant(account, allotment, ask({ limit: 40, used: 20, held: 10, want: 10, least: 10 }));
  expect(lowered).toMatchObject({ allotment: { drawn: 60, used: 20 }, free: 10 });
  expect(grant(account, allotment, ask({ limit: 20, used: 20, want: 5, least: 5 })).free).toBe(0);
});

test('what a run gives back is all but what it used and holds', () => {
  const { account, allotment } = grant({ used: 5, drawn: 7 }, nobody, ask({ limit: 100, want: 50, least: 50 }));
  expect(giveBack(account, allotment, { used: 20, held: 3 })).toEqual({
    account: { used: 25, drawn: 10 },
    allotment: { drawn: 23, used: 20 },
  });
});

interface ModelRun {
  allotment: AllotmentState;
  /** What the worker thinks that it may use beyond what is used and held. */
  free: number;
  used: number;
  readonly held: number[];
}

/** Runs that draw, hold, settle, give back and die at random, as workers would. */
const step = fc.record({
  run: fc.nat(3),
  what: fc.constantFrom('call', 'call', 'call', 'settle', 'settle', 'park', 'crash'),
  amount: fc.integer({ min: 1, max: 40 }),
  part: fc.double({ min: 0, max: 1, noNaN: true }),
});

test('whatever runs do, an account never has more used and held than its limit, and none of it is lost', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400 }), fc.array(step, { maxLength: 120 }), (limit, steps) => {
      let account = fresh;
      const runs: ModelRun[] = [0, 1, 2, 3].map(() => ({ allotment: nobody, free: 0, used: 0, held: [] }));
      const heldBy = ({ held }: ModelRun) => held.reduce((sum, one) => sum + one, 0);
      for (const { run: index, what, amount, part } of steps) {
        const run = runs[index];
        if (run === undefined) continue;
        if (what === 'call') {
          if (run.free < amount) {
            const figures = { limit, used: run.used, held: heldBy(run), want: amount, least: amount };
            const granted = grant(account, run.allotment, figures);
            account = granted.account;
            run.allotment = granted.allotment;
            run.free = granted.free;
          }
          if (run.free < amount) continue;
          run.free -= amount;
          run.held.push(amount);
        } else if (what === 'settle') {
          const held = run.held.pop();
          if (held === undefined) continue;
          const used = Math.round(held * part);
          run.used += used;
          run.free += held - used;
        } else {
          // A crash is a park without its end: who comes next reads the allotment and folds the journal.
          if (what === 'park')
            ({ account, allotment: run.allotment } = giveBack(account, run.allotment, {
              used: run.used,
              held: heldBy(run),
            }));
          run.free = run.allotment.drawn - run.used - heldBy(run);
        }
        const spent = runs.reduce((sum, one) => sum + one.used + heldBy(one), 0);
        expect(spent).toBeLessThanOrEqual(limit);
        expect(account.drawn).toBe(runs.reduce((sum, { allotment: { drawn, used } }) => sum + drawn - used, 0));
      }
      for (const run of runs) {
        run.used += heldBy(run);
        ({ account, allotment: run.allotment } = giveBack(account, run.allotment, { used: run.used, held: 0 }));
      }
      expect(account).toEqual({ used: runs.reduce((sum, { used }) => sum + used, 0), drawn: 0 });
    }),
    { seed: 20_261_121, numRuns: 300 },
  );
});

test('windows begin on the hour, at midnight, on Monday and on the first, in UTC', () => {
  const at = new Date('2026-03-01T23:59:59.999Z');
  const span = (window: 'hour' | 'day' | 'week' | 'month') => {
    const start = windowStart(window, at);
    return [start, windowEnd(window, start)].map((time) => time.toISOString().slice(0, 16));
  };
  expect(span('hour')).toEqual(['2026-03-01T23:00', '2026-03-02T00:00']);
  expect(span('day')).toEqual(['2026-03-01T00:00', '2026-03-02T00:00']);
  expect(span('week')).toEqual(['2026-02-23T00:00', '2026-03-02T00:00']);
  expect(span('month')).toEqual(['2026-03-01T00:00', '2026-04-01T00:00']);
});

test('an account says whose it is, and what is no account says nothing', () => {
  const key = accountKey({ id: 'AgentPolicy/default/spend#agent-usd-day', sharedBy: 'support/triage' });
  const id = accountId(key, new Date('2026-11-21T00:00:00Z'));
  expect(id).toBe('AgentPolicy/default/spend#agent-usd-day support/triage 2026-11-21T00:00Z');
  const name = { budget: 'AgentPolicy/default/spend#agent-usd-day', sharedBy: 'support/triage' };
  expect(parseAccount(id)).toEqual({ ...name, scope: 'agent', unit: 'usd', window: 'day' });
  expect(parseAccount(key)).toEqual(parseAccount(id));
  expect(parseAccount('AgentPolicy/default/spend#0')).toBeUndefined();
});
