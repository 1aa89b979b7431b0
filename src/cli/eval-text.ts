import type { Json } from '../manifest/json.ts';
import { neutral } from '../manifest/neutral.ts';
import { maskSecrets } from '../manifest/secret-literal.ts';
import { amount, usd } from '../trace/layout.ts';
import type { Finding } from './eval-judge.ts';
import type { TriedCase, TriedEval, TriedRun } from './eval-result.ts';
import { plural } from './plural.ts';
import { type Terminal, truncate } from './terminal.ts';

type Drawn = Pick<Terminal, 'colors' | 'unicode' | 'width'>;

/** An eval with its cases: what was expected and what came of each that did not pass. */
export function evalText(tried: TriedEval, drawn: Drawn): string {
  const { colors } = drawn;
  const { eval: name, system, cases, passed, threshold, reached } = tried;
  const share = `${passed} of ${plural(cases.length, 'case')} passed`;
  const verdict = reached ? colors.green('reached') : colors.red('not reached');
  return [
    `${colors.bold(neutral(name))} of ${neutral(system)}: ${share}, ${Math.round(threshold * 1000) / 10} % wanted: ${verdict}`,
    ...cases.flatMap((one) => caseLines(one, drawn)),
  ].join('\n');
}

function caseLines(one: TriedCase, drawn: Drawn): readonly string[] {
  const { colors, unicode, width } = drawn;
  const mark = one.passed ? colors.green(unicode ? '✓' : '+') : colors.red(unicode ? '✗' : 'x');
  const untouched = one.runs.filter(({ passed }) => !passed);
  return [
    `  ${mark} ${neutral(one.name)}  ${figures(one)}`,
    ...untouched.flatMap((run) => runLines(run, one).map((line) => truncate(line, width))),
  ];
}

function figures({ runs }: TriedCase): string {
  const sum = (of: (run: TriedRun) => number) => runs.reduce((total, run) => total + of(run), 0);
  const passed = runs.filter((run) => run.passed).length;
  const cost = sum((run) => run.cost);
  return [
    ...(runs.length > 1 ? [`${passed} of ${runs.length} runs`] : []),
    `${Math.round(sum((run) => run.durationMs))} ms`,
    `${amount(sum((run) => run.tokens))} tokens`,
    ...(cost === 0 ? [] : [usd(cost)]),
  ].join(', ');
}

function runLines({ run, state, untried, findings }: TriedRun, { runs }: TriedCase): readonly string[] {
  const turn = runs.length > 1 ? ` ${runs.findIndex((one) => one.run === run) + 1}` : '';
  const head = `      run${turn} ${run}: ${state}`;
  if (untried) return [head, '      It says nothing of the system.'];
  return [head, ...findings.flatMap(findingLines)];
}

/** On lines of their own, so that two long values can be compared. */
function findingLines({ field, expected, came }: Finding): readonly string[] {
  return [`      ${field}: expected ${quoted(expected)}`, `        came ${quoted(came)}`];
}

const charactersMax = 300;

/** As JSON, which shows where a text begins and ends; nothing of it acts on a terminal. */
export function quoted(value: Json): string {
  const text = neutral(maskSecrets(JSON.stringify(value)));
  return text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text;
}
