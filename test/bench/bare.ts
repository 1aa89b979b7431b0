import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { sha256 } from '../../src/manifest/digest.ts';
import { type Chain, countdown, runIds, stepsPerSecond } from './chain.ts';
import type { Measure, OpenContender } from './context.ts';

/** The tables of the engine's design, with the columns and the indexes that a claim and a journal write. */
const schema = `
create table run (
  id uuid primary key, system text not null, revision bigint not null, bundle text not null,
  pool text not null default 'default', priority smallint not null default 5, fair_key bigint not null default 0, state text not null default 'ready',
  run_at timestamptz, deadline_at timestamptz, cancel_requested boolean not null default false, owner uuid,
  fence bigint not null default 0, attempts integer not null default 0, max_attempts integer not null default 3,
  idempotency_key text, input json not null, output json, parent uuid
) with (fillfactor = 80);
create unique index run_idempotency on run (system, idempotency_key) where idempotency_key is not null;
create index run_ready on run (pool, priority desc, fair_key, id) where state = 'ready';
create index run_owned on run (owner) where state = 'running';
create index run_due on run (run_at) where state = 'waiting';
create table step (
  run uuid, path text, phase text, kind text not null, fence bigint not null, args_hash text, decision json, body text,
  tokens integer, cost bigint, primary key (run, path, phase)
)`;

const bareSystem = 'default/work';
const submitText = `insert into run (id, system, revision, bundle, fair_key, deadline_at, input)
  select id, '${bareSystem}', 1, $3, n, now() + interval '10 minutes', $1
  from unnest($2::uuid[]) with ordinality i (id, n)`;

const claimText = `update run set state = 'running', owner = $1, fence = fence + 1, attempts = attempts + 1
  where id in (
    select id from run where state = 'ready' and pool = any ($3) order by priority desc, fair_key, id limit $2
    for update skip locked
  )
  returning id, fence, revision, bundle, input`;

/** Results and intents of several runs and the ends of some, where the fence is still theirs. */
const journalText = `
with held as materialized (
  select r.id, r.fence, r.cancel_requested, coalesce(r.deadline_at <= now(), false) as overdue
  from json_to_recordset($1) as w (id uuid, fence bigint)
  join run r on r.id = w.id and r.fence = w.fence order by r.id for no key update of r
), written as (
  insert into step (run, path, phase, kind, fence, args_hash, body, tokens, cost)
  select e.run, e.path, e.phase, e.kind, h.fence, e.args_hash, e.body, e.tokens, e.cost
  from json_to_recordset($2) as e (
    run uuid, path text, phase text, kind text, args_hash text, body text, tokens integer, cost bigint
  ) join held h on h.id = e.run
  on conflict do nothing
), ended as (
  update run r set state = 'done', owner = null, output = '{}'
  from json_to_recordset($3) as x (id uuid) join held h on h.id = x.id where r.id = x.id
)
select id, cancel_requested, overdue from held`;

interface Owned {
  readonly id: string;
  readonly fence: number;
  step: number;
}

interface Stream {
  readonly chain: Chain;
  readonly worker: string;
  readonly count: (by: number) => void;
}

/**
 * Claim and journal as pawl has them, by group commit in two streams, and nothing else: no decision, no graph, no
 * budget, no lease. What the rest of pawl costs is the difference.
 */
export async function openBare(url: string, chain: Chain): Promise<OpenContender> {
  const pool = new Pool({ connectionString: url, max: 4 });
  await pool.query(schema);
  return { round: () => bareRound(pool, chain), close: () => pool.end() };
}

async function bareRound(pool: Pool, chain: Chain): Promise<Record<string, Measure>> {
  await pool.query(submitText, [JSON.stringify(chain.input), runIds(chain.runs), sha256(bareSystem)]);
  const worker = randomUUID();
  const { count, completed } = countdown(chain.runs);
  const startedAt = performance.now();
  const streams = [0, 1].map(() => stream(pool, { chain, worker, count }));
  await completed;
  const measures = stepsPerSecond(startedAt, chain);
  await Promise.all(streams);
  return measures;
}

/** Half of the runs that are under way at once: each statement takes all of them one step further. */
async function stream(pool: Pool, { chain, worker, count }: Stream): Promise<void> {
  let own: Owned[] = [];
  for (;;) {
    const free = chain.atOnce / 2 - own.length;
    if (free > 0) {
      const { rows } = await pool.query<{ id: string; fence: number }>({
        name: 'claim',
        text: claimText,
        values: [worker, free, ['default']],
      });
      own.push(...rows.map(({ id, fence }) => ({ id, fence, step: 0 })));
    }
    if (own.length === 0) return;
    await write(pool, own, chain);
    const ended = own.filter(({ step }) => step === chain.stepsPerRun);
    for (const run of own) run.step += 1;
    own = own.filter(({ step }) => step <= chain.stepsPerRun);
    count(ended.length);
  }
}

async function write(pool: Pool, own: readonly Owned[], chain: Chain): Promise<void> {
  const args = JSON.stringify(chain.input);
  const result = JSON.stringify(chain.result ?? chain.input);
  const kind = 'tool';
  const rows = own.flatMap(({ id: run, step }) => [
    ...(step > 0 ? [{ run, path: `${step}`, phase: 'result', kind, body: result, tokens: 0, cost: 0 }] : []),
    ...(step < chain.stepsPerRun
      ? [{ run, path: `${step + 1}`, phase: 'intent', kind, args_hash: sha256(args), body: args }]
      : []),
  ]);
  const ends = own.filter(({ step }) => step === chain.stepsPerRun).map(({ id }) => ({ id }));
  const values = [own.map(({ id, fence }) => ({ id, fence })), rows, ends].map((set) => JSON.stringify(set));
  await pool.query({ name: 'journal', text: journalText, values });
}
