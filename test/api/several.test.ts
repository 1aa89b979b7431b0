import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLocalOperations } from '../../src/api/local.ts';
import type { Operations } from '../../src/api/operations.ts';
import { operationsOfSeveral } from '../../src/api/several.ts';
import { Controller } from '../../src/controller/controller.ts';
import { type ControlPlane, createControlPlane } from '../../src/controller/planning.ts';
import { localPerson } from '../../src/policy/person.ts';
import { acknowledgeAll } from '../support/apply-acknowledged.ts';
import { type OpenedDatabase, openTestDatabase } from '../support/databases.ts';
import { MemoryMirror, MemoryOrigin } from '../support/memory-repository.ts';
import { silent } from '../support/runs.ts';

let opened: OpenedDatabase;
let planes: readonly (ControlPlane & { readonly repository: MemoryMirror })[];
let operations: Operations;
let closed = 0;

/** A repository that declares these environments. */
async function planeOf(name: string, environments: readonly string[]) {
  const entries = environments.map((one) => `  - { name: ${one}, branch: main, paths: [agents] }\n`);
  const role = `apiVersion: pawl/v1\nkind: AgentRole\nmetadata: { name: of-${name} }\nspec: { permissions: ["tool:a:read"] }\n`;
  const origin = new MemoryOrigin();
  origin.push({
    'pawl.yaml': `apiVersion: pawl/v1\nenvironments:\n${entries.join('')}`,
    'agents/role.yaml': role,
  });
  const repository = new MemoryMirror(origin, () => Promise.resolve());
  await repository.fetch();
  return { ...createControlPlane(repository, opened.database, `git.example/acme/${name}`), repository };
}

async function tick(plane: ControlPlane): Promise<void> {
  await new Controller({ plane, actor: 'controller', log: silent }).tick();
}

beforeAll(async () => {
  opened = await openTestDatabase('embedded');
  planes = [await planeOf('left', ['one', 'shared']), await planeOf('right', ['two', 'shared'])];
  operations = operationsOfSeveral(
    planes.map((plane) => {
      const close = async (): Promise<void> => void (closed += 1);
      const person = localPerson('ada');
      return { plane, operations: createLocalOperations({ plane, person, workingCopy: undefined, close }) };
    }),
  );
});
afterAll(() => opened.close());

test('what names an environment goes to the repository that declares it, whether a controller has looked or not', async () => {
  expect((await operations.environments()).map(({ name }) => name)).toEqual(['one', 'shared', 'two', 'shared']);
  const addresses = async (environment: string) =>
    (await operations.plan({ environment })).changes.map(({ address }) => address);
  expect(await addresses('two')).toEqual(['AgentRole/default/of-right']);
  for (const plane of planes) {
    const [own = ''] = plane === planes[0] ? ['one'] : ['two'];
    await acknowledgeAll(plane, own);
    await tick(plane);
  }
  expect(await addresses('one')).toEqual([]);
  expect((await operations.get({ environment: 'two' })).map(({ address }) => address)).toEqual([
    'AgentRole/default/of-right',
  ]);
  await expect(operations.plan({ environment: 'three' })).rejects.toThrow('declares no environment "three"');
});

test('each environment has one status, its owner’s, and another repository takes one over', async () => {
  const seen = async () => (await operations.status()).map(({ environment, revision }) => `${environment} ${revision}`);
  expect(await seen()).toEqual(['one 1', 'shared 0', 'two 1']);
  expect((await operations.syncState('shared')).repository).toBe('git.example/acme/left');
  const right = planes[1] ?? expect.unreachable();
  const claimant = createLocalOperations({
    plane: right,
    person: localPerson('ada'),
    workingCopy: undefined,
    close: () => Promise.resolve(),
  });
  const { held, digest, target } = await claimant.plan({ environment: 'shared' });
  const message = 'The environment shared belongs to git.example/acme/left, which declared it first.';
  expect(held).toEqual({ code: 'environment.claimed', message });
  const wish = { environment: 'shared', commit: target.commit, planDigest: digest };
  await expect(claimant.apply(wish)).rejects.toThrow(message);
  expect((await operations.claimSync('shared')).repository).toBe('git.example/acme/right');
  await acknowledgeAll(right, 'shared');
  await tick(right);
  expect(await seen()).toEqual(['one 1', 'shared 1', 'two 1']);
  expect((await operations.get({ environment: 'shared' })).map(({ address }) => address)).toEqual([
    'AgentRole/default/of-right',
  ]);
  expect((await operations.claimSync('shared')).repository).toBe('git.example/acme/left');
});

test('a repository that is away hides nothing of the others, and what is about no environment needs none', async () => {
  const [left] = planes;
  if (left === undefined) expect.unreachable();
  left.repository.isAway = true;
  await expect(operations.plan({ environment: 'one' })).rejects.toMatchObject({ code: 'git.unreachable' });
  expect((await operations.plan({ environment: 'two' })).changes).toEqual([]);
  expect(await operations.workers()).toEqual([]);
  await expect(operations.run('01930000-0000-7000-8000-000000000001')).rejects.toMatchObject({ code: 'run.unknown' });
  await operations.close();
  expect(closed).toBe(2);
});
