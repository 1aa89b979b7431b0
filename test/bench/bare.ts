import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { type Chain, countdown, runIds, stepsPerSecond } from './chain.ts';
import type { Measure, OpenContender } from './context.ts';

const schema = `
create table run (id uuid primary key, state text not null default 'ready', owner uuid, fence bigint not null default 0,
  input json not null, output json) with (fillfactor = 80);
create index run_ready on run (id) where state = 'ready';
create table step (run uuid, path text, phase text, fence bigint not null, body text, primary key (run, path, phase))`;

const claimText = `update run set state = 'running', owner = $1, fence = fence + 1
  where id in (select id from run where state = 'ready' order by id limit $2 for update skip locked)
  returning id, fence`;

/** Results and intents of several runs and the ends of some, where the fence is still theirs. */
const journalText = `
with held as materialized (
  select r.id, r.fence from json_to_recordset($1) as w (id uuid, fence bigint)
  join run r on r.id = w.id and r.fence = w.fence for no key update of r
), written as (
  insert into step (run, path, phase, fence, body)
  select e.run, e.path, e.phase, h.fence, e.body
  from json_to_recordset($2) as e (run uuid, path text, phase text, body text) join held h on h.id = e.run
  on conflict do nothing
), ended as (
  update run r set state = 'done', owner = null, output = '{}'
  from json_to_recordset($3) as x (id uuid) join held h on h.id = x.id where r.id = x.id
)
select id from held`;

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
  await pool.query('insert into run (id, input) select id, $1 from unnest($2::uuid[]) id', [
    JSON.stringify(chain.input),
    runIds(chain.runs),
  ]);
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
        values: [worker, free],
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
  const rows = own.flatMap(({ id, step }) => [
    ...(step > 0
      ? [{ run: id, path: `${step}`, phase: 'result', body: JSON.stringify(chain.result ?? chain.input) }]
      : []),
    ...(step < chain.stepsPerRun
      ? [{ run: id, path: `${step + 1}`, phase: 'intent', body: JSON.stringify(chain.input) }]
      : []),
  ]);
  const ends = own.filter(({ step }) => step === chain.stepsPerRun).map(({ id }) => ({ id }));
  const values = [own.map(({ id, fence }) => ({ id, fence })), rows, ends].map((set) => JSON.stringify(set));
  await pool.query({ name: 'journal', text: journalText, values });
}
