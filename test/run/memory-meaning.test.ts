import { EventEmitter, once } from 'node:events';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { memoriesOn } from '../../src/memory/memories.ts';
import type { SubjectAuthority } from '../../src/policy/authority.ts';
import { beginHalt, endHalts } from '../../src/store/halt.ts';
import { databaseKinds, type OpenedDatabase } from '../support/databases.ts';
import type { EmbeddingServer } from '../support/embedding-server.ts';
import { environment, submit, until, workerOn } from '../support/runs.ts';
import { comparesByKind } from '../support/vectors.ts';
import { canary } from '../tools/fixture.ts';
import { cards } from './guard-play.ts';
import {
  allowed,
  call,
  closeMeaning,
  endpoint,
  foundAt,
  type MeaningPlay,
  openMeaning,
  outcomes,
  say,
} from './memory-meaning-play.ts';

const compares = await comparesByKind();

describe.each(databaseKinds)('a run whose agent searches by meaning, on the %s database', (kind) => {
  let opened: OpenedDatabase;
  let server: EmbeddingServer;
  let play: MeaningPlay;

  beforeAll(async () => {
    ({ opened, server, play } = await openMeaning(kind));
  });
  afterAll(() => closeMeaning({ opened, server }));
  beforeEach(() => {
    server.liar = undefined;
    server.before = undefined;
    server.asked.length = 0;
  });

  test('embeds what is kept and what is looked for, or goes by words where the database has no pgvector', async () => {
    await play.begin([
      call('memory_write', { key: 'tea', value: 'Ada likes green tea' }),
      call('memory_write', { key: 'car', value: 'The car is red' }),
      call('memory_search', { query: 'which tea' }),
      say,
    ]);
    const ended = await play.run();
    expect(ended.state).toBe('Succeeded');
    if (!compares[kind]) {
      expect(server.asked).toEqual([]);
      expect(await play.kept()).toMatchObject([
        { key: 'car', embedded_by: null, length: null },
        { key: 'tea', embedded_by: null, length: null },
      ]);
      expect(foundAt(ended, 'talk/3.1')?.map(({ key, foundBy }) => [key, foundBy])).toEqual([['tea', undefined]]);
      return;
    }
    expect(outcomes(ended)).toEqual([
      ['talk/1.1.embed1', 'done'],
      ['talk/1.1', 'done'],
      ['talk/2.1.embed1', 'done'],
      ['talk/2.1', 'done'],
      ['talk/3.1.embed1', 'done'],
      ['talk/3.1', 'done'],
    ]);
    expect(await play.kept()).toMatchObject([
      { key: 'car', embedded_by: 'a', length: 64 },
      { key: 'tea', embedded_by: 'a', length: 64 },
    ]);
    const [first] = foundAt(ended, 'talk/3.1') ?? [];
    expect(first).toMatchObject({ key: 'tea', foundBy: 'meaning' });
    expect(server.asked.map(({ body }) => body.input)).toEqual([
      ['tea\nAda likes green tea'],
      ['car\nThe car is red'],
      ['which tea'],
    ]);
    // Seven tokens at a dollar a million.
    expect(ended.rows.find(({ path, phase }) => path === 'talk/3.1.embed1' && phase === 'result')?.cost).toBe(7);
  });

  if (!compares[kind]) return;

  test('finds by words what another model embedded, and nothing below minScore by meaning', async () => {
    const search = [call('memory_search', { query: 'green tea' }), say];
    await play.begin(search, { by: 'another' });
    expect(foundAt(await play.run(), 'talk/1.1')?.map(({ key, foundBy }) => [key, foundBy])).toEqual([
      ['tea', 'words'],
    ]);
    await play.begin(search, { longTerm: { minScore: 0.5 } });
    expect(foundAt(await play.run(), 'talk/1.1')?.map(({ key }) => key)).toEqual(['tea']);
    await play.begin(search, { longTerm: { minScore: 0.99 } });
    expect(foundAt(await play.run(), 'talk/1.1')).toEqual([]);
  });

  test.each([
    [
      'another length',
      (body: { data: { embedding: number[] }[] }) => void body.data[0]?.embedding.pop(),
      'embedding of 63 numbers',
    ],
    ['one vector less', (body: { data: unknown[] }) => void body.data.pop(), 'asked for 1 embeddings and gave 0'],
    [
      'two of one text',
      (body: { data: unknown[] }) => void body.data.push(body.data[0]),
      'asked for 1 embeddings and gave 2',
    ],
    [
      'a text in a vector',
      (body: { data: { embedding: unknown[] }[] }) => void body.data[0]?.embedding.splice(0, 1, '1'),
      'finite numbers',
    ],
    ['zeros alone', (body: { data: { embedding: number[] }[] }) => void body.data[0]?.embedding.fill(0), 'zeros'],
    ['another model', (body: { model: string }) => void (body.model = 'other'), 'other answered'],
  ])('refuses an answer with %s, and keeps nothing', async (_what, lie, message) => {
    await play.begin([call('memory_write', { key: 'lie', value: 'x' }), say]);
    server.liar = (_asked, answer) => {
      const body = structuredClone(answer);
      lie(body as never);
      return body;
    };
    const ended = await play.run();
    expect(outcomes(ended).at(-1)).toEqual(['talk/1.1', 'memory.not_embedded']);
    const row = ended.rows.find(({ path, phase }) => path === 'talk/1.1.embed1' && phase === 'result');
    expect(JSON.stringify(row?.error)).toContain(message);
    expect(await play.keys()).toEqual(['car', 'tea']);
  });

  test.each([
    ['no rule allows the model', { models: { 'default/model': allowed } }, 'model.not_allowed'],
    [
      'a policy approves of another gateway',
      { gateways: [{ rule: 'AgentPolicy/default/ways', require: [], allow: ['default/other'] }] },
      'gateway.not_allowed',
    ],
    [
      'a budget has nothing left',
      { budgets: [{ id: 'AgentPolicy/default/b#0', scope: 'run', unit: 'usd', limit: 1 }] },
      'budget.exhausted',
    ],
  ] as const satisfies readonly (readonly [string, Partial<SubjectAuthority>, string])[])(
    'asks nobody where %s',
    async (_what, rules, reason) => {
      await play.begin([call('memory_write', { key: 'kept', value: 'x' }), say], {
        rules,
        model: { gateway: { gateway: 'default/out', url: server.url } },
      });
      const ended = await play.run();
      const said = outcomes(ended);
      expect(said.flat()).toContain(reason);
      expect(server.asked).toEqual([]);
      expect(await play.keys()).toEqual(['car', 'tea']);
    },
  );

  test('tries again where the server is away, and embeds a document in requests of 32 parts', async () => {
    const text = Array.from({ length: 40 }, (_none, at) => `Part ${at} ${'word '.repeat(220)}`).join('\n\n');
    await play.begin([call('memory_ingest', { key: 'doc', text }), say]);
    server.statuses.push(503);
    const ended = await play.run();
    expect(outcomes(ended)).toEqual([
      ['talk/1.1.embed1', 'model.unavailable'],
      ['talk/1.1.embed1~2', 'done'],
      ['talk/1.1.embed2', 'done'],
      ['talk/1.1', 'done'],
    ]);
    expect(server.asked.map(({ body }) => body.input.length)).toEqual([32, 32, 8]);
    expect((await play.kept()).filter(({ key, length }) => key === 'doc' && length === 64)).toHaveLength(40);
  }, 30_000);

  test('is no turn of its step: a step of as many answers as it may give keeps and finds as well', async () => {
    const limits = { maxSteps: 3, maxToolCalls: 2, timeoutMs: 60_000 };
    await play.begin([call('memory_search', { query: 'a' }), call('memory_search', { query: 'b' }), say], {
      rules: { limits },
    });
    expect(await play.run()).toMatchObject({ state: 'Succeeded' });
  });

  test('answers from the journal what an earlier worker had embedded', async () => {
    const text = Array.from({ length: 40 }, (_none, at) => `Kept ${at} ${'word '.repeat(220)}`).join('\n\n');
    await play.begin([call('memory_ingest', { key: 'long', text }), say]);
    const { database } = opened;
    const held = new EventEmitter();
    const second = once(held, 'asked');
    server.before = () => {
      if (server.asked.length < 2) return undefined;
      held.emit('asked');
      return server.asked.length === 2 ? once(held, 'let go') : undefined;
    };
    const options = { memories: memoriesOn(database), graceMs: 10 };
    const first = workerOn(database, options);
    await first.start();
    const row = await submit(database, { input: { number: 1 } });
    await second;
    await first.stop();
    held.emit('let go');
    const next = workerOn(database, options);
    await next.start();
    try {
      expect(await until(database, row.id)).toMatchObject({ state: 'Succeeded' });
    } finally {
      await next.stop();
    }
    expect(server.asked.map(({ body }) => body.input.length)).toEqual([32, 8, 8]);
    expect((await play.kept()).filter(({ key }) => key === 'long')).toHaveLength(40);
  }, 30_000);

  test('waits where its model is halted, with nothing asked, and goes on when the halt is lifted', async () => {
    const { database } = opened;
    await play.begin([call('memory_write', { key: 'held', value: 'x' }), say]);
    const scope = { kind: 'model', name: endpoint } as const;
    const order = { environment, scope, reason: 'a leak', by: 'ann', aborts: false, denies: false };
    const { id } = await beginHalt(database, order);
    const worker = workerOn(database, { memories: memoriesOn(database), graceMs: 100 });
    await worker.start();
    try {
      const row = await submit(database, { input: { number: 1 } });
      await until(database, row.id, 'Waiting');
      expect(server.asked).toEqual([]);
      await endHalts(database, { environment, which: { id }, by: 'ann', reason: 'mended' });
      expect(await until(database, row.id)).toMatchObject({ state: 'Succeeded' });
      expect(server.asked).toHaveLength(1);
      expect(await play.keys()).toContain('held');
    } finally {
      await worker.stop();
    }
  }, 30_000);

  test('sends what guards left of a text, and keeps what was written', async () => {
    const guards = { 'default/cards': cards({ mode: ['preCall'], calls: ['model'] }) };
    await play.begin([call('memory_write', { key: 'card', value: 'pays with 41111111' }), say], {
      rules: { guards: Object.keys(guards) },
      guards,
    });
    expect(outcomes(await play.run())).toContainEqual(['talk/1.1', 'done']);
    expect(server.asked.map(({ body }) => body.input)).toEqual([['card\npays with [card]']]);
    expect((await play.kept()).find(({ key }) => key === 'card')?.value).toBe('"pays with 41111111"');
  });

  test('takes no longer than the tool that it is for', async () => {
    await play.begin([call('memory_write', { key: 'slow', value: 'x' }), say], { timeoutMs: 50 });
    server.before = () => new Promise(() => undefined);
    const ended = await play.run();
    expect(outcomes(ended)[0]).toEqual(['talk/1.1.embed1', 'model.timeout']);
    expect(outcomes(ended).at(-1)).toEqual(['talk/1.1', 'memory.not_embedded']);
  }, 30_000);

  test('shows the key of its endpoint nowhere, though the server repeats it', async () => {
    await play.begin([call('memory_write', { key: 'leak', value: 'x' }), say], {
      model: { auth: { secret: 'default/crm', key: 'token' } },
    });
    server.statuses.push(400);
    const ended = await play.run({ secrets: () => Promise.resolve({ kind: 'read', value: canary }) });
    expect(server.asked[0]?.authorization).toBe(`Bearer ${canary}`);
    expect(outcomes(ended).at(-1)).toEqual(['talk/1.1', 'memory.not_embedded']);
    expect(JSON.stringify(ended)).toContain('status 400');
    expect(JSON.stringify(ended)).not.toContain('canary/7f3a');
  });

  test('embeds for a retrieval tool that is a node, in the name of its system', async () => {
    await play.begin([], { looksFor: 'green tea' });
    const ended = await play.run();
    expect(ended).toMatchObject({ state: 'Succeeded' });
    expect(JSON.stringify(ended.output)).toContain('"foundBy":"meaning"');
    expect(server.asked.map(({ body }) => body.input)).toEqual([['green tea']]);
    const [path] = outcomes(ended).find(([at]) => at.includes('.embed')) ?? [];
    expect(path).toMatch(/^talk\/.*\.embed1$/);
  });

  test('finds nothing that is past its time', async () => {
    await play.begin([call('memory_search', { query: 'green tea' }), say]);
    expect(foundAt(await play.run(), 'talk/1.1')?.map(({ key }) => key)).toContain('tea');
    await sql`update memory_entry set expires_at = now()`.execute(opened.database.db);
    expect(foundAt(await play.run(), 'talk/1.1')).toEqual([]);
  });
});
