import type { JsonObject } from '../../src/manifest/json.ts';
import { type Chain, countdown, stepsPerSecond } from './chain.ts';
import type { BenchContext, Measure, OpenContender } from './context.ts';

/** What the benchmark uses of DBOS, which is not among pawl's own packages and so has no types here. */
interface Dbos {
  setConfig(config: object): void;
  launch(): Promise<void>;
  shutdown(options: { readonly deregister: boolean }): Promise<void>;
  registerWorkflow<T>(
    work: (input: T) => Promise<void>,
    options: { readonly name: string },
  ): (input: T) => Promise<void>;
  runStep<T>(work: () => Promise<T>, options: { readonly name: string }): Promise<T>;
}

/** A workflow for each run, so many at once, each started when one has ended. */
export async function openDbos(url: string, context: BenchContext, chain: Chain): Promise<OpenContender> {
  const dbos = dbosOf(await context.peer('@dbos-inc/dbos-sdk'));
  dbos.setConfig({ name: 'bench', systemDatabaseUrl: url, runAdminServer: false, logLevel: 'error' });
  const work = dbos.registerWorkflow(
    async (input: JsonObject) => {
      for (let step = 1; step <= chain.stepsPerRun; step += 1)
        await dbos.runStep(async () => chain.result ?? input, { name: `step${step}` });
    },
    { name: 'chain' },
  );
  await dbos.launch();
  // The next benchmark of this process registers its own workflow by the same name.
  return { round: () => dbosRound(work, chain), close: () => dbos.shutdown({ deregister: true }) };
}

function dbosOf(peer: unknown): Dbos {
  const found: unknown = typeof peer === 'object' && peer !== null ? Reflect.get(peer, 'DBOS') : undefined;
  for (const name of ['setConfig', 'launch', 'shutdown', 'registerWorkflow', 'runStep']) {
    if (typeof found !== 'function' || typeof Reflect.get(found, name) !== 'function')
      throw new TypeError(`@dbos-inc/dbos-sdk has no ${name}`);
  }
  return found as unknown as Dbos;
}

async function dbosRound(work: (input: JsonObject) => Promise<void>, chain: Chain): Promise<Record<string, Measure>> {
  const { count, completed } = countdown(chain.runs);
  let left = chain.runs;
  const startedAt = performance.now();
  const lanes = Array.from({ length: chain.atOnce }, async () => {
    while (left > 0) {
      left -= 1;
      await work(chain.input);
      count();
    }
  });
  await completed;
  const measures = stepsPerSecond(startedAt, chain);
  await Promise.all(lanes);
  return measures;
}
