import type { Kysely } from 'kysely';
import { TerminalError } from '../errors.ts';
import type { Bundle, BundleConcurrency } from '../manifest/bundle.ts';
import { canonicalText, sha256 } from '../manifest/digest.ts';
import { evaluateExpression } from '../manifest/expression.ts';
import type { JsonObject } from '../manifest/json.ts';
import { choosePool, defaultPool, type Pool, type Requirements } from '../run/pool.ts';
import type { queueCodes } from '../run/queue-codes.ts';
import type { Concurrency } from './concurrency.ts';
import { poolsFor } from './pool.ts';
import { rowsOf } from './statement.ts';
import { evalCause } from './eval-run.ts';
import type { NewRun } from './submit.ts';
import type { Tables } from './tables.gen.ts';

/** A run as it is asked for, before it has its pool and its key. */
export type RunRequest = Omit<NewRun, 'pool' | 'maxQueued' | 'concurrency'>;

/** Gives a run its pool and the key that it is counted by, as live has them now. */
export async function prepareRun(db: Kysely<Tables>, request: RunRequest): Promise<NewRun> {
  const facts = await readFacts(db, request);
  const pool = await poolOf(db, request, facts?.max_queued ?? undefined);
  const declared = facts === undefined ? undefined : await concurrencyOf(db, request.pin?.bundle ?? facts.digest);
  const concurrency = declared && keyed(declared, request);
  return {
    ...request,
    pool: pool.name,
    ...(pool.maxQueued === undefined ? {} : { maxQueued: pool.maxQueued }),
    ...(concurrency === undefined ? {} : { concurrency }),
  };
}

interface Facts {
  /** Of the system's current bundle. */
  readonly digest: string;
  /** Of the pool of runs that ask for nothing. */
  readonly max_queued: number | null;
}

const factsText = `
select h.digest, (select p.body #>> '{spec,maxQueued}' from resource p
    where p.environment = h.environment and p.address = 'WorkerPool/default/default')::integer as max_queued
from bundle_history h where h.environment = $1 and h.system = $2 and h.to_revision is null`;

async function readFacts(db: Kysely<Tables>, { environment, system }: RunRequest): Promise<Facts | undefined> {
  const [row] = await rowsOf<Facts>(db, { name: 'run_facts', text: factsText }, [environment, system]);
  return row;
}

async function poolOf(
  db: Kysely<Tables>,
  { environment, system, requires }: RunRequest,
  maxQueued: number | undefined,
): Promise<Pool> {
  const plain = { name: defaultPool, ...(maxQueued === undefined ? {} : { maxQueued }) };
  if (asksNothing(requires)) return plain;
  const [namespace = ''] = system.split('/');
  return choosePool(await poolsFor(db, environment, namespace), requires);
}

function asksNothing(requires: Requirements = {}): boolean {
  const { region, gpu, model, labels = {}, isolation = [] } = requires;
  const named = Object.keys(labels).length + isolation.length;
  return region === undefined && gpu !== true && model === undefined && named === 0;
}

/** Bundles never change; only what most of them lack is remembered of them. */
const known = new Map<string, BundleConcurrency | undefined>();
const knownMax = 4_096;

async function concurrencyOf(db: Kysely<Tables>, digest: string): Promise<BundleConcurrency | undefined> {
  if (known.has(digest)) return known.get(digest);
  const text = `select content::json -> 'concurrency' as concurrency from bundle where digest = $1`;
  const statement = { name: 'bundle_concurrency', text };
  const [row] = await rowsOf<{ readonly concurrency: Bundle['concurrency'] | null }>(db, statement, [digest]);
  if (known.size >= knownMax) known.clear();
  known.set(digest, row?.concurrency ?? undefined);
  return row?.concurrency ?? undefined;
}

const keyCharactersMax = 200;

function keyed({ key, limit, policy, maxQueued }: BundleConcurrency, { input, cause }: RunRequest): Concurrency {
  const own = key === undefined ? '' : keyText(key, input);
  // A case of an eval takes no slot of what somebody asked for, and replaces none of it.
  const text = cause?.['kind'] === evalCause ? `eval ${own}` : own;
  return { key: text, limit, policy, ...(maxQueued === undefined ? {} : { maxQueued }) };
}

function keyText(expression: string, input: JsonObject): string {
  try {
    const text = canonicalText(evaluateExpression(expression, { input, nodes: {} }));
    // Text can hold no NUL, and an index no long text.
    return text.length > keyCharactersMax ? `sha256:${sha256(text)}` : text;
  } catch (cause) {
    const code = 'concurrency.key' satisfies keyof typeof queueCodes;
    const why = cause instanceof Error ? cause.message : 'it gave no value';
    throw new TerminalError(`The concurrency key of the system could not be computed. ${why}`, {
      code,
      help: 'Guard what may be missing with `has(…)`, or give the run what the key reads.',
      exit: 64,
      cause,
    });
  }
}
