import { cpus, totalmem } from 'node:os';
import type { BenchResult, Figure, Target } from './context.ts';
import type { Yardstick } from './yardstick.ts';

/** One benchmark's results and the yardstick measured before and after it. */
export interface BenchReport extends BenchResult {
  readonly id: string;
  readonly rounds: number;
  readonly warmup: number;
  readonly yardsticks: readonly Yardstick[];
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly postgres: string;
}

export function machine(postgres: string): Machine {
  const [first] = cpus();
  return {
    processor: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    node: process.version,
    postgres,
  };
}

/** The Markdown that `docs/performance.md` shows. */
export function renderReports(reports: readonly BenchReport[], on: Machine): string {
  const where = `${on.cores} × ${on.processor}, ${on.memoryGb} GB, Node ${on.node}, PostgreSQL ${on.postgres} with fsync on`;
  return [where, ...reports.map(renderReport)].join('\n\n');
}

function renderReport(report: BenchReport): string {
  const counted = `${report.warmup} warm-up and ${report.rounds} counted rounds`;
  const pgbench = report.yardsticks
    .map(({ at, oneClient, sixteenClients }) => `${at.slice(11, 16)} ${number(oneClient)} / ${number(sixteenClients)}`)
    .join(', ');
  return [
    `## ${report.id}: ${report.title}`,
    table(['contender', 'metric', 'median', 'min', 'max', 'unit'], report.figures.map(figureRow)),
    ...(report.targets.length > 0 ? [table(['target', 'measured', 'met'], report.targets.map(targetRow))] : []),
    [`${counted}. pgbench -N, 1 / 16 clients, transactions per second: ${pgbench}.`, ...report.notes].join('\n'),
  ].join('\n\n');
}

function figureRow({ contender, metric, median, min, max, unit }: Figure): readonly string[] {
  return [contender, metric, number(median), number(min), number(max), unit];
}

function targetRow({ claim, value, unit, met }: Target): readonly string[] {
  return [claim, `${number(value)} ${unit}`, met ? 'yes' : 'no'];
}

/** Three figures that mean something, none that pretend to. */
function number(value: number): string {
  if (!Number.isFinite(value)) return '—';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(3);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
