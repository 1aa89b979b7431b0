import { backtesting, type BacktestTarget } from '../plan/backtest.ts';
import type { Backtest } from '../plan/beside.ts';
import type { Plan } from '../plan/change.ts';
import type { Database } from '../store/database.ts';
import { type EndedRun, readEndedRuns, readNodeAgents, readRecordedCalls } from '../store/recorded-calls.ts';

/** As many runs as are looked at where nobody asks for another number. */
const runsDefault = 200;
/** So many journals are held at a time. */
const runsAtOnce = 20;
/** Beyond this many calls no further run is looked at: an agent may make thousands. */
const callsMax = 50_000;

/**
 * Decides the recorded calls of the last runs again, as the plan would have them decided. Runs of systems that it
 * leaves alone cannot come out otherwise, so they are not looked at; undefined: it leaves all of them alone.
 */
export async function backtestOf(
  database: Database,
  plan: Plan,
  { runs: limit = runsDefault }: { readonly runs?: number } = {},
): Promise<Backtest | undefined> {
  const systems = [...new Set([...plan.bundles.map(({ system }) => system), ...plan.removedSystems])].sort();
  if (systems.length === 0) return undefined;
  const { db } = database;
  const ended = await readEndedRuns(db, { environment: plan.environment, systems, limit });
  const agents = await readNodeAgents(db, [...new Set(ended.map(({ bundle }) => bundle))]);
  const test = backtesting(targetOf(plan));
  let calls = 0;
  for (const some of chunks(ended)) {
    if (calls >= callsMax) break;
    const recorded = await readRecordedCalls(
      db,
      some.map(({ id }) => id),
    );
    for (const { id, system, bundle, input } of some) {
      const rows = recorded.get(id) ?? [];
      calls += rows.length;
      test.add({
        id,
        system,
        agents: agents.get(bundle) ?? new Map(),
        rows,
        ...(input === undefined ? {} : { input }),
      });
    }
  }
  return test.result();
}

function targetOf(plan: Plan): BacktestTarget {
  const compiled = new Map(plan.bundles.map((bundle) => [bundle.system, bundle]));
  const moves = plan.changes.flatMap(({ address, previousAddress }) =>
    previousAddress === undefined ? [] : [[previousAddress, address] as const],
  );
  return { system: (name) => compiled.get(name), moves: new Map(moves) };
}

function* chunks(runs: readonly EndedRun[]): Generator<readonly EndedRun[]> {
  for (let at = 0; at < runs.length; at += runsAtOnce) yield runs.slice(at, at + runsAtOnce);
}
