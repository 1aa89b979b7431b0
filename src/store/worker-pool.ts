import { TerminalError } from '../errors.ts';
import { neutral } from '../manifest/neutral.ts';
import { defaultPool } from '../run/pool.ts';
import type { queueCodes } from '../run/queue-codes.ts';
import type { Database } from './database-port.ts';
import { readPools } from './pool.ts';

/** The pool that a worker is of. */
export interface WorkersPool {
  readonly name: string;
  /** Runs that each of its workers executes at a time; absent: no manifest says it. */
  readonly concurrency?: number;
}

/**
 * The pool by its name, over all environments: workers are machines, and take runs of each. Where several say how much
 * a worker takes on, the least holds. A bare name is enough where one namespace alone has it.
 */
export async function readWorkersPool(database: Database, name: string): Promise<WorkersPool> {
  const pools = await readPools(database.db);
  const found = pools.filter((pool) => pool.name === name || pool.name.endsWith(`/${name}`));
  const names = [...new Set(found.map((pool) => pool.name))];
  const exact = names.includes(name) ? name : names[0];
  if (exact === undefined && name === defaultPool) return { name };
  if (exact === undefined) throw unknownPool(name);
  if (exact !== name && names.length > 1) throw ambiguousPool(name, names);
  if (name === defaultPool && exact !== name) return { name };
  const concurrency = Math.min(...found.filter((pool) => pool.name === exact).map((pool) => pool.concurrency));
  return { name: exact, concurrency };
}

function unknownPool(name: string): TerminalError {
  const code = 'pool.unknown' satisfies keyof typeof queueCodes;
  return new TerminalError(`There is no WorkerPool "${neutral(name)}".`, {
    code,
    help: 'Look at `pawl get workerpools`, and apply the commit that declares it.',
    exit: 64,
  });
}

function ambiguousPool(name: string, names: readonly string[]): TerminalError {
  const code = 'pool.ambiguous' satisfies keyof typeof queueCodes;
  return new TerminalError(`Several namespaces have a WorkerPool "${neutral(name)}": ${names.join(', ')}.`, {
    code,
    help: 'Name it with its namespace.',
    exit: 64,
  });
}
