import { type Kysely, sql } from 'kysely';
import { isJsonObject, type JsonObject } from '../manifest/json.ts';
import type { RecordedRow } from '../plan/backtest.ts';
import type { Tables } from './tables.gen.ts';

export interface EndedRun {
  readonly id: string;
  /** `namespace/name` of the AgentSystem. */
  readonly system: string;
  /** Digest of the bundle that the run was pinned to. */
  readonly bundle: string;
  /** Absent: too long for a question about the past. */
  readonly input?: JsonObject;
}

const inputBytesMax = 65_536;

/** The last runs of those systems that have ended, newest first. */
export async function readEndedRuns(
  db: Kysely<Tables>,
  of: { readonly environment: string; readonly systems: readonly string[]; readonly limit: number },
): Promise<readonly EndedRun[]> {
  const { rows } = await sql<Omit<EndedRun, 'input'> & { readonly input: unknown }>`
    select last.id, last.system, last.bundle,
      case when octet_length(last.input::text) <= ${inputBytesMax} then last.input end as input
    from unnest(${of.systems}::text[]) as asked (system)
    cross join lateral (
      select id, run.system, bundle, ended_at, input from run
      where environment = ${of.environment} and run.system = asked.system and ended_at is not null
      order by ended_at desc, id desc limit ${of.limit}
    ) as last
    order by last.ended_at desc, last.id desc limit ${of.limit}`.execute(db);
  return rows.map(({ input, ...run }) => (isJsonObject(input) ? { ...run, input } : run));
}

/** Agents by node, of bundles by their digests; a node that calls a tool itself has none. */
export async function readNodeAgents(
  db: Kysely<Tables>,
  bundles: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string | undefined>>> {
  const { rows } = await sql<{ readonly digest: string; readonly agents: Readonly<Record<string, string | null>> }>`
    select digest, (
      select json_object_agg(key, value ->> 'agent') from json_each(content::json -> 'nodes')
    ) as agents
    from bundle where digest = any(${bundles}::text[])`.execute(db);
  return new Map(
    rows.map(({ digest, agents }) => [
      digest,
      new Map(Object.entries(agents).map(([node, agent]) => [node, agent ?? undefined])),
    ]),
  );
}

interface CallRow {
  readonly run: string;
  readonly path: string;
  readonly phase: 'intent' | 'result';
  readonly node: string;
  readonly kind: 'model' | 'tool' | 'memory';
  readonly target: string;
  readonly args_digest: string | null;
  readonly decision: RecordedRow['decision'] | null;
  readonly args: string | null;
  readonly at: Date | string;
  readonly outcome: string | null;
  readonly error: RecordedRow['error'] | null;
  readonly tokens_reserved: number | null;
  readonly tokens_in: number | null;
  readonly tokens_out: number | null;
  readonly cost: number | null;
}

/**
 * The journals of those runs in the order of writing: arguments of tools where they are short, and no results. Of
 * sessions what was read of them, because rules on data go by it.
 */
export async function readRecordedCalls(
  db: Kysely<Tables>,
  runs: readonly string[],
): Promise<ReadonlyMap<string, readonly RecordedRow[]>> {
  const { rows } = await sql<CallRow>`
    select run, path, phase, node, kind, target, encode(args_digest, 'hex') as args_digest, decision,
      case when phase = 'intent' and kind = 'tool' then body end as args,
      outcome, error, tokens_reserved, tokens_in, tokens_out, cost, at
    from step where run = any(${runs}::uuid[])
      and (kind in ('model', 'tool') or (kind = 'memory' and phase = 'result' and outcome = 'done'))
    order by run, seq`.execute(db);
  const byRun = new Map<string, RecordedRow[]>();
  for (const row of rows) {
    const known = byRun.get(row.run);
    if (known === undefined) byRun.set(row.run, [recorded(row)]);
    else known.push(recorded(row));
  }
  return byRun;
}

function recorded(row: CallRow): RecordedRow {
  const { path, phase, node, kind, target } = row;
  return {
    path,
    phase,
    node,
    kind,
    target,
    argsDigest: row.args_digest ?? undefined,
    decision: row.decision ?? undefined,
    args: row.args ?? undefined,
    outcome: row.outcome ?? undefined,
    error: row.error ?? undefined,
    tokensReserved: row.tokens_reserved ?? undefined,
    tokensIn: row.tokens_in ?? undefined,
    tokensOut: row.tokens_out ?? undefined,
    cost: row.cost ?? undefined,
    at: new Date(row.at).toISOString(),
  };
}
