import { setTimeout as pause } from 'node:timers/promises';
import type { Measure, OpenContender } from './context.ts';

export const submits = Number(process.env.PAWL_BENCH_SUBMITS ?? '400');
export const loadPerSecond = Number(process.env.PAWL_BENCH_LOAD ?? '40');

/** A worker that is up, and two ways to give it work. */
export interface Singles {
  /** Submits one run of one step and waits for its end; milliseconds from before the submit, by what was reached. */
  single(): Promise<Readonly<Record<string, number>>>;
  /** Submits a run of five chained steps; resolves at its end. */
  load(): Promise<void>;
  close(): Promise<void>;
}

/** Singles one after the other, first idle, then beside a steady load. */
export function latencyRound(singles: Singles): OpenContender {
  return {
    async round() {
      const idle = await measure(singles, 'idle');
      const load = startLoad(singles);
      try {
        return { ...idle, ...(await measure(singles, 'loaded')) };
      } finally {
        await load.stop();
      }
    },
    close: () => singles.close(),
  };
}

async function measure(singles: Singles, when: string): Promise<Record<string, Measure>> {
  const byName = new Map<string, number[]>();
  for (let index = 0; index < submits; index += 1) {
    for (const [name, ms] of Object.entries(await singles.single())) {
      byName.set(name, [...(byName.get(name) ?? []), ms]);
    }
  }
  return Object.fromEntries([...byName].flatMap(([name, values]) => percentiles(`${when}, ${name}`, values)));
}

/** As figures: what half of the values and what 99 of 100 stay within. */
export function percentiles(name: string, values: readonly number[]): readonly (readonly [string, Measure])[] {
  const sorted = values.toSorted((a, b) => a - b);
  const within = (share: number): Measure => {
    const value = sorted[Math.min(sorted.length, Math.ceil(sorted.length * share)) - 1] ?? Number.NaN;
    return { value, unit: 'ms' };
  };
  return [
    [`${name} p50`, within(0.5)],
    [`${name} p99`, within(0.99)],
  ];
}

/** So many runs a second whether or not those before them have ended: the same load on the fast and on the slow. */
function startLoad(singles: Singles): { readonly stop: () => Promise<void> } {
  const over = new AbortController();
  const open = new Set<Promise<void>>();
  const going = (async () => {
    let sent = 0;
    for (const from = performance.now(); !over.signal.aborted; await pause(1_000 / loadPerSecond)) {
      const due = Math.floor(((performance.now() - from) / 1_000) * loadPerSecond);
      for (; sent < due; sent += 1) {
        const run = singles.load().then(() => void open.delete(run));
        open.add(run);
      }
    }
  })();
  return {
    async stop() {
      over.abort();
      await going;
      await Promise.all(open);
    },
  };
}
