import { expect, test } from 'vitest';
import type { Bundle } from '../../src/manifest/bundle.ts';
import type { Authority } from '../../src/policy/authority.ts';
import type { RecordedRow } from '../../src/run/journal-entry.ts';
import { type Replayed, type ReplayOptions, replayRun } from '../../src/run/replay-run.ts';
import { authorityOf, bundleOf, environment, type NodePlan, silent, system } from '../support/runs.ts';

// An agent that looks twice, then a tool of the graph: everything is answered in this process.
const nodes: Readonly<Record<string, NodePlan>> = {
  research: { agent: 'clerk', to: ['note'] },
  note: { tool: 'echo', input: { text: '${nodes.research.output}' } },
};
const turns = [
  {
    toolCalls: [
      { tool: 'echo', arguments: { text: 'one' } },
      { tool: 'echo', arguments: { text: 'two' } },
    ],
  },
  { text: 'found' },
];
const replies = [{ agent: 'clerk', turns }];
const original = bundleOf({ nodes, agents: { clerk: {} }, replies });

function play(
  rows: readonly RecordedRow[],
  content: Bundle,
  options: Partial<ReplayOptions> & { readonly authority?: Authority } = {},
): Promise<Replayed> {
  const { authority = authorityOf(content), ...more } = options;
  const recorded = { id: '01930000-0000-7000-8000-000000000001', environment, system, revision: 1, input: {}, rows };
  return replayRun(recorded, {
    target: { content, authority },
    onDiverge: 'stop',
    models: 'ask',
    comparesVectors: false,
    secrets: () => Promise.resolve({ kind: 'unread', reason: 'env_missing', why: 'there is none' }),
    log: silent,
    version: '0',
    signal: new AbortController().signal,
    ...more,
  });
}

/** A run in memory, whose calls are really made: what the others are replays of. */
async function record(): Promise<readonly RecordedRow[]> {
  const { end, rows } = await play([], original, { onDiverge: 'ask' });
  expect(end.kind).toBe('succeeded');
  return rows;
}

const resultsOf = (rows: readonly RecordedRow[]) =>
  Object.fromEntries(rows.flatMap(({ path, phase, outcome }) => (phase === 'result' ? [[path, outcome]] : [])));

test('under what it was pinned to, a run comes out the same, and no tool is called', async () => {
  const rows = await record();
  const changed = rows.map((row) =>
    row.kind === 'tool' && row.phase === 'result' && row.node === 'note' ? { ...row, body: '"recorded"' } : row,
  );
  const replayed = await play(changed, original);
  expect(replayed.diverged).toEqual([]);
  expect(resultsOf(replayed.rows)).toEqual(resultsOf(rows));
  // What the record says and not what the tool would: the answer came from there.
  expect(replayed.end).toEqual({ kind: 'succeeded', output: { note: 'recorded' } });
});

test('a call that the new rules deny is denied, though the record has its answer', async () => {
  const { end, rows } = await play(await record(), original, { authority: authorityOf(original, { deny: ['echo'] }) });
  expect(resultsOf(rows)).toMatchObject({ 'research/1.1': 'denied', 'research/1.2': 'denied' });
  expect(end).toMatchObject({ kind: 'failed', error: { code: 'policy.denied', node: 'note' } });
});

test('a call that the record does not know stops the replay, or is made where that was chosen', async () => {
  const rows = await record();
  const wider = bundleOf({
    nodes: { ...nodes, note: { tool: 'echo', input: { text: 'another' } } },
    agents: { clerk: {} },
    replies,
  });
  const stopped = await play(rows, wider);
  expect([stopped.end.kind, stopped.diverged]).toEqual([
    'stopped',
    [{ path: 'note/1', kind: 'tool', why: 'arguments', then: 'stopped' }],
  ]);
  const asked = await play(rows, wider, { onDiverge: 'ask' });
  expect([asked.end.kind, asked.diverged.map(({ then }) => then)]).toEqual(['succeeded', ['asked']]);
});

test('models answer from the record too where that was chosen, so that only rules and graph can differ', async () => {
  const rows = await record();
  const mute = bundleOf({ nodes, agents: { clerk: {} }, replies: [] });
  expect((await play(rows, mute)).end).toMatchObject({ kind: 'failed', error: { code: 'model.script_exhausted' } });
  expect((await play(rows, mute, { models: 'recorded' })).end.kind).toBe('succeeded');
});

test('the same replay twice writes the same journal', async () => {
  const rows = await record();
  const twice = [await play(rows, original), await play(rows, original)].map((one) => one.rows);
  expect(twice[0]).toEqual(twice[1]);
});
