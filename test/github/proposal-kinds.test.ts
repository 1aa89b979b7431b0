import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Health } from '../../src/controller/health.ts';
import { createLog } from '../../src/log.ts';
import { readConditions } from '../../src/store/condition.ts';
import { recordVerdict } from '../../src/store/health.ts';
import { listRevisions } from '../../src/store/revision.ts';
import { claimEnvironments } from '../../src/store/sync.ts';
import { sound } from '../support/small-repository.ts';
import { type Forge, openForge, type Team } from './proposal-fixture.ts';

// Each round is a dozen requests, and Git answers every one of them as a process of its own.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let forge: Forge;
beforeAll(async () => {
  forge = await openForge();
});
afterAll(() => forge.close());

const head = (kind: string, name: string): string =>
  `apiVersion: pawl/v1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;
const tool = (name: string): string =>
  `${head('Tool', name)}spec: { description: One., type: builtin, operation: read, builtin: { name: echo }, inputSchema: { type: object } }\n`;

/** Runs of what is live that ended just now, and a call of the tool in each. */
async function end(environment: string, state: 'Succeeded' | 'Failed', called?: string): Promise<void> {
  const { db } = forge.database;
  const error = state === 'Failed' ? JSON.stringify({ code: 'tool.failed', message: '' }) : null;
  await sql`insert into run (id, environment, namespace, system, revision, bundle, state, submitted_by, input, error, ended_at)
    select gen_random_uuid(), e.name, 'default', b.system, e.revision, b.digest, ${state}, 'person-' || n % 3, '{}',
      ${error}::json, clock_timestamp()
    from environment e join bundle_history b on b.environment = e.name and b.to_revision is null,
      generate_series(1, 40) n where e.name = ${environment}`.execute(db);
  if (called === undefined) return;
  for (const [path, kind, target] of [
    ['work/1', 'model', 'default/small'],
    ['work/1.1', 'tool', called],
    ['work/2', 'model', 'default/small'],
  ]) {
    for (const phase of ['intent', 'result']) {
      await sql`insert into step (run, path, phase, node, kind, target, fence, outcome, tokens_in)
        select id, ${path}, ${phase}, 'work', ${kind}, ${target}, 1, ${phase === 'result' ? 'done' : null}, 10
        from run where environment = ${environment}`.execute(db);
    }
  }
}

async function only(team: Team) {
  await team.round();
  const [pull, ...others] = team.pulls();
  expect(others).toEqual([]);
  return pull ?? expect.unreachable();
}

test('what is granted and unused becomes a pull request with the use that says so, and goes when it is used', async () => {
  const desk = {
    'pawl.yaml': 'apiVersion: pawl/v1\nenvironments: [{ name: desk, branch: main, paths: [desk] }]\n',
    'desk/model.yaml': `${head('ModelEndpoint', 'small')}spec: { provider: openaiCompatible, model: m, baseUrl: https://models.example }\n`,
    'desk/tools.yaml': [tool('search'), tool('mail')].join('---\n'),
    'desk/writer.yaml': `# Who writes.\n${head('Agent', 'writer')}spec:\n  modelRef: small\n  prompt: Write.\n  tools:\n    - toolRef: search # reads\n    - toolRef: mail\n  roles: [clerk]\n`,
    'desk/role.yaml': `${head('AgentRole', 'clerk')}spec:\n  permissions:\n    - tool:search:read\n    - tool:mail:read\n`,
    'desk/system.yaml': `${head('AgentSystem', 'desk')}spec: { graph: { work: { agentRef: writer } } }\n`,
  };
  const team = await forge.begin(desk);
  await team.live('desk');
  await end('desk', 'Succeeded', 'default/search');
  const { db } = forge.database;
  await sql`alter table revision disable trigger user`.execute(db);
  await sql`update revision set applied_at = now() - interval '90 days' where environment = 'desk'`.execute(db);
  await sql`alter table revision enable trigger user`.execute(db);
  await team.want({ kind: 'tighten', environment: 'desk', days: 30 });
  const pull = await only(team);
  expect(pull.title).toBe('Tighten desk: 2 resources');
  expect(pull.body).toContain('40 runs of `desk` in 30 days used less than is granted.');
  expect(pull.body).toContain('no call of it in 30 days');
  const { branch } = pull.head;
  expect(branch).toMatch(/^pawl\/tighten\/desk-/);
  expect(await team.read(branch, 'desk/writer.yaml')).toContain('- toolRef: search # reads');
  expect(await team.read(branch, 'desk/writer.yaml')).not.toContain('mail');
  expect(await team.read(branch, 'desk/role.yaml')).not.toContain('tool:mail:read');
  await forge.github.people.merge(team.name, pull.number, { method: 'squash', as: 'ann' });
  const plan = await team.live('desk');
  expect(plan.risks.filter(({ gate }) => gate === 'ack')).toEqual([]);
  await team.round();
  expect(await team.rows('desk')).toMatchObject([{ kind: 'tighten', state: 'merged', number: pull.number }]);
});

test('a promotion from one branch to another is a pull request into the other, and is pointless once it is merged', async () => {
  const yaml = `apiVersion: pawl/v1
environments:
  - { name: staging, branch: main, paths: [agents] }
  - { name: prod, branch: release, paths: [agents] }
`;
  const team = await forge.begin({ ...sound, 'pawl.yaml': yaml });
  const first = await forge.github.git(team.name, 'rev-parse', 'main');
  await forge.github.people.pushCommit(team.name, 'release', { commit: first });
  await team.live('staging');
  await team.live('prod');
  const clerk = (sound['agents/clerk.yaml'] ?? '').replace('Be kind.', 'Be brief.');
  await team.push({ 'agents/clerk.yaml': clerk, 'README.md': 'Not of any path.\n' });
  await team.live('staging');
  await end('staging', 'Succeeded');
  const wish = { kind: 'promote', environment: 'prod', from: 'staging', only: [], withoutProof: false } as const;
  await team.want({ ...wish, revision: 2 });
  const pull = await only(team);
  expect(pull).toMatchObject({ base: { branch: 'release' } });
  expect(pull.body).toContain('| `default/desk` | 40 | 40 (100 %) | 0 |');
  expect(`${await team.read(pull.head.branch, 'agents/clerk.yaml')}\n`).toBe(clerk);
  const changed = await forge.github.git(team.name, 'diff', '--name-only', 'release', pull.head.branch);
  expect(changed).toBe('agents/clerk.yaml');
  await forge.github.people.merge(team.name, pull.number, { method: 'merge', as: 'ann' });
  const plan = await team.live('prod');
  expect(plan.changes.map(({ address, action }) => [address, action])).toContainEqual([
    'Agent/default/clerk',
    'update',
  ]);
  await team.want({ ...wish, revision: 2 });
  await team.round();
  expect(team.pulls()).toHaveLength(1);
});

test('a rollback that pawl made by itself is followed by a pull request that says what failed', async () => {
  const yaml =
    'apiVersion: pawl/v1\nenvironments: [{ name: auto, branch: main, paths: [agents], apply: auto, health: { minRuns: 6, onFailure: rollback } }]\n';
  const team = await forge.begin({ ...sound, 'pawl.yaml': yaml });
  await team.live('auto');
  // A controller looks after it.
  await claimEnvironments(forge.database.db, team.plane.source, ['auto']);
  const verdict = { environment: 'auto', revision: 1, message: '', rollback: 'none', verdict: 'healthy' } as const;
  await recordVerdict(forge.database.db, verdict);
  await team.push({ 'agents/clerk.yaml': (sound['agents/clerk.yaml'] ?? '').replace('Be kind.', 'Be rude.') });
  await team.live('auto');
  await end('auto', 'Failed');
  const health = new Health({ plane: team.plane, actor: 'controller', log: createLog('silent') });
  await health.tick();
  const [healthy] = ((await readConditions(forge.database.db, ['auto'])).get('auto') ?? []).slice(-1);
  expect(`${healthy?.type} ${healthy?.reason} ${healthy?.message}`).toContain('40 of 40 runs failed');
  expect((await listRevisions(forge.database.db, 'auto', { limit: 9 })).map(({ applied_by: by }) => by)).toEqual([
    'controller',
    'ann',
    'ann',
  ]);
  const pull = await only(team);
  expect(pull.title).toBe('Revert auto to revision 1: 1 resource');
  expect(pull.body).toContain('rolled back to revision 1 by `controller`');
  expect(pull.body).toContain('40 of 40 runs failed');
  expect(`${await team.read(pull.head.branch, 'agents/clerk.yaml')}\n`).toBe(sound['agents/clerk.yaml']);
});
