import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEnvironment } from '../../src/controller/environments.ts';
import { type ControlPlane, createControlPlane, planCommit } from '../../src/controller/planning.ts';
import { type ProposalContent, proposalBranch, proposed } from '../../src/controller/proposal.ts';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { role } from './fixture.ts';

const settings = `apiVersion: pawl/v1
environments:
  - { name: staging, branch: main, paths: [base, staging] }
  - { name: prod, branch: main, paths: [base, prod] }
`;

const agent = (name: string, prompt: string): string =>
  `# ${name} answers.\napiVersion: pawl/v1\nkind: Agent\nmetadata: { name: ${name} }\nspec:\n  modelRef: small\n  ${prompt}\n  roles: []\n`;

const model = `apiVersion: pawl/v1
kind: ModelEndpoint
metadata: { name: small }
spec: { provider: openaiCompatible, model: small-1, baseUrl: https://models.example.com/v1 }
`;

const system = `apiVersion: pawl/v1
kind: AgentSystem
metadata: { name: work }
spec:
  graph:
    write: { agentRef: writer }
`;

let opened: OpenedDatabase;
let git: TestRepository;
let repository: Repository;
let plane: ControlPlane;

beforeAll(async () => {
  [opened, git] = [await openTestDatabase('embedded'), await createRepository()];
  await git.commit({
    'pawl.yaml': settings,
    'base/model.yaml': model,
    'staging/agents/writer.yaml': agent('writer', 'promptFile: ../prompts/writer.md'),
    'staging/prompts/writer.md': 'Write well.\n',
    'staging/system.yaml': system,
    'staging/patch.yaml':
      'apiVersion: pawl/v1\nkind: ModelEndpoint\nmetadata: { name: small, annotations: { pawl/patch: merge } }\nspec: { model: cheap-1 }\n',
    'prod/own.yaml': role('own'),
    'prod/patch.yaml':
      'apiVersion: pawl/v1\nkind: ModelEndpoint\nmetadata: { name: small, annotations: { pawl/patch: merge } }\nspec: { model: dear-1 }\n',
  });
  repository = await openRepository({ path: git.path, surroundings: { path: process.env['PATH'] ?? '' } });
  plane = createControlPlane(repository, opened.database);
  await live('staging');
  await live('prod');
});
afterAll(async () => {
  await repository.close();
  await opened.close();
  await git.remove();
});

async function live(environment: string): Promise<void> {
  const of = await readEnvironment(repository, environment);
  const plan = await planCommit(plane, { settings: of, commit: await repository.resolve(of.branch) });
  await applyAcknowledged(opened.database, plan, 'ann');
}

const request = { kind: 'promote', environment: 'prod', from: 'staging', only: [], revision: 1 } as const;

async function promoted(more: { only?: readonly string[]; withoutProof?: boolean } = {}): Promise<ProposalContent> {
  const found = await proposed(plane, { ...request, withoutProof: false, ...more });
  if (found.kind === 'pointless') throw new Error(found.because);
  return found.content;
}

async function recordRun(state: 'Succeeded' | 'Failed'): Promise<void> {
  await sql`insert into run (id, environment, namespace, system, revision, bundle, state, submitted_by, input, ended_at)
    select gen_random_uuid(), environment, 'default', 'default/work', 1, digest, ${state}, 'ada', '{}', now()
    from bundle_history where environment = 'staging' limit 1`.execute(opened.database.db);
}

test('what nobody ran there is not promoted, unless somebody says so', async () => {
  await expect(promoted()).rejects.toMatchObject({ code: 'promotion.unproved' });
  expect((await promoted({ withoutProof: true })).body).toContain('**Without proof**');
});

test('the files that one environment owns are written to the other’s paths, with what runs showed', async () => {
  await recordRun('Succeeded');
  await recordRun('Failed');
  const { files, body, title } = await promoted();
  expect([...files.keys()].sort()).toEqual(['prod/agents/writer.yaml', 'prod/prompts/writer.md', 'prod/system.yaml']);
  expect(files.get('prod/agents/writer.yaml')?.after).toBe(agent('writer', 'promptFile: ../prompts/writer.md'));
  expect(title).toBe('Promote staging to prod: 2 resources');
  expect(body).toContain('| `default/work` | 2 | 1 (50 %) | 1 | 0 of 0 |');
  expect(body).toContain('1 resource of both comes from the same files and needs no promotion.');
  expect(body).toContain('Only in `prod`, and staying there:\n\n- `AgentRole/default/own`');
  expect(body).toContain('Plan: 2 to add');
});

test('one resource is promoted by itself, and not without what it needs', async () => {
  await expect(promoted({ only: ['AgentSystem/default/work'] })).rejects.toMatchObject({
    code: 'promotion.not_whole',
  });
  const { files } = await promoted({ only: ['Agent/default/writer'] });
  expect([...files.keys()].sort()).toEqual(['prod/agents/writer.yaml', 'prod/prompts/writer.md']);
  await expect(promoted({ only: ['Agent/default/nobody'] })).rejects.toMatchObject({ code: 'promotion.unknown' });
});

test('what is there already, and what is another by now, is pointless', async () => {
  const { files } = await promoted();
  await git.commit(Object.fromEntries(Array.from(files, ([path, { after = '' }]) => [path, after])));
  expect(await proposed(plane, { ...request, withoutProof: false })).toMatchObject({
    kind: 'pointless',
    because: 'prod holds all of revision 1 of staging already.',
  });
  await git.commit({ 'staging/prompts/writer.md': 'Write better.\n' });
  await live('staging');
  expect(await proposed(plane, { ...request, withoutProof: true })).toMatchObject({
    kind: 'pointless',
    because: expect.stringContaining('staging changed it in revision 2') as string,
  });
  const next = await proposed(plane, { ...request, revision: 2, withoutProof: true });
  expect(next.kind === 'wanted' && [...next.content.files.keys()]).toEqual(['prod/prompts/writer.md']);
});

test('an environment cannot be promoted to itself, nor one of which nothing is live', async () => {
  await expect(proposed(plane, { ...request, from: 'prod', withoutProof: true })).rejects.toMatchObject({
    code: 'promotion.same',
  });
});

test('a branch’s name holds nothing of an environment’s that a ref or a shell gives a meaning', () => {
  const names = ['../../heads/main', '-x', 'a..b', 'a.lock', 'a b', '$(id)', 'é\u202e', 'x'.repeat(300), '@{-1}', ''];
  for (const environment of names) {
    const branch = proposalBranch({ kind: 'tighten', environment, days: 1 });
    expect(branch).toMatch(/^pawl\/tighten\/(?:[A-Za-z0-9_][A-Za-z0-9_-]{0,39}-)?[0-9a-f]{10}$/);
  }
});
