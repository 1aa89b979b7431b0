import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bundle, BundleGraph, BundleNode } from '../../src/manifest/bundle.ts';
import type { Json } from '../../src/manifest/json.ts';
import { type NewAnswer, readQuestions, writeAnswer } from '../../src/store/answer.ts';
import type { Database } from '../../src/store/database.ts';
import { listEvents } from '../../src/store/event.ts';
import { cancelRun, readRun } from '../../src/store/run.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { authorityOf, bundleOf, environment, eventually, install, submit, until, withWorker } from '../support/runs.ts';

let opened: OpenedDatabase;
let database: Database;
beforeAll(async () => {
  // A real server: two connections race for a row, as two people do.
  opened = await openTestDatabase('postgres');
  database = opened.database;
});
afterAll(() => opened.close());

const assignees = { groups: [], users: ['ada', 'grace'] };

/** A plain bundle whose nodes are put in place of others, in their order. */
function bundleWith(
  nodes: Readonly<Record<string, Partial<BundleNode>>>,
  rest: Partial<Bundle> = {},
  replies: Json = [],
): Bundle {
  const base = bundleOf({ nodes: { first: {} }, agents: { writer: {} }, replies });
  const made = Object.entries(nodes).map(
    ([name, node]) => [name, { edges: [], from: [], ...node } as unknown as BundleNode] as const,
  );
  return {
    ...base,
    nodes: Object.fromEntries(made),
    entries: made.filter(([, { from }]) => from.length === 0).map(([name]) => name),
    ...rest,
  };
}

const form = { type: 'object', required: ['size'], properties: { size: { type: 'integer' } } } as const;
const human = (ttlMs = 60_000): Partial<BundleNode> => ({ kind: 'human', human: { assignees, form, ttlMs } });
const echo = (extra: Partial<BundleNode> = {}): Partial<BundleNode> =>
  ({ kind: 'tool', tool: 'default/echo', ...extra }) as Partial<BundleNode>;

async function started(bundle: Bundle): Promise<string> {
  await install(database, bundle, authorityOf(bundle));
  return (await submit(database)).id;
}

async function asked(run: string, path: string): Promise<void> {
  await eventually(
    async () =>
      (await readQuestions(database, run)).some((one) => one.path === path && one.resolution === null) || undefined,
  );
}

function filled(run: string, path: string, by = 'ada', output: Json = { size: 3 }): NewAnswer {
  return { run, path, as: 'filled', by, key: by, output, min: 1 };
}

async function say(answer: NewAnswer): Promise<'decided' | 'open' | undefined> {
  const said = await writeAnswer(database, answer);
  await database.notify('pawl_ready', 'default').catch(() => undefined);
  return said;
}

describe('a person answers', () => {
  test('the run parks without a slot, and its answer is the output of the step', () =>
    withWorker(database, async () => {
      const run = await started(bundleWith({ ask: human() }));
      await until(database, run, 'Waiting');
      const [question] = await readQuestions(database, run);
      expect(question).toMatchObject({ path: 'ask/human', kind: 'human', detail: { shown: {}, form, assignees } });
      expect(await say(filled(run, 'ask/human'))).toBe('decided');
      expect((await until(database, run)).output).toEqual({ ask: { size: 3 } });
      const [event] = await listEvents(database.db, environment, 1);
      expect(event).toMatchObject({ actor: 'ada', action: 'question.answered', detail: { run, path: 'ask/human' } });
    }));

  test('an answer that comes while another branch goes on is not lost', () =>
    withWorker(database, async () => {
      const slow = echo({ input: { n: 1 } });
      const run = await started(bundleWith({ ask: human(), side: slow, then: { ...human(), from: [] } }));
      await asked(run, 'ask/human');
      await asked(run, 'then/human');
      await say(filled(run, 'ask/human'));
      await say(filled(run, 'then/human', 'grace', { size: 4 }));
      expect((await until(database, run)).output).toMatchObject({ ask: { size: 3 }, then: { size: 4 } });
    }));

  test('of two answers at once the first counts, and the other is told so', () =>
    withWorker(database, async () => {
      const run = await started(bundleWith({ ask: human() }));
      await until(database, run, 'Waiting');
      const said = await Promise.all([
        say(filled(run, 'ask/human', 'ada', { size: 1 })),
        say(filled(run, 'ask/human', 'grace', { size: 2 })),
      ]);
      expect(said.filter((one) => one === 'decided')).toHaveLength(1);
      const winner = said[0] === 'decided' ? 1 : 2;
      expect((await until(database, run)).output).toEqual({ ask: { size: winner } });
    }));

  test('nobody in time fails the step with human.expired', () =>
    withWorker(database, async () => {
      const run = await started(bundleWith({ ask: human(1) }));
      expect(await until(database, run)).toMatchObject({
        state: 'Failed',
        error: { code: 'human.expired', message: 'Nobody answered at ask in time.', node: 'ask' },
      });
      expect(await say(filled(run, 'ask/human'))).toBeUndefined();
    }));

  test('waiting takes nothing of the time of the run', () =>
    withWorker(database, async () => {
      const bundle = bundleWith({ ask: human() });
      const run = await started({ ...bundle, limits: { timeoutMs: 1_500 } });
      await until(database, run, 'Waiting');
      const { rows } = await database.db
        .selectFrom('run')
        .select(['run_at', 'deadline_at'])
        .where('id', '=', run)
        .execute()
        .then((found) => ({ rows: found }));
      expect(rows[0]?.run_at?.getTime()).toBeGreaterThan(rows[0]?.deadline_at?.getTime() ?? 0);
      await database.db
        .updateTable('run')
        .set({ asked_at: new Date(Date.now() - 60_000), deadline_at: new Date(Date.now() - 30_000) })
        .where('id', '=', run)
        .execute();
      await say(filled(run, 'ask/human'));
      expect((await until(database, run)).state).toBe('Succeeded');
    }));

  test('a run that is cancelled while it waits takes no answer', () =>
    withWorker(database, async () => {
      const run = await started(bundleWith({ ask: human() }));
      await until(database, run, 'Waiting');
      await cancelRun(database, run);
      expect(await say(filled(run, 'ask/human'))).toBeUndefined();
      expect((await readRun(database, run)).state).toBe('Cancelled');
    }));
});

describe('a review', () => {
  const review = { approvers: { groups: [], users: ['ada', 'grace'], min: 1 }, ttlMs: 60_000, maxCycles: 3 };
  const writer = (more: Partial<typeof review> = {}): Partial<BundleNode> =>
    ({ kind: 'agent', agent: 'default/writer', review: { ...review, ...more } }) as Partial<BundleNode>;
  const replies = [
    { agent: 'writer', match: 'shorter', turns: [{ text: 'short' }] },
    { agent: 'writer', turns: [{ text: 'long' }] },
  ];
  const vote = (run: string, path: string, as: NewAnswer['as'], by = 'ada', min = 1): NewAnswer => ({
    run,
    path,
    as,
    by,
    key: by,
    text: 'shorter',
    min,
  });

  test('that asks for changes three times runs the agent again with each comment', () =>
    withWorker(database, async () => {
      const run = await started(bundleWith({ write: writer() }, {}, replies));
      for (const path of ['write/review', 'write@r2/review', 'write@r3/review']) {
        await asked(run, path);
        expect(await say(vote(run, path, 'changes'))).toBe('decided');
      }
      await asked(run, 'write@r4/review');
      await say(vote(run, 'write@r4/review', 'approve'));
      expect(await until(database, run)).toMatchObject({ state: 'Succeeded', error: null, output: { write: 'short' } });
    }));

  test('that denies fails the step with its reason', () =>
    withWorker(database, async () => {
      const run = await started(bundleWith({ write: writer() }, {}, replies));
      await asked(run, 'write/review');
      await say(vote(run, 'write/review', 'deny'));
      expect((await until(database, run)).error).toMatchObject({
        code: 'review.denied',
        message: 'ada denied the output: shorter',
        node: 'write',
      });
    }));

  test('that wants two people counts each of them once', () =>
    withWorker(database, async () => {
      const run = await started(
        bundleWith({ write: writer({ approvers: { ...review.approvers, min: 2 } }) }, {}, replies),
      );
      await asked(run, 'write/review');
      expect(await say(vote(run, 'write/review', 'approve', 'ada', 2))).toBe('open');
      expect(await say(vote(run, 'write/review', 'deny', 'ada', 2))).toBeUndefined();
      expect(await say(vote(run, 'write/review', 'approve', 'grace', 2))).toBe('decided');
      expect((await until(database, run)).state).toBe('Succeeded');
    }));

  test('approved and denied at once has one winner', () =>
    withWorker(database, async () => {
      const run = await started(bundleWith({ write: writer() }, {}, replies));
      await asked(run, 'write/review');
      const said = await Promise.all([
        say(vote(run, 'write/review', 'approve', 'ada')),
        say(vote(run, 'write/review', 'deny', 'grace')),
      ]);
      expect(said.filter((one) => one === 'decided')).toHaveLength(1);
      expect((await until(database, run)).state).toBe(said[0] === 'decided' ? 'Succeeded' : 'Failed');
    }));

  test('that nobody decides fails the step with review.expired', () =>
    withWorker(database, async () => {
      const run = await started(bundleWith({ write: writer({ ttlMs: 1 }) }, {}, replies));
      expect((await until(database, run)).error).toMatchObject({
        code: 'review.expired',
        message: 'Nobody decided on the output of write in time.',
      });
    }));
});

describe('a nested system', () => {
  const graph = (
    nodes: Readonly<Record<string, Partial<BundleNode>>>,
    limits: BundleGraph['limits'] = { timeoutMs: 60_000 },
    input: BundleGraph['input'] = {},
  ): BundleGraph => {
    const { nodes: made, entries } = bundleWith(nodes);
    return { input, nodes: made, entries, limits };
  };
  const outer = (inner: BundleGraph, input: Json = { n: 1 }): Bundle =>
    bundleWith(
      { call: { kind: 'system', system: 'default/inner', input } as Partial<BundleNode> },
      { systems: { 'default/inner': inner } },
    );
  const run = async (bundle: Bundle): Promise<string> => {
    const authority = authorityOf(bundle);
    const own = authority.subjects[`AgentSystem/${bundle.system}`];
    const subjects =
      own === undefined ? authority.subjects : { ...authority.subjects, 'AgentSystem/default/inner': own };
    await install(database, bundle, { ...authority, subjects });
    return (await submit(database)).id;
  };

  test('gives its output as that of the step, and its calls stand under the step’s place', () =>
    withWorker(database, async () => {
      const id = await run(outer(graph({ work: echo() })));
      expect((await until(database, id)).output).toEqual({ call: { work: { n: 1 } } });
      const steps = await database.db
        .selectFrom('step')
        .select('path')
        .where('run', '=', id)
        .where('phase', '=', 'result')
        .execute();
      expect(steps.map(({ path }) => path)).toContain('call>work/1');
    }));

  test('refuses an input that its schema does not take, and names the field', () =>
    withWorker(database, async () => {
      const schema = { type: 'object', properties: { n: { type: 'string' } } } as const;
      const id = await run(outer(graph({ work: echo() }, { timeoutMs: 60_000 }, { schema })));
      expect((await until(database, id)).error).toMatchObject({ code: 'system.input_invalid', node: 'call' });
    }));

  test('asks people and goes on where it was', () =>
    withWorker(database, async () => {
      const id = await run(outer(graph({ ask: human() })));
      await asked(id, 'call>ask/human');
      await say(filled(id, 'call>ask/human'));
      expect((await until(database, id)).output).toEqual({ call: { ask: { size: 3 } } });
    }));

  test('is cancelled with its run', () =>
    withWorker(database, async () => {
      const id = await run(outer(graph({ ask: human() })));
      await asked(id, 'call>ask/human');
      await cancelRun(database, id);
      expect((await until(database, id)).state).toBe('Cancelled');
    }));
});

describe('a delegate', () => {
  test('works on the output of the node, which runs once more and is told the report', () =>
    withWorker(database, async () => {
      const nodes = {
        lead: echo({ delegates: ['help'], input: { n: 1 } }),
        help: echo({ input: { of: '${ nodes.lead.output.n }' } }),
      };
      const run = await started({ ...bundleWith(nodes), entries: ['lead'] });
      const { output, state, error } = await until(database, run);
      expect({ state, error }).toEqual({ state: 'Succeeded', error: null });
      expect(output).toEqual({ lead: { n: 1, reports: { help: { of: 1 } } } });
      const steps = await database.db
        .selectFrom('step')
        .select('path')
        .where('run', '=', run)
        .where('phase', '=', 'result')
        .execute();
      expect(steps.map(({ path }) => path)).toEqual(['lead/1', 'lead:help/1', 'lead@d2/1']);
    }));
});
