import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { besideOf } from '../../src/controller/beside.ts';
import { readEnvironment } from '../../src/controller/environments.ts';
import { planCommit, planWithInputs } from '../../src/controller/planning.ts';
import { createLog } from '../../src/log.ts';
import type { Plan } from '../../src/plan/change.ts';
import { submitRun } from '../../src/store/submit.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { type OpenedPlane, openPlane } from '../support/control-plane.ts';
import { databaseKinds } from '../support/databases.ts';
import { until, withWorker } from '../support/runs.ts';
import { type Line, settings } from './fixture.ts';

const manifest = (kind: string, name: string, spec: object) =>
  JSON.stringify({ apiVersion: 'pawl/v1', kind, metadata: { name }, spec });

const model = (inputPerMTok: string) =>
  manifest('ModelEndpoint', 'scripted', {
    provider: 'scripted',
    model: 'script',
    parameters: { maxOutputTokens: 64 },
    pricing: { inputPerMTok, outputPerMTok: '2' },
    scriptFile: 'writer.script.yaml',
  });
const script = JSON.stringify({
  replies: [{ agent: 'writer', turns: [{ text: 'Done.', usage: { inputTokens: 1_000, outputTokens: 50 } }] }],
});
const agent = (prompt: string, maxTokens = 10_000) =>
  manifest('Agent', 'writer', { modelRef: 'scripted', prompt, tools: [], roles: [], limits: { maxTokens } });
const system = (name: string) => manifest('AgentSystem', name, { graph: { draft: { agentRef: 'writer' } } });

const files = {
  'pawl.yaml': settings({ one: {} }),
  'one/model.json': model('1'),
  'one/writer.script.yaml': script,
  'one/agent.json': agent('Be brief.'),
  'one/work.json': system('work'),
  'one/idle.json': system('idle'),
};

describe.each(databaseKinds)('beside a plan on %s', (kind) => {
  let { plane, git, close } = {} as OpenedPlane;
  const lines: Line[] = [];
  const log = createLog('warn', { write: (line: string) => void lines.push(JSON.parse(line) as Line) });

  const target = async (commit: string) => ({ settings: await readEnvironment(plane.repository, 'one'), commit });
  const look = async (changed: Readonly<Record<string, string | undefined>>, options = {}): Promise<Plan> => {
    const commit = await git.commit(changed);
    return besideOf(plane.database, await planWithInputs(plane, await target(commit)), { log, ...options });
  };
  const submit = (id: number, name: string) =>
    submitRun(plane.database, {
      id: `00000000-0000-7000-8000-00000000000${id}`,
      environment: 'one',
      system: `default/${name}`,
      input: {},
      submittedBy: 'ada',
    });

  beforeAll(async () => {
    ({ plane, git, close } = await openPlane(kind));
    const commit = await git.commit(files);
    await applyAcknowledged(plane.database, await planCommit(plane, await target(commit)), 'ada');
    await withWorker(plane.database, async () => {
      for (const id of [1, 2, 3]) await until(plane.database, (await submit(id, 'work')).id);
    });
    for (const id of [4, 5]) await submit(id, 'work');
  });
  afterAll(() => close());

  test('impact counts the runs that have not ended, and says what each change means to them', async () => {
    const { beside } = await look({ ...files, 'one/agent.json': agent('Be very brief.', 5_000) });
    expect(beside?.impact?.systems).toEqual(['AgentSystem/default/idle', 'AgentSystem/default/work']);
    expect(beside?.impact?.runs).toEqual([
      {
        system: 'default/work',
        inFlight: 2,
        oldest: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        revisions: { oldest: 1, newest: 1 },
        notices: [
          { address: 'Agent/default/writer', fields: ['spec.limits.maxTokens'], reaches: 'nextCall' },
          { address: 'Agent/default/writer', fields: ['spec.prompt'], reaches: 'pinned' },
        ],
      },
    ]);
  });

  test('the budget goes by what recorded runs used, at the prices of each side', async () => {
    const { beside } = await look({ ...files, 'one/model.json': model('3') });
    expect(beside?.budget).toMatchObject([
      { system: 'default/idle', ceiling: { before: 20_000, after: 30_000 }, expectedLacks: { after: ['no history'] } },
      {
        system: 'default/work',
        ceiling: { before: 20_000, after: 30_000 },
        expected: { before: 3 * 1_100, after: 3 * 3_100 },
        runs: 3,
        days: 1,
      },
    ]);
  });

  test('runs that ended more than a month before are no history', async () => {
    const now = new Date(Date.now() + 40 * 86_400_000);
    const { beside } = await look({ ...files, 'one/model.json': model('4') }, { now });
    expect(beside?.budget?.map(({ expectedLacks }) => expectedLacks.after)).toEqual([['no history'], ['no history']]);
  });

  test('what varies by the hour is outside the digest', async () => {
    const commit = await git.commit({ ...files, 'one/agent.json': agent('Be kind.') });
    const planned = await planWithInputs(plane, await target(commit));
    const [early, late] = [new Date('2020-01-01'), new Date('2030-01-01')];
    const [a, b] = [
      await besideOf(plane.database, planned, { now: early }),
      await besideOf(plane.database, planned, { now: late }),
    ];
    expect([a.digest, b.digest]).toEqual([planned.plan.digest, planned.plan.digest]);
  });

  test('a member that cannot be read is left out, logged, and fails nothing', async () => {
    const commit = await git.commit({ ...files, 'one/agent.json': agent('Be sure.') });
    const planned = await planWithInputs(plane, await target(commit));
    const { db } = plane.database;
    await db.schema.alterTable('run').renameColumn('created_at', 'made_at').execute();
    try {
      const { beside, digest } = await besideOf(plane.database, planned, { log });
      expect([beside?.impact, beside?.budget?.length, digest]).toEqual([undefined, 2, planned.plan.digest]);
      expect(lines.filter(({ member }) => member === 'impact')).toMatchObject([{ environment: 'one' }]);
    } finally {
      await db.schema.alterTable('run').renameColumn('made_at', 'created_at').execute();
    }
  });

  test('nothing is looked at beside a plan that is refused', async () => {
    const refused = await look({ ...files, 'one/agent.json': agent('Hi.').replace('scripted', 'nobody') });
    expect(refused.beside).toBeUndefined();
  });
});
