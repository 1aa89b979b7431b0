import { afterAll, beforeAll, expect, test } from 'vitest';
import { traceOf } from '../../src/api/trace-of.ts';
import { readApprovalsOf } from '../../src/store/approval-list.ts';
import { writeVote } from '../../src/store/approval-vote.ts';
import { readOpenWaits } from '../../src/store/wait.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import type { DeathPoint } from '../support/dying-worker-main.ts';
import { type EffectServer, startEffectServer } from '../support/effect-server.ts';
import { startProcess } from '../support/processes.ts';
import { bundleOf, eventually, httpTool, install, submit, until, workerOn } from '../support/runs.ts';
import { asking, rule } from './approval-play.ts';

type Kind = 'idempotent' | 'once';
const kinds: readonly Kind[] = ['idempotent', 'once'];

let opened: OpenedDatabase;
let effects: EffectServer;

beforeAll(async () => {
  [opened, effects] = await Promise.all([openTestDatabase('postgres'), startEffectServer()]);
});
afterAll(async () => {
  await effects.close();
  await opened.close();
});

/** Where a worker is killed that may make a call that people released, and what is left of the approval then. */
const deaths: readonly (readonly [
  name: string,
  point: DeathPoint,
  then: {
    readonly state: 'approved' | 'consumed';
    readonly requests: Readonly<Record<Kind, number>>;
    readonly asks: boolean;
  },
])[] = [
  [
    'between the approval and its use',
    'before-intent',
    { state: 'approved', requests: { idempotent: 1, once: 1 }, asks: false },
  ],
  [
    'between the use and the call',
    'after-intent',
    { state: 'consumed', requests: { idempotent: 1, once: 0 }, asks: true },
  ],
];

test.each(deaths)(
  'a worker that is killed %s makes the call at most once, and its approval is used once',
  async (_name, point, then) => {
    const { database, options } = opened;
    const url = 'url' in options ? options.url : '';
    const bundle = bundleOf({
      nodes: {
        start: { to: kinds.map((kind) => ({ to: `call-${kind}`, when: `input.kind == '${kind}'` })) },
        ...Object.fromEntries(kinds.map((kind) => [`call-${kind}`, { tool: kind }])),
      },
      tools: {
        idempotent: httpTool(`${effects.url}/${point}/idempotent`, { idempotent: true }),
        once: httpTool(`${effects.url}/${point}/once`),
      },
    });
    // Longer than a process takes to begin on a machine that is busy with others.
    await install(database, bundle, asking(bundle, kinds, { [rule]: { ttlMs: 600_000, fourEyes: true } }));
    const runs = new Map<Kind, string>();
    for (const kind of kinds) runs.set(kind, (await submit(database, { input: { kind } })).id);
    const requestOf = async (run: string) => {
      const [request, ...more] = await readApprovalsOf(database, run);
      expect(more, 'people are asked once').toEqual([]);
      return request;
    };

    const entry = 'test/support/dying-worker-main.ts';
    const struck = startProcess({ entry, args: [url, point, String(kinds.length), 'SIGKILL', '120000'] });
    try {
      for (const [kind, run] of runs) {
        await until(database, run, 'Waiting');
        const request = await requestOf(run);
        const said = { by: 'grace', key: 'grace', as: 'approve', asks: [0], at: '2026-01-01T00:00:00Z' } as const;
        const { id: approval = '', action_digest: actionDigest = '' } = request ?? {};
        await writeVote(database, { approval, actionDigest, after: 0, vote: said, state: 'approved' });
        expect(request?.state, kind).toBe('pending');
      }
      await struck.waitFor(/struck/, 30_000);
      expect(await struck.exited()).toEqual({ code: null, signal: 'SIGKILL' });
      for (const [kind, run] of runs) expect((await requestOf(run))?.state, kind).toBe(then.state);

      const heir = workerOn(database, { leaseMs: 5_000 });
      await heir.start();
      try {
        for (const [kind, run] of runs) {
          const isAsked = kind === 'once' && then.asks;
          // It waits already, for the worker that is dead: what it waits for in the end says that the heir was there.
          if (isAsked) await eventually(async () => (await readOpenWaits(database, [run]))[0]);
          else await until(database, run, 'Succeeded');
          const made = (await effects.effects()).filter(({ path }) => path === `/${point}/${kind}`);
          const request = await requestOf(run);
          const calls = (await traceOf(database, run)).nodes.flatMap((node) => node.calls);
          expect({
            kind,
            requests: made.length,
            applied: made.filter(({ applied }) => applied).length,
            waits: (await readOpenWaits(database, [run])).map((wait) => wait.kind),
            approval: [request?.state, request?.used_by, request?.decided_by],
            traced: calls.map(({ path, decision }) => [path, decision.approvedBy]),
          }).toEqual({
            kind,
            requests: then.requests[kind],
            applied: Math.min(then.requests[kind], 1),
            waits: isAsked ? ['unknown'] : [],
            approval: ['consumed', [`call-${kind}/1`], 'grace'],
            traced: [
              ['start/1', undefined],
              [`call-${kind}/1`, ['grace']],
            ],
          });
        }
      } finally {
        await heir.stop();
      }
    } finally {
      await struck.kill();
    }
  },
);
