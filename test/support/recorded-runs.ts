import { sql } from 'kysely';
import type { Database } from '../../src/store/database.ts';
import { environment, system } from './runs.ts';

export interface RecordedRuns {
  readonly runs: number;
  /** Of each run. */
  readonly calls: number;
  /** Digest of the bundle that they are pinned to; its node `draft` is an agent with the tool `default/search`. */
  readonly bundle: string;
}

/** Writes runs that succeeded, the last of the environment: each is one agent's allowed calls of one tool. */
export async function recordRuns({ db }: Database, { runs, calls, bundle }: RecordedRuns): Promise<void> {
  const id = sql`('00000000-0000-7000-8000-' || lpad(r::text, 12, '0'))::uuid`;
  await sql`
    insert into run (id, environment, namespace, system, revision, bundle, state, submitted_by, input, ended_at)
    select ${id}, ${environment}, 'default', ${system}, 1, ${bundle}, 'Succeeded', 'ada', '{}',
      now() + r * interval '1 second'
    from generate_series(1, ${runs}::integer) r`.execute(db);
  await sql`
    insert into step (run, path, phase, node, kind, target, fence, args_digest, decision, body, outcome,
      tokens_reserved, tokens_in, tokens_out, cost)
    select ${id}, 'draft/1.' || c, phase, 'draft', 'tool', 'default/search', 1,
      case when phase = 'intent' then sha256(c::text::bytea) end,
      case when phase = 'intent' then '{"kind":"allow","rule":"AgentRole/default/worker"}'::json end,
      case when phase = 'intent' then '{"query":"' || c || '"}' else '"found"' end,
      case when phase = 'result' then 'done' end, 0, 0, 0, 0
    from generate_series(1, ${runs}::integer) r, generate_series(1, ${calls}::integer) c,
      unnest(array['intent', 'result']) with ordinality as p (phase, ord)
    order by r, c, ord`.execute(db);
}
