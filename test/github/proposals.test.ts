import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createLocalOperations } from '../../src/api/local.ts';
import { localPerson } from '../../src/policy/person.ts';
import { readEnvironment } from '../../src/store/environment.ts';
import { listEvents } from '../../src/store/event.ts';
import { readQuarantine } from '../../src/store/quarantine.ts';
import { role } from '../controller/fixture.ts';
import { type Forge, openForge } from './proposal-fixture.ts';

// Each round is a dozen requests, and Git answers every one of them as a process of its own.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let forge: Forge;
beforeAll(async () => {
  forge = await openForge();
});
afterAll(() => forge.close());

function pawlYaml(...names: readonly string[]): string {
  const entries = names.map((name) => `  - { name: ${name}, branch: main, paths: [${name}], apply: auto }\n`);
  return `apiVersion: pawl/v1\nenvironments:\n${entries.join('')}`;
}

/** Changes a row past Git, as a hand in the database would. */
async function edit(environment: string, value: string): Promise<void> {
  const pattern = 'tool:[a-z]+:read';
  await sql`update resource set body = regexp_replace(body::text, ${pattern}, ${`tool:${value}:read`})::jsonb
    where environment = ${environment} and name = 'a'`.execute(forge.database.db);
}

const good = `# Who may read.\n${role('a', 'tool:a:read')}`;
const bad = good.replace('read', 'write').replace('"tool:a:read"', '"tool:a:write"');

test('a rollback is followed by one pull request that takes the bad merge back, and merging it releases the pin', async () => {
  const team = await forge.begin({ 'pawl.yaml': pawlYaml('loop'), 'loop/a.yaml': good, 'loop/k.yaml': role('k') });
  await team.live('loop');
  await team.push({ 'loop/a.yaml': bad, 'loop/b.yaml': role('b', 'tool:b:read') });
  await team.live('loop');
  await team.rollBack('loop', 1);
  await team.push({ 'loop/k.yaml': role('k', 'tool:k:read') });

  await team.round();
  await team.round();
  const [pull, ...others] = team.pulls();
  expect(others).toEqual([]);
  expect(pull).toMatchObject({ title: 'Revert loop to revision 1: 2 resources', user: forge.github.app.login });
  expect(pull?.body).toContain('rolled back to revision 1 by `on-call`');
  expect(pull?.body).toContain('it wrote too much');
  const branch = pull?.head.branch ?? '';
  expect(branch).toMatch(/^pawl\/revert\/loop-[0-9a-f]{10}$/);
  expect(`${await team.read(branch, 'loop/a.yaml')}\n`).toBe(good);
  await expect(team.read(branch, 'loop/b.yaml')).rejects.toThrow();
  expect(await team.read(branch, 'loop/k.yaml')).toContain('tool:k:read');

  await forge.github.people.merge(team.name, pull?.number ?? 0, { method: 'squash', as: 'ann' });
  const plan = await team.live('loop');
  expect(plan.quarantined ?? []).toEqual([]);
  expect(await readQuarantine(forge.database.db, 'loop')).toEqual([]);
  expect((await readEnvironment(forge.database.db, 'loop'))?.pin).toBeNull();
  await team.round();
  expect(await team.rows('loop')).toMatchObject([{ state: 'merged', kind: 'revert', number: pull?.number }]);
  await team.round();
  expect(team.pulls()).toHaveLength(1);
});

test('a revert goes when the quarantine is lifted, with a sentence and without its branch', async () => {
  const team = await forge.begin({ 'pawl.yaml': pawlYaml('lift'), 'lift/a.yaml': good });
  await team.live('lift');
  await team.push({ 'lift/a.yaml': bad });
  await team.live('lift');
  await team.rollBack('lift', 1);
  await team.round();
  const [pull] = team.pulls();
  const { liftQuarantine } = await import('../../src/controller/rollback.ts');
  await liftQuarantine(team.plane, { environment: 'lift', by: 'ann', reason: 'it is meant' });
  await team.round();
  expect(team.pulls()).toMatchObject([{ state: 'closed' }]);
  const comments = [...forge.github.state(team.name).comments.values()].map(({ body }) => body);
  expect(comments).toEqual([expect.stringContaining('Nothing is in quarantine any more.')]);
  await expect(team.read(pull?.head.branch ?? '', 'pawl.yaml')).rejects.toThrow();
  expect(await team.rows('lift')).toMatchObject([{ state: 'closed', reason: 'Nothing is in quarantine any more.' }]);
});

test('a rollback that wants no pull request gets none', async () => {
  const team = await forge.begin({ 'pawl.yaml': pawlYaml('quiet'), 'quiet/a.yaml': good });
  await team.live('quiet');
  await team.push({ 'quiet/a.yaml': bad });
  await team.live('quiet');
  await team.rollBack('quiet', 1, { pullRequest: false });
  await team.round();
  expect(team.pulls()).toEqual([]);
});

test('drift becomes a pull request that says who, is updated in place, and goes when the drift does', async () => {
  const team = await forge.begin({ 'pawl.yaml': pawlYaml('drift'), 'drift/a.yaml': role('a', 'tool:one:read') });
  await team.live('drift');
  await edit('drift', 'two');
  const nowhere = { branchProtection: () => Promise.reject(new Error('nobody asks for it')) };
  const plane = { ...team.plane, forge: { ...nowhere, name: () => team.name } };
  const asking = createLocalOperations({
    plane,
    person: { ...localPerson('ann'), name: 'user:ann' },
    workingCopy: undefined,
    close: () => Promise.resolve(),
  });
  await asking.propose({ kind: 'accept-drift', environment: 'drift', addresses: [], overManifest: false });
  const [event] = await listEvents(forge.database.db, 'drift', 1);
  expect(event).toMatchObject({ actor: 'user:ann', action: 'proposal.ask', detail: { kind: 'accept-drift' } });
  await team.round();
  const [pull] = team.pulls();
  expect(pull).toMatchObject({ title: 'Accept drift of drift: 1 resource' });
  expect(pull?.body).toContain('`AgentRole/default/a`');
  expect(pull?.body).toContain('Opened by pawl for `user:ann`.');
  const branch = pull?.head.branch ?? '';
  expect(await team.read(branch, 'drift/a.yaml')).toContain('two');
  const first = await forge.github.git(team.name, 'rev-parse', branch);

  await team.push({ 'README.md': 'Elsewhere.\n' });
  await team.round();
  expect(await forge.github.git(team.name, 'rev-parse', branch)).toBe(first);
  await edit('drift', 'three');
  await team.round();
  expect(await team.read(branch, 'drift/a.yaml')).toContain('three');
  expect(team.pulls()).toHaveLength(1);

  await edit('drift', 'one');
  await team.round();
  expect(team.pulls()).toMatchObject([{ state: 'closed' }]);
});

test('a branch that somebody else pushed to is left alone, and a comment says so once', async () => {
  const team = await forge.begin({ 'pawl.yaml': pawlYaml('other'), 'other/a.yaml': role('a', 'tool:one:read') });
  await team.live('other');
  await edit('other', 'two');
  await team.want({ kind: 'accept-drift', environment: 'other', addresses: [], overManifest: false });
  await team.round();
  const branch = team.pulls()[0]?.head.branch ?? '';
  const theirs = await team.push({ 'other/a.yaml': role('a', 'tool:theirs:read') }, branch);
  await edit('other', 'three');
  await team.round();
  await team.round();
  expect(await forge.github.git(team.name, 'rev-parse', branch)).toBe(theirs);
  expect(forge.github.state(team.name).comments.size).toBe(1);
});

test('what a person closed is not opened again until it says something else', async () => {
  const team = await forge.begin({ 'pawl.yaml': pawlYaml('closed'), 'closed/a.yaml': role('a', 'tool:one:read') });
  const request = { kind: 'accept-drift', environment: 'closed', addresses: [], overManifest: false } as const;
  await team.live('closed');
  await edit('closed', 'two');
  await team.want(request);
  await team.round();
  await forge.github.people.close(team.name, 1, 'ann');
  await team.round();
  await team.want(request);
  await team.round();
  expect(team.pulls()).toHaveLength(1);
  expect(await team.rows('closed')).toMatchObject([{ state: 'closed', reason: 'Somebody closed the same before.' }]);
  await edit('closed', 'three');
  await team.want(request);
  await team.round();
  expect(team.pulls().map(({ state }) => state)).toEqual(['closed', 'open']);
});

test('a crash at any request leaves one branch and one pull request', async () => {
  const team = await forge.begin({ 'pawl.yaml': pawlYaml('crash'), 'crash/a.yaml': role('a', 'tool:one:read') });
  await team.live('crash');
  await edit('crash', 'two');
  await team.want({ kind: 'accept-drift', environment: 'crash', addresses: [], overManifest: false });
  let rounds = 0;
  for (let dead = 1; dead <= 30 && rounds === 0; dead += 1) {
    const isWhole = await dyingAt(team, dead);
    if (isWhole) rounds = dead;
  }
  expect(rounds).toBeGreaterThan(2);
  await team.round();
  expect(team.pulls()).toMatchObject([{ state: 'open' }]);
  const refs = await forge.github.git(team.name, 'for-each-ref', '--format=%(refname)', 'refs/heads');
  expect(refs.split('\n')).toHaveLength(2);
});

/** A round in a process that dies at its nth write of rows; true: it came to its end before. */
async function dyingAt(team: Awaited<ReturnType<Forge['begin']>>, nth: number): Promise<boolean> {
  const { database } = team.plane;
  let writes = 0;
  const db = new Proxy(database.db, {
    get(target, name) {
      if (name === 'updateTable') {
        writes += 1;
        if (writes === nth) throw new Error('the process died');
      }
      const value = Reflect.get(target, name) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const plane = { ...team.plane, database: { ...database, db } };
  return await team.round({ plane }).then(
    () => true,
    () => false,
  );
}
