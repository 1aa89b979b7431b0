import { expect, test } from 'vitest';
import type { ActionsJob } from '../../src/api/actions-identity.ts';
import { actionsPlans } from '../../src/api/actions-plan.ts';
import { readEnvironment } from '../../src/controller/environments.ts';
import { createControlPlane, planCommit } from '../../src/controller/planning.ts';
import { claimEnvironments } from '../../src/store/sync.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { openTestDatabase } from '../support/databases.ts';
import { MemoryMirror, MemoryOrigin } from '../support/memory-repository.ts';
import { silent } from '../support/runs.ts';
import { role, settings } from '../controller/fixture.ts';

test('a job is shown nothing of what is live in an environment that another repository declared first', async () => {
  const { database, close } = await openTestDatabase('embedded');
  const origin = new MemoryOrigin();
  const commit = origin.push({ 'pawl.yaml': settings({ one: {} }), 'one/a.yaml': role('a', 'tool:a:read') });
  const mirror = new MemoryMirror(origin, () => Promise.resolve());
  await mirror.fetch();
  const [owner, other] = ['acme/agents', 'acme/other'].map((name) => createControlPlane(mirror, database, name));
  if (owner === undefined || other === undefined) throw new Error('There are two.');
  await claimEnvironments(database.db, owner.source, ['one']);
  const live = await planCommit(owner, { settings: await readEnvironment(mirror, 'one'), commit });
  await applyAcknowledged(database, live, 'ada');
  const job: ActionsJob = {
    token: 'a-token',
    expiresAt: new Date(),
    commit,
    repository: other.source,
    branch: 'main',
    from: { kind: 'branch', ref: 'main' },
    run: '1',
  };
  expect(await actionsPlans(owner, { job, environments: undefined }, silent)).toMatchObject([{ environment: 'one' }]);
  await expect(actionsPlans(other, { job, environments: undefined }, silent)).rejects.toMatchObject({
    code: 'environment.claimed',
    message: 'The environment one belongs to acme/agents, which declared it first.',
  });
  await close();
});
