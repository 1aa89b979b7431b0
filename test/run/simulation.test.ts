import { describe, expect, test } from 'vitest';
import type { Budget } from '../../src/policy/authority.ts';
import { type RandomGraph, randomGraph } from '../support/random-graph.ts';
import { randomSystem } from '../support/random-system.ts';
import { seeded } from '../support/seeded.ts';
import { type Played, simulate } from '../support/simulation.ts';
import { type Faults, noFaults, type Schedule } from '../support/simulation-schedule.ts';
import { gistOf } from '../support/simulation-watch.ts';

// `PAWL_SIMULATION_SEED=1234 npx vitest run test/run/simulation.test.ts` plays one seed of every kind again;
// `PAWL_SIMULATION_TIMES=10` plays ten times as many, and `PAWL_SIMULATION_FROM=5000` those after the first 5,000.
const only = process.env.PAWL_SIMULATION_SEED;
const times = Number(process.env.PAWL_SIMULATION_TIMES ?? '1');
const from = Number(process.env.PAWL_SIMULATION_FROM ?? '0');
const graphs = 60;
const killsOfOne = 80;
const failuresShown = 3;

type Kind = 'faults' | 'hands' | 'poison' | 'budgets';

/** A schedule of a kind, the same for the same seed. */
function scheduleOf(kind: Kind, seed: number): Schedule {
  const random = seeded(seed * 7_919);
  const some = (most: number) => (random() < 0.4 ? 0 : most * random());
  const faults: Faults = {
    crash: kind === 'poison' ? 0.1 : some(0.03),
    pause: some(0.01),
    requestLost: some(0.08),
    answerLost: some(0.08),
    late: some(0.05),
    cut: some(0.3),
    wakeUpLost: random(),
    modelAway: some(0.3),
    toolAnswerLost: some(0.3),
  };
  const graph = graphOf(1 + (seed % graphs), kind === 'hands' ? 2_000 : undefined);
  const hands = ['cancel', 'drain', 'tighten', 'remove', 'stop'] as const;
  return {
    seed,
    graph,
    runs: 1 + Math.floor(random() * 3),
    workers: 1 + Math.floor(random() * 3),
    faults,
    ...(kind === 'hands' ? { hand: hands[seed % hands.length] ?? 'cancel' } : {}),
    ...(kind === 'poison' ? { crashesMax: 3 } : {}),
    ...(kind === 'budgets'
      ? { budgets: [budget('calls', 2 + (seed % 9)), budget('tokens', 500 + 300 * (seed % 17))] }
      : {}),
  };
}

function budget(unit: 'calls' | 'tokens', limit: number): Budget {
  return { id: `AgentPolicy/default/${unit}#0`, scope: 'run', unit, limit };
}

const made = new Map<string, RandomGraph>();

/** Every second one is of what came with the whole language of graphs. */
function graphOf(seed: number, ttlMs?: number): RandomGraph {
  const name = `${seed} ${ttlMs}`;
  const fresh = () => (seed % 2 === 0 ? randomGraph(seed) : randomSystem(seed, ttlMs === undefined ? {} : { ttlMs }));
  const graph = made.get(name) ?? fresh();
  made.set(name, graph);
  return graph;
}

function schedulesOf(kind: Kind, count: number): readonly Schedule[] {
  const seeds =
    only === undefined ? Array.from({ length: count * times }, (_, index) => from + index + 1) : [Number(only)];
  return seeds.map((seed) => scheduleOf(kind, seed));
}

const calmPlays = new Map<RandomGraph, Promise<Played>>();

/** The same runs when nothing goes wrong; a run's end does not hang on how many there are. */
function undisturbed(graph: RandomGraph): Promise<Played> {
  const known = calmPlays.get(graph) ?? simulate({ seed: 1, graph, runs: 3, workers: 1, faults: noFaults });
  calmPlays.set(graph, known);
  return known;
}

/** The first schedules in which something happened that must not, with what it takes to play them again. */
async function failuresOf(
  schedules: readonly Schedule[],
  judge: (played: Played, schedule: Schedule) => Promise<readonly string[]>,
): Promise<readonly object[]> {
  const failures: object[] = [];
  for (const schedule of schedules) {
    const played = await simulate(schedule);
    const violations = [...played.violations, ...(await judge(played, schedule))];
    const { seed, killAt, hand } = schedule;
    if (violations.length > 0) failures.push({ seed, killAt, hand, violations });
    if (failures.length === failuresShown) break;
  }
  return failures;
}

const nothingElse = () => Promise.resolve([]);

async function differences({ runs }: Played, { graph }: Schedule): Promise<readonly string[]> {
  const calm = await undisturbed(graph);
  return runs.flatMap((run, index) => {
    const [made, expected] = [gistOf(run), gistOf(calm.runs[index] ?? run)];
    const more = made.filter((line) => !expected.includes(line)).map((line) => `run ${index} came to ${line}`);
    const less = expected.filter((line) => !made.includes(line)).map((line) => `run ${index} did not come to ${line}`);
    return [...more, ...less, ...(made.length === expected.length ? [] : [`run ${index} made ${made.length} calls`])];
  });
}

describe('a simulated engine', { timeout: 120_000 * times }, () => {
  test('comes to the same end whatever is lost, late, killed or stopped', async () => {
    expect(await failuresOf(schedulesOf('faults', 200), differences)).toEqual([]);
  });

  test('comes to the same end when its worker dies before any one event', async () => {
    for (const seed of only === undefined ? [4, 11, 26, 35] : [Number(only)]) {
      const calm = { seed, graph: graphOf(seed), runs: 1, workers: 1, faults: noFaults };
      const { events } = await simulate(calm);
      const stride = Math.ceil(events / (killsOfOne * times));
      const kills = Array.from({ length: Math.ceil(events / stride) }, (_, index) => index * stride + (seed % stride));
      const schedules = kills.map((killAt) => ({ ...calm, killAt }));
      expect(await failuresOf(schedules, differences)).toEqual([]);
    }
  });

  test('breaks no promise when somebody cancels, drains, tightens, removes or asks a worker to end', async () => {
    expect(await failuresOf(schedulesOf('hands', 120), nothingElse)).toEqual([]);
  });

  test('spends no more than a budget, whatever is asked again', async () => {
    expect(await failuresOf(schedulesOf('budgets', 60), nothingElse)).toEqual([]);
  });

  test('gives a run up that killed three workers, and only then', async () => {
    const judge = async ({ runs }: Played) =>
      runs.flatMap(({ state, crashes }) =>
        (state === 'DeadLetter') === crashes >= 3 ? [] : [`${state} after ${crashes} crashes`],
      );
    const schedules = schedulesOf('poison', 40);
    expect(await failuresOf(schedules, judge)).toEqual([]);
    const states = new Set<string>();
    for (const schedule of schedules.slice(0, 20))
      for (const { state } of (await simulate(schedule)).runs) states.add(state);
    if (only === undefined) expect(states).toContain('DeadLetter');
  });

  test('plays one seed the same way each time', async () => {
    const [schedule] = schedulesOf('faults', 1);
    if (schedule === undefined) throw new TypeError('no schedule');
    const [one, other] = [await simulate(schedule), await simulate(schedule)];
    expect({ events: one.events, trace: one.trace }).toEqual({ events: other.events, trace: other.trace });
  });

  test('is seen to fail by those who judge it when its store takes writes of former owners', async () => {
    const schedules = schedulesOf('faults', 60).map((schedule) => ({
      ...schedule,
      fenced: false,
      faults: { ...schedule.faults, pause: 0.02, cut: 0.5 },
    }));
    expect(await failuresOf(schedules, differences)).not.toEqual([]);
  });
});
