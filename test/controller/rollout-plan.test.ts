import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { besideOf } from '../../src/controller/beside.ts';
import { readEnvironment } from '../../src/controller/environments.ts';
import { planWithInputs } from '../../src/controller/planning.ts';
import { planRollback, rollBack } from '../../src/controller/rollback.ts';
import type { Plan } from '../../src/plan/change.ts';
import { orderRollout } from '../../src/run/rollouts.ts';
import { listRollouts } from '../../src/store/rollout.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { type OpenedPlane, openPlane } from '../support/control-plane.ts';
import { databaseKinds } from '../support/databases.ts';
import { role, settings } from './fixture.ts';

const manifest = (kind: string, name: string, spec: object) =>
  JSON.stringify({ apiVersion: 'pawl/v1', kind, metadata: { name }, spec });
const parameters = { maxOutputTokens: 64 };
const rollout = { strategy: 'canary', steps: [{ weight: 10 }, { weight: 100 }] };
const agent = (prompt: string) =>
  manifest('Agent', 'writer', { modelRef: 'scripted', prompt, tools: [], roles: [], limits: { maxTokens: 1_000 } });

const work = (spec: object) => manifest('AgentSystem', 'work', { graph: { draft: { agentRef: 'writer' } }, ...spec });

const files = {
  'pawl.yaml': settings({ one: {} }),
  'one/model.json': manifest('ModelEndpoint', 'scripted', {
    provider: 'scripted',
    model: 'script',
    scriptFile: 'writer.script.yaml',
    parameters,
  }),
  'one/writer.script.yaml': JSON.stringify({ replies: [{ agent: 'writer', turns: [{ text: 'Done.' }] }] }),
  'one/work.json': work({ rollout }),
};

describe.each(databaseKinds)('what a plan says of rollouts, on %s,', (kind) => {
  let { plane, git, close } = {} as OpenedPlane;

  beforeAll(async () => {
    ({ plane, git, close } = await openPlane(kind));
  });
  afterAll(() => close());

  const toldBy = ({ beside }: Plan) =>
    beside?.impact?.rollouts?.map(({ system, fate, reason, replaces }) =>
      [fate, system, reason, replaces === true ? 'in its place' : undefined]
        .filter((word) => word !== undefined)
        .join(' '),
    ) ?? [];

  /** The state of the system's rollout, and the revision that it leads to. */
  async function standing() {
    const [row] = await listRollouts(plane.database.db, 'one');
    return row && [row.state, row.to.revision];
  }

  async function merge(changed: Readonly<Record<string, string>>) {
    const commit = await git.commit(changed);
    const one = { settings: await readEnvironment(plane.repository, 'one'), commit };
    const planned = await planWithInputs(plane, one);
    const told = toldBy(await besideOf(plane.database, planned));
    await applyAcknowledged(plane.database, planned.plan, 'ada');
    return { told, revert: planned.plan.revert, standing: await standing() };
  }

  test('is what apply does, of reverts and of rollbacks too', async () => {
    const begun = ['added AgentSystem/default/work'];
    const reverts = ['removed AgentSystem/default/work reverted'];
    expect(await merge({ ...files, 'one/agent.json': agent('A.') })).toMatchObject({ told: [], standing: undefined });
    expect(await merge({ 'one/agent.json': agent('B.') })).toMatchObject({ told: begun, standing: ['progressing', 2] });
    // What brings back the side that it began from ends it: the whole commit, or with something else beside it.
    expect(await merge({ 'one/agent.json': agent('A.') })).toMatchObject({ told: reverts, standing: ['reverted', 2] });
    expect(await merge({ 'one/agent.json': agent('B.') })).toMatchObject({ told: begun, standing: ['progressing', 4] });
    const both = { 'one/agent.json': agent('A.'), 'one/role.yaml': role('reader', 'tool:a:read') };
    expect(await merge(both)).toMatchObject({ told: reverts, standing: ['reverted', 4] });

    expect(await merge({ 'one/agent.json': agent('B.') })).toMatchObject({ told: begun, standing: ['progressing', 6] });
    const order = {
      environment: 'one',
      system: 'work',
      action: 'promote',
      full: true,
      reason: '',
      actor: 'ada',
    } as const;
    await orderRollout(plane.database, order);
    // A revert that is merged once all runs see the change is a change like any other.
    const reverted = await merge({ 'one/agent.json': agent('A.') });
    expect(reverted).toMatchObject({ told: begun, standing: ['progressing', 7], revert: { returned: 1, of: 1 } });

    await orderRollout(plane.database, order);
    const { plan } = await planRollback(plane, { environment: 'one', revision: 6 });
    expect([plan.bundles.length, toldBy(plan)]).toEqual([1, []]);
    const acknowledge = plan.risks.filter(({ gate }) => gate === 'ack').map(({ id }) => id);
    const asked = { environment: 'one', revision: 6, planDigest: plan.digest, runs: 'finish', reason: 'test' } as const;
    expect(await rollBack(plane, { ...asked, by: 'ada', acknowledge })).toMatchObject({ revision: 8 });
    expect(await standing()).toEqual(['done', 7]);
  });

  test('is what apply does of what goes on, is replaced, and ends without another change', async () => {
    const at = 'AgentSystem/default/work';
    await merge({ 'one/work.json': work({ rollout }), 'one/agent.json': agent('C.') });
    expect(await merge({ 'one/agent.json': agent('D.') })).toMatchObject({ told: [`added ${at} in its place`] });
    const steps = [{ weight: 20 }, { weight: 100 }];
    const slower = await merge({ 'one/work.json': work({ rollout: { strategy: 'canary', steps } }) });
    expect(slower).toMatchObject({ told: [`kept ${at}`], standing: ['progressing', 10] });
    expect(await listRollouts(plane.database.db, 'one')).toMatchObject([{ weight: 20 }]);
    const over = await merge({ 'one/work.json': work({}) });
    expect(over).toMatchObject({ told: [`removed ${at} undeclared`], standing: ['superseded', 10] });
  });
});
