import { compareText } from '../manifest/problem.ts';
import type { BudgetFigure } from './beside.ts';
import { ceilingOf } from './spend-ceiling.ts';
import type { Compiled } from './spend-steps.ts';
import { expectedOf } from './spend-expected.ts';
import type { RunRate, SpendRow } from './spend-record.ts';

export interface SpendInput {
  /** By `namespace/name`; absent: the system is not there on this side. */
  readonly before: ReadonlyMap<string, Compiled>;
  readonly after: ReadonlyMap<string, Compiled>;
  readonly rates: readonly RunRate[];
  readonly rows: readonly SpendRow[];
  readonly now: Date;
}

/** What each system may cost a run and is expected to cost a day, before and after; in whole micro-USD. */
export function budgetFigures({ before, after, rates, rows, now }: SpendInput): readonly BudgetFigure[] {
  const systems = [...new Set([...before.keys(), ...after.keys()])].sort(compareText);
  return systems.map((system): BudgetFigure => {
    const sides = [before.get(system), after.get(system)];
    const [was, is] = sides.map((side) => side && ceilingOf(side));
    const rate = rates.find((one) => one.system === system);
    const history = { rate, rows: rows.filter((row) => row.system === system), now, recorded: sides[0]?.content };
    const [spent, expected] = sides.map((side) => side && expectedOf(side.content, history));
    const known = expected ?? spent;
    return {
      system,
      ceiling: { before: was?.micros, after: is?.micros },
      ceilingLacks: { before: was?.lacks ?? [], after: is?.lacks ?? [] },
      expected: { before: spent?.micros, after: expected?.micros },
      expectedLacks: { before: spent?.lacks ?? [], after: expected?.lacks ?? [] },
      runs: known?.runs ?? 0,
      days: known?.days ?? 0,
    };
  });
}
