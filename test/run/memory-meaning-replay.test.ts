import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Replayed } from '../../src/run/replay-run.ts';
import { databaseKinds, type OpenedDatabase } from '../support/databases.ts';
import type { EmbeddingServer } from '../support/embedding-server.ts';
import { comparesByKind } from '../support/vectors.ts';
import { allowed, call, closeMeaning, type MeaningPlay, openMeaning, outcomes, say } from './memory-meaning-play.ts';

const compares = await comparesByKind();
const kinds = databaseKinds.filter((kind) => compares[kind]);

describe.each(kinds)('a replay of a run whose agent searches by meaning, on the %s database', (kind) => {
  let opened: OpenedDatabase;
  let server: EmbeddingServer;
  let play: MeaningPlay;

  beforeAll(async () => {
    ({ opened, server, play } = await openMeaning(kind));
  });
  afterAll(() => closeMeaning({ opened, server }));
  beforeEach(() => {
    server.statuses.length = 0;
    server.asked.length = 0;
  });

  const turns = [
    call('memory_write', { key: 'tea', value: 'Ada likes green tea' }),
    call('memory_search', { query: 'green tea' }),
    say,
  ];
  const made = ({ rows }: Replayed) =>
    rows.flatMap(({ path, phase, outcome }) => (phase === 'result' && path.includes('.') ? [[path, outcome]] : []));
  const refused = { rules: { models: { 'default/model': allowed } } } as const;

  async function recorded(setting = {}) {
    await play.begin(turns, setting);
    const run = await play.run();
    server.asked.length = 0;
    return run;
  }

  test.each(['ask', 'recorded'] as const)('decides embeddings again, and asks nobody for them: %s', async (models) => {
    const run = await recorded();
    const replayed = await play.replay(run, turns, { models });
    expect(replayed.end.kind).toBe('succeeded');
    expect(replayed.diverged).toEqual([]);
    expect(made(replayed)).toEqual([
      ['talk/1.1.embed1', 'done'],
      ['talk/1.1', 'done'],
      ['talk/2.1.embed1', 'done'],
      ['talk/2.1', 'done'],
    ]);
    const counted = (rows: Replayed['rows']) =>
      rows.flatMap(({ path, tokensIn }) => (path.includes('.embed') ? [tokensIn] : []));
    expect(counted(replayed.rows)).toEqual([undefined, 7, undefined, 7]);
    expect(server.asked).toEqual([]);
  });

  test('under rules that refuse the embedding fails the call that the record has an answer to', async () => {
    const run = await recorded();
    const replayed = await play.replay(run, turns, { setting: refused });
    expect(made(replayed)).toEqual([
      ['talk/1.1.embed1', 'denied'],
      ['talk/1.1', 'failed'],
      ['talk/2.1.embed1', 'denied'],
      ['talk/2.1', 'failed'],
    ]);
    expect(replayed.rows.find(({ path, phase }) => path === 'talk/1.1' && phase === 'result')?.error).toMatchObject({
      code: 'memory.not_embedded',
      message: 'What ModelEndpoint/default/embed should have embedded was not let through.',
    });
  });

  test('stops where an embedding that was refused is let through, because the record has no answer', async () => {
    const run = await recorded(refused);
    const replayed = await play.replay(run, turns);
    expect(replayed.end.kind).toBe('stopped');
    expect(replayed.diverged).toEqual([{ path: 'talk/1.1.embed1', kind: 'model', why: 'new', then: 'stopped' }]);
    expect(server.asked).toEqual([]);
  });

  test.each([
    ['stop', 'ask'],
    ['ask', 'ask'],
    ['stop', 'recorded'],
  ] as const)('fails again what the provider refused, and asks nobody: %s, models %s', async (onDiverge, models) => {
    server.statuses.push(400);
    const run = await recorded();
    const replayed = await play.replay(run, turns, { onDiverge, models });
    expect([replayed.end.kind, replayed.diverged, server.asked]).toEqual(['succeeded', [], []]);
    expect(made(replayed)).toEqual([
      ['talk/1.1.embed1', 'failed'],
      ['talk/1.1', 'failed'],
      ['talk/2.1.embed1', 'done'],
      ['talk/2.1', 'done'],
    ]);
    // The two are written in one statement, at one moment.
    const failures = (rows: readonly { readonly path: string; readonly error?: unknown }[]) =>
      Object.fromEntries(rows.flatMap(({ path, error }) => (error ? [[path, error]] : [])));
    expect(failures(replayed.rows)).toEqual(failures(run.rows));
  });

  test('says of the tool too that it is called, where its embedding was refused and is made now', async () => {
    const run = await recorded(refused);
    const replayed = await play.replay(run, turns, { onDiverge: 'ask' });
    expect(replayed.diverged.slice(0, 2)).toEqual([
      { path: 'talk/1.1.embed1', kind: 'model', why: 'new', then: 'asked' },
      { path: 'talk/1.1', kind: 'tool', why: 'new', then: 'asked' },
    ]);
  });

  describe('of a run whose memory went by words', () => {
    test('fails under rules that refuse what would be embedded now', async () => {
      const run = await recorded({ goesByWords: true });
      const replayed = await play.replay(run, turns, { setting: refused });
      expect(replayed.diverged).toEqual([]);
      expect(made(replayed)).toEqual([
        ['talk/1.1.embed1', 'denied'],
        ['talk/1.1', 'failed'],
        ['talk/2.1.embed1', 'denied'],
        ['talk/2.1', 'failed'],
      ]);
    });

    test('stops at what is let through, which the record knows nothing of', async () => {
      const run = await recorded({ goesByWords: true });
      const replayed = await play.replay(run, turns);
      expect(replayed.end.kind).toBe('stopped');
      expect(replayed.diverged).toEqual([{ path: 'talk/1.1.embed1', kind: 'model', why: 'new', then: 'stopped' }]);
    });

    test('embeds nothing where the database finds nothing by meaning', async () => {
      const run = await recorded({ goesByWords: true });
      const replayed = await play.replay(run, turns, { setting: refused, comparesVectors: false });
      expect([replayed.end.kind, replayed.diverged]).toEqual(['succeeded', []]);
      expect(made(replayed).map(([path]) => path)).toEqual(['talk/1.1', 'talk/2.1']);
    });

    test('embeds nothing for what failed before anything could be embedded', async () => {
      const long = [call('memory_write', { key: 'long', value: 'x'.repeat(70_000) }), say];
      await play.begin(long);
      const run = await play.run();
      expect(outcomes(run)).toEqual([['talk/1.1', 'memory.value_too_large']]);
      const replayed = await play.replay(run, long, { setting: refused });
      expect([replayed.end.kind, replayed.diverged]).toEqual(['succeeded', []]);
      expect(made(replayed)).toEqual([['talk/1.1', 'failed']]);
    });
  });

  test('under a memory that goes by words embeds nothing', async () => {
    const run = await recorded();
    const replayed = await play.replay(run, turns, { setting: { goesByWords: true } });
    expect(made(replayed).map(([path]) => path)).toEqual(['talk/1.1', 'talk/2.1']);
  });
});
