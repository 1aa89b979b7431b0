import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRun } from '../../src/store/run.ts';
import { readOpenWaits } from '../../src/store/wait.ts';
import { readWorkers } from '../../src/store/worker.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import type { DeathPoint } from '../support/dying-worker-main.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { startProcess } from '../support/processes.ts';
import { journalOf } from '../support/journal.ts';
import { bundleOf, eventually, httpTool, install, submit, until, workerOn } from '../support/runs.ts';

type Kind = 'read' | 'idempotent' | 'once';

const kinds: readonly Kind[] = ['read', 'idempotent', 'once'];

/** What the next worker makes of it: requests that the tool's server saw, and whether a person is asked. */
const outcomes: Readonly<Record<DeathPoint, Readonly<Record<Kind, { requests: number; asks: boolean }>>>> = {
  // Nobody was ever told of the call: it is made.
  'before-intent': {
    read: { requests: 1, asks: false },
    idempotent: { requests: 1, asks: false },
    once: { requests: 1, asks: false },
  },
  // From the journal it cannot be told from a call that was made.
  'after-intent': {
    read: { requests: 1, asks: false },
    idempotent: { requests: 1, asks: false },
    once: { requests: 0, asks: true },
  },
  // Who was stopped here had been let through: what it wakes up to is not its run any more, and it sends nothing.
  'before-sending': {
    read: { requests: 1, asks: false },
    idempotent: { requests: 1, asks: false },
    once: { requests: 0, asks: true },
  },
  'before-result': {
    read: { requests: 2, asks: false },
    idempotent: { requests: 2, asks: false },
    once: { requests: 1, asks: true },
  },
  // The result is in the journal: only the end of the run is missing.
  'before-end': {
    read: { requests: 1, asks: false },
    idempotent: { requests: 1, asks: false },
    once: { requests: 1, asks: false },
  },
};

const faults = [
  { name: 'killed with -9', signal: 'SIGKILL', leaseMs: 120_000 },
  { name: 'stopped past its lease', signal: 'SIGSTOP', leaseMs: 6_000 },
] as const;

describe.each(faults)('a worker that was $name', ({ signal, leaseMs }) => {
  let opened: OpenedDatabase;
  let effects: EffectServer;

  beforeAll(async () => {
    [opened, effects] = await Promise.all([openTestDatabase('postgres'), startEffectServer()]);
  });
  afterAll(async () => {
    await effects.close();
    await opened.close();
  });

  /** Each run takes one of three ways, to a tool that reads, one that may be repeated and one that may not. */
  const systemAt = (point: DeathPoint) =>
    bundleOf({
      nodes: {
        start: { to: kinds.map((kind) => ({ to: `call-${kind}`, when: `input.kind == '${kind}'` })) },
        ...Object.fromEntries(kinds.map((kind) => [`call-${kind}`, { tool: kind }])),
      },
      tools: {
        read: httpTool(`${effects.url}/${point}/read`, { operations: ['read'] }),
        idempotent: httpTool(`${effects.url}/${point}/idempotent`, { idempotent: true }),
        once: httpTool(`${effects.url}/${point}/once`),
      },
    });

  test.each(Object.keys(outcomes) as DeathPoint[])('%s loses no run and does nothing twice', async (point) => {
    const { database, options } = opened;
    await install(database, systemAt(point));
    const runs = new Map<Kind, string>();
    for (const kind of kinds) runs.set(kind, (await submit(database, { input: { kind } })).id);
    const entry = 'test/support/dying-worker-main.ts';
    const args = ['url' in options ? options.url : '', point, String(kinds.length), signal, String(leaseMs)];
    const struck = startProcess({ entry, args });
    await struck.waitFor(/struck/, 30_000);
    const overAt = performance.now() + leaseMs;
    if (signal === 'SIGKILL') expect(await struck.exited()).toEqual({ code: null, signal });
    // The heir need not wait for that: a lease short enough would also be over when the machine is busy elsewhere.
    else await sql`update worker set lease_until = now() - interval '1 millisecond'`.execute(database.db);
    expect(struck.stderr).toBe('');

    const heir = workerOn(database, { leaseMs: 5_000 });
    await heir.start();
    try {
      for (const [kind, id] of runs) await until(database, id, outcomes[point][kind].asks ? 'Waiting' : 'Succeeded');
      if (signal === 'SIGSTOP') {
        // By its own clock too the lease is over: it makes no call, is refused, and enlists again under another name.
        await delay(Math.max(0, overAt - performance.now()));
        struck.signal('SIGCONT');
        if (point === 'before-sending') await struck.waitFor(/(?:went on: failed\s+){3}/);
        await eventually(async () => ((await readWorkers(database)).length >= 2 ? true : undefined));
      }
      for (const [kind, id] of runs) {
        const { requests, asks } = outcomes[point][kind];
        const ended = await readRun(database, id);
        const made = (await effects.effects()).filter(({ path }) => path === `/${point}/${kind}`);
        const waits = await readOpenWaits(database, [id]);
        const results = (await journalOf(database, id)).filter(({ phase }) => phase === 'result');
        expect({
          kind,
          crashes: ended.crashes,
          requests: made.length,
          // What a server does that honours the key.
          applied: made.filter(({ applied }) => applied).length,
          waits: waits.map((wait) => [wait.path, wait.kind]),
          results: results.map(({ path, outcome }) => [path, outcome]),
        }).toEqual({
          kind,
          crashes: 1,
          requests,
          applied: Math.min(requests, 1),
          waits: asks ? [[`call-${kind}/1`, 'unknown']] : [],
          results: [['start/1', 'done'], ...(asks ? [] : [[`call-${kind}/1`, 'done']])],
        });
      }
    } finally {
      await heir.stop();
      await struck.kill();
    }
  });
});
