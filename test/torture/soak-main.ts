import { parseArgs } from 'node:util';
import { storm, type StormFault, type StormReport } from './storm.ts';

// `npm run soak -- --minutes 60 --runs 400 --faults 20`: storms one after the other until the time is up. The table
// goes to standard output, or with --json every report; the exit code is 1 if any promise was broken.
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    runs: { type: 'string', default: '400' },
    faults: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
});
const untilMs = Number(values.minutes) * 60_000;
const runs = Number(values.runs);
const kinds = ['kill', 'sleep', 'wipe', 'kill', 'crash', 'kill', 'stall'] as const satisfies readonly StormFault[];
const faults = Array.from({ length: Number(values.faults) }, (_, index) => kinds[index % kinds.length] ?? 'kill');

const reports: StormReport[] = [];
do {
  // Every second storm is over graphs that fan out.
  const shape = reports.length % 2 === 0 ? {} : ({ graph: 'fan' } as const);
  const report = await storm({ runs, faults, leaseMs: 1_500, timeoutMs: 600_000, ...shape });
  reports.push(report);
  process.stderr.write(`storm ${reports.length}: ${report.effects} effects, ${report.violations.length} violations\n`);
  for (const violation of report.violations) process.stderr.write(`  ${violation}\n`);
} while (performance.now() < untilMs && reports.every(({ violations }) => violations.length === 0));

const takeoverMs = reports.flatMap((report) => report.takeoverMs).sort((a, b) => a - b);
const at = (share: number) =>
  Math.round(takeoverMs[Math.min(takeoverMs.length - 1, Math.floor(takeoverMs.length * share))] ?? 0);
const total = (count: (report: StormReport) => number) => reports.reduce((sum, report) => sum + count(report), 0);
const figures = {
  storms: reports.length,
  runs: reports.length * runs,
  faults: reports.length * faults.length,
  effects: total(({ effects }) => effects),
  'asked of a person': total(({ asked }) => asked),
  'dead letters': total(({ ended }) => ended['DeadLetter'] ?? 0),
  'takeover p50 ms': at(0.5),
  'takeover p99 ms': at(0.99),
  violations: total(({ violations }) => violations.length),
};
const table = Object.entries(figures).map(([name, value]) => `| ${name} | ${value} |`);
process.stdout.write(
  values.json ? `${JSON.stringify({ figures, reports }, null, 2)}\n` : `| | |\n|---|---|\n${table.join('\n')}\n`,
);
process.exitCode = figures.violations === 0 ? 0 : 1;
