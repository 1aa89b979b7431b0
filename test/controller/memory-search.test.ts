import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { besideOf } from '../../src/controller/beside.ts';
import { readEnvironment } from '../../src/controller/environments.ts';
import { planCommit, planWithInputs } from '../../src/controller/planning.ts';
import { renderText } from '../../src/plan/render/text.ts';
import { memoriesOn } from '../../src/memory/memories.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { type OpenedPlane, openPlane } from '../support/control-plane.ts';
import { databaseKinds } from '../support/databases.ts';
import { prepareVectors } from '../../src/store/vector.ts';
import { comparesByKind } from '../support/vectors.ts';
import { submitRun } from '../../src/store/submit.ts';
import { until, workerOn } from '../support/runs.ts';
import { settings } from './fixture.ts';

const manifest = (kind: string, name: string, spec: object) =>
  JSON.stringify({ apiVersion: 'pawl/v1', kind, metadata: { name }, spec });

const turns = [
  { toolCalls: [{ tool: 'memory_write', arguments: { key: 'tea', value: 'Ada likes green tea.' } }] },
  { toolCalls: [{ tool: 'memory_search', arguments: { query: 'green tea' } }] },
  { text: 'Done.' },
];
const scripted = { provider: 'scripted', model: 'script', scriptFile: 'keeper.script.yaml' };
const memory = (longTerm: object) => manifest('Memory', 'notes', { type: 'postgres', longTerm });

const files = {
  'pawl.yaml': settings({ one: {} }),
  'one/model.json': manifest('ModelEndpoint', 'scripted', scripted),
  'one/embed.json': manifest('ModelEndpoint', 'embed', { ...scripted, model: 'words' }),
  'one/keeper.script.yaml': JSON.stringify({ replies: [{ agent: 'keeper', turns }] }),
  'one/memory.json': memory({}),
  'one/agent.json': manifest('Agent', 'keeper', {
    modelRef: 'scripted',
    prompt: 'Keep.',
    memory: { memoryRef: 'notes', allow: ['search', 'write'] },
  }),
  'one/work.json': manifest('AgentSystem', 'work', { graph: { keep: { agentRef: 'keeper' } } }),
};

const compares = await comparesByKind();

describe.each(databaseKinds)('a memory of a repository on %s', (kind) => {
  let { plane, git, close } = {} as OpenedPlane;
  let runs = 0;

  const target = async (commit: string) => ({ settings: await readEnvironment(plane.repository, 'one'), commit });
  const planned = async (longTerm: object) => {
    const commit = await git.commit({ ...files, 'one/memory.json': memory(longTerm) });
    return { commit, plan: await besideOf(plane.database, await planWithInputs(plane, await target(commit))) };
  };
  const apply = async (commit: string) => {
    await applyAcknowledged(plane.database, await planCommit(plane, await target(commit)), 'ada');
  };
  const found = async () => {
    const { database } = plane;
    const worker = workerOn(database, { memories: memoriesOn(database), graceMs: 100 });
    await worker.start();
    try {
      const { id } = await submitRun(database, {
        id: `00000000-0000-7000-8000-00000000000${(runs += 1)}`,
        environment: 'one',
        system: 'default/work',
        input: {},
        submittedBy: 'ada',
      });
      expect(await until(database, id)).toMatchObject({ state: 'Succeeded' });
      const { rows } = await sql<{ body: string }>`
        select body from step where run = ${id} and path = 'keep/2.1' and phase = 'result'`.execute(database.db);
      return JSON.parse(rows[0]?.body ?? 'null') as unknown;
    } finally {
      await worker.stop();
    }
  };

  beforeAll(async () => {
    ({ plane, git, close } = await openPlane(kind));
    // As `pawl migrate` does on a server; the embedded database does it when it first needs it.
    if (kind === 'postgres') await prepareVectors(plane.database);
  });
  afterAll(() => close());

  test('is planned, applied and searched by words, then by meaning where the database can', async () => {
    const byWords = await planned({});
    expect(byWords.plan.beside?.memories).toBeUndefined();
    await apply(byWords.commit);
    expect(await found()).toMatchObject({ entries: [{ key: 'tea' }] });
    const { commit, plan } = await planned({ embeddingRef: 'embed', dimensions: 32, minScore: '0.2' });
    expect(plan.beside?.memories).toEqual([
      { memory: 'default/notes', pgvector: compares[kind] ? 'ready' : 'absent', otherwise: 1 },
    ]);
    expect(renderText(plan, { width: 200, color: false })).toContain(
      compares[kind]
        ? 'Memory/default/notes finds 1 part of entries by words alone until they are written again'
        : 'Memory/default/notes searches by words: the database has no pgvector.',
    );
    await apply(commit);
    expect(await found()).toMatchObject({
      entries: [compares[kind] ? { key: 'tea', foundBy: 'meaning' } : { key: 'tea' }],
    });
    const longer = await planned({ embeddingRef: 'embed', dimensions: 64 });
    expect(longer.plan.beside?.memories).toMatchObject([{ otherwise: 1 }]);
  });
});
