import type { BenchContext, BenchDatabase, Contender, Figure, Measure, OpenContender } from './context.ts';
import { figure } from './figures.ts';

type Round = Readonly<Record<string, Measure>>;

interface Lane {
  readonly name: string;
  readonly leadInMs: number | undefined;
  readonly database: BenchDatabase;
  readonly open: OpenContender;
  readonly counted: Round[];
}

/** Runs the warm-up and the counted rounds of all contenders, as `BenchContext.compare` says. */
export async function compare(
  context: Omit<BenchContext, 'compare'>,
  contenders: readonly Contender[],
): Promise<readonly Figure[]> {
  const lanes: Lane[] = [];
  try {
    for (const contender of contenders) lanes.push(await enter(context, contender));
    for (let index = 0; index < context.warmup + context.rounds; index += 1) await round(context, lanes, index);
    return lanes.flatMap(figuresOf);
  } finally {
    for (const lane of lanes) {
      await lane.open.close();
      await lane.database.drop();
    }
  }
}

async function enter(context: Omit<BenchContext, 'compare'>, contender: Contender): Promise<Lane> {
  const database = await context.createDatabase();
  try {
    const { name, leadInMs } = contender;
    return { name, leadInMs, database, open: await contender.open(database.url), counted: [] };
  } catch (cause) {
    await database.drop();
    throw cause;
  }
}

async function round(context: Omit<BenchContext, 'compare'>, lanes: readonly Lane[], index: number): Promise<void> {
  const start = index % lanes.length;
  for (const lane of [...lanes.slice(start), ...lanes.slice(0, start)]) {
    const isWarmup = index < context.warmup;
    if (!isWarmup) await leadIn(context, lane, index);
    const measures = await settled(context, lane, index);
    if (!isWarmup) lane.counted.push(measures);
    const shown = Object.entries(measures).map(([metric, { value, unit }]) => `${metric} ${value.toFixed(1)} ${unit}`);
    context.progress(`${lane.name}, ${isWarmup ? 'warm-up' : 'round'} ${index + 1}: ${shown.join(', ')}`);
  }
}

async function leadIn(context: Pick<BenchContext, 'signal'>, lane: Lane, index: number): Promise<void> {
  if (lane.leadInMs === undefined) return;
  await lane.database.checkpoint();
  const until = performance.now() + lane.leadInMs;
  do await settled(context, lane, index);
  while (performance.now() < until);
}

async function settled({ signal }: Pick<BenchContext, 'signal'>, lane: Lane, index: number): Promise<Round> {
  signal.throwIfAborted();
  const measures = await lane.open.round(index);
  await lane.database.settle();
  return measures;
}

function figuresOf(lane: Lane): readonly Figure[] {
  return Object.entries(lane.counted[0] ?? {}).map(([metric, { unit }]) => {
    const values = lane.counted.map((measures) => measures[metric]?.value ?? Number.NaN);
    return figure({ contender: lane.name, metric, unit }, values);
  });
}
