import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { sha256 } from '../../src/manifest/digest.ts';
import type { Database } from '../../src/store/database.ts';
import { resolveUnknown } from '../../src/store/wait.ts';
import type { Effect, EffectServer } from '../support/effect-server.ts';
import type { TestProcess } from '../support/processes.ts';

// What the torture is judged by: rows of the journal, and what a tool server in another process saw.

/** Everything that must not be, found in the journal and in the world; empty: all promises were kept. */
export async function violationsOf(database: Database, effects: readonly Effect[]): Promise<readonly string[]> {
  return [...(await journalViolations(database)), ...(await effectViolations(database, effects))];
}

const checks = {
  'runs neither ended nor given up': `select id::text as what from run where ended_at is null`,
  'runs that ended badly': `select id || ' ' || state || ' ' || coalesce(error ->> 'code', '') as what from run
    where ended_at is not null and state <> 'Succeeded' and not (state = 'DeadLetter' and crashes >= 3)`,
  'calls without exactly one good result': `select run || ' ' || node as what from step s
    join run r on r.id = s.run and r.state = 'Succeeded' where phase = 'result'
    group by run, node having count(*) filter (where outcome = 'done') <> 1`,
  'intents that nobody closed': `select i.run || ' ' || i.path as what from step i
    join run r on r.id = i.run and r.state = 'Succeeded' where i.phase = 'intent'
    and not exists (select from step s where s.run = i.run and s.path = i.path and s.phase = 'result')`,
  'results without a decision that allowed the call': `select s.run || ' ' || s.path as what from step s
    where s.phase = 'result' and s.outcome <> 'denied' and not exists (
      select from step i where i.run = s.run and i.path = s.path and i.phase = 'intent' and i.seq < s.seq
        and i.decision ->> 'kind' = 'allow')`,
  'rows under an older fence than a row before them': `select run || ' ' || path as what from (
    select run, path, fence, lag(fence) over (partition by run order by seq) as last from step) f where fence < last`,
  'rows under a fence that is higher than the run’s': `select s.run || ' ' || s.path as what from step s
    join run r on r.id = s.run where s.fence > r.fence`,
} as const;

async function journalViolations({ db }: Database): Promise<string[]> {
  const found: string[] = [];
  for (const [name, text] of Object.entries(checks)) {
    const { rows } = await sql<{ what: string }>`${sql.raw(text)} limit 5`.execute(db);
    for (const { what } of rows) found.push(`${name}: ${what}`);
  }
  return found;
}

/** Of each call that is done: what may happen once happened once, and what honours its key was applied once. */
async function effectViolations({ db }: Database, effects: readonly Effect[]): Promise<string[]> {
  const { rows } = await sql<{ run: string; path: string; target: string }>`
    select run, path, target from step where phase = 'result' and outcome = 'done' and kind = 'tool'`.execute(db);
  const seen = grouped(effects);
  const found: string[] = [];
  for (const { run, path, target } of rows) {
    const made = seen.get(keyOf(run, path)) ?? [];
    const applied = made.filter((effect) => effect.applied).length;
    if (made.length === 0 || applied !== 1) found.push(`${run} ${path} is done and was applied ${applied} times`);
    if (target === 'default/pay' && made.length !== 1) found.push(`${run} ${path} paid ${made.length} times`);
  }
  return found.slice(0, 10);
}

function grouped(effects: readonly Effect[]): Map<string, Effect[]> {
  const groups = new Map<string, Effect[]>();
  for (const effect of effects) {
    const group = groups.get(effect.key ?? '');
    if (group === undefined) groups.set(effect.key ?? '', [effect]);
    else group.push(effect);
  }
  return groups;
}

function keyOf(run: string, path: string): string {
  return sha256(`${run}|${path.replace(/~\d+$/, '')}`);
}

/** A person looks up at the tool's server what became of the calls that runs wait for; says how many there were. */
export async function answerUnknown(database: Database, effects: Pick<EffectServer, 'effects'>): Promise<number> {
  const { rows } = await sql<{ run: string; path: string }>`
    select w.run, w.path from wait w join run r on r.id = w.run and r.state = 'Waiting'
    where w.kind = 'unknown' and w.resolution is null limit 200`.execute(database.db);
  if (rows.length === 0) return 0;
  const keys = new Set((await effects.effects()).map(({ key }) => key));
  for (const { run, path } of rows) {
    const happened = keys.has(keyOf(run, path));
    await resolveUnknown(database, {
      run,
      path,
      by: 'ada',
      ...(happened ? { as: 'done', output: { ok: true } } : { as: 'again' }),
    });
  }
  return rows.length;
}

export async function countStates({ db }: Database): Promise<Readonly<Record<string, number>>> {
  const { rows } = await sql<{ state: string; runs: number }>`
    select state, count(*)::integer as runs from run group by state`.execute(db);
  return Object.fromEntries(rows.map(({ state, runs }) => [state, runs]));
}

/** The id under which a worker holds its lease now: another one after it lost the one before. */
export async function leaseOf({ db }: Database, worker: TestProcess): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select id from worker where pid = ${worker.pid} order by started_at desc limit 1`.execute(db);
  return rows[0]?.id;
}

/** Kills a worker with -9; how long it took until nothing belonged to it any more. */
export async function takeoverMsOf({ db }: Database, worker: TestProcess): Promise<number> {
  const from = performance.now();
  await worker.kill('SIGKILL');
  for (;;) {
    const { rows } = await sql`select from worker where pid = ${worker.pid}`.execute(db);
    if (rows.length === 0) return performance.now() - from;
    if (performance.now() - from > 60_000) throw new Error('nobody took over from a worker that was killed');
    await pause(5);
  }
}

/**
 * How long after its lease a worker that was stopped still had what belonged to it, by the database's clock. A renewal
 * that was under way when it was stopped may arrive yet, so that the lease is read each time.
 */
export async function reclaimedMsOf({ db }: Database, id: string): Promise<number> {
  const from = performance.now();
  for (let untilMs = Number.NaN; ; await pause(5)) {
    const { rows } = await sql<{ nowMs: number; untilMs: number | null }>`
      select extract(epoch from clock_timestamp())::float8 * 1000 as "nowMs",
        (select extract(epoch from lease_until)::float8 * 1000 from worker where id = ${id}) as "untilMs"`.execute(db);
    const [row] = rows;
    if (row !== undefined && row.untilMs === null) return row.nowMs - untilMs;
    untilMs = row?.untilMs ?? untilMs;
    if (performance.now() - from > 60_000) throw new Error('nobody took over from a worker that was stopped');
  }
}
