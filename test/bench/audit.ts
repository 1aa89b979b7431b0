import { chain } from './chain.ts';
import type { Bench } from './context.ts';
import { figureOf, ratio } from './figures.ts';
import { openPawl, workOf } from './pawl.ts';

const { runs, stepsPerRun, atOnce } = chain;

/** Each step is a verdict and an outcome; the first row of a run is a claim more, the last its end. */
const appendsPerStep = (2 * stepsPerRun + 2) / stepsPerRun;

/** What the record costs: W1 with its chains, and the journal alone. */
export const bench: Bench = async (context) => {
  const figures = await context.compare([
    { name: 'pawl', apart: true, open: (url) => openPawl(url, workOf(chain)) },
    { name: 'the journal alone', apart: true, open: (url) => openPawl(url, { ...workOf(chain), bare: true }) },
  ]);
  const appends = figureOf(figures, 'pawl').median * appendsPerStep;
  const cost = ratio(figureOf(figures, 'the journal alone'), figureOf(figures, 'pawl'));
  return {
    title: `the record of ${runs} runs of ${stepsPerRun} chained steps, ${atOnce} at once`,
    figures,
    targets: [
      { claim: 'events appended to chains a second', value: appends, unit: 'per s', met: appends >= 2_500 },
      { claim: 'a step with its record costs at most 1.6 times one without', value: cost, unit: '×', met: cost <= 1.6 },
    ],
    notes: ['The record shares the journal’s statement; the switch is in the benchmark and nowhere in pawl.'],
  };
};
