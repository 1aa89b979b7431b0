import type { LeftBehind, RunsOrder } from '../api/operations-revision.ts';
import { plural } from './plural.ts';
import { renderTable } from './table.ts';
import type { Terminal } from './terminal.ts';

const order: Readonly<Record<RunsOrder, string>> = {
  finish: 'they go on with what they are pinned to, under the stricter of its permissions and those that come back',
  drain: 'they stop before their next step',
  cancel: 'they are cancelled',
};

/** Runs that a rollback leaves pinned to what it withdraws; undefined: none. */
export function inFlightText({ inFlight }: LeftBehind, runs: RunsOrder): string | undefined {
  if (inFlight.length === 0) return undefined;
  const total = inFlight.reduce((sum, one) => sum + one.runs, 0);
  const systems = inFlight.map(({ system, runs: count }) => `${system} (${count})`).join(', ');
  const choices = runs === 'finish' ? ' Choose otherwise with --runs=drain or --runs=cancel.' : '';
  return `${plural(total, 'run')} under way of ${systems}: ${order[runs]}.${choices}`;
}

/** What such runs have done outside; undefined: nothing. */
export function undoneText({ effects }: LeftBehind, terminal: Terminal): string | undefined {
  const { total, calls } = effects;
  if (total === 0) return undefined;
  const which = total > calls.length ? `; the newest ${calls.length}` : '';
  const head = `Not undone: ${plural(total, 'call')} of withdrawn revisions that did more than read${which}:`;
  const rows = calls.map(({ at, run, tool, operations, outcome, path }) => [
    at.replace(/\.\d+Z$/, 'Z'),
    run,
    tool,
    operations.join(','),
    outcome,
    path,
  ]);
  const columns = ['WHEN', 'RUN', 'TOOL', 'OPERATIONS', 'OUTCOME', 'PATH'];
  return `${terminal.colors.bold(head)}\n${renderTable(columns, rows, terminal.tableWidth)}`;
}
