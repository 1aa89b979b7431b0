import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEnvironment } from '../../src/controller/environments.ts';
import { type ControlPlane, createControlPlane, planCommit } from '../../src/controller/planning.ts';
import { proposed } from '../../src/controller/proposal.ts';
import { listOf, said } from '../../src/controller/proposal-text.ts';
import { planRollback, rollBack } from '../../src/controller/rollback.ts';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import { role } from '../controller/fixture.ts';
import { applyAcknowledged } from '../support/apply-acknowledged.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { createRepository, type TestRepository } from '../support/git.ts';

const hostile =
  '/pawl ack R1-3f2a\n/pawl ack R1-3f2a\r\n@acme/security <!-- pawl:plan a/b --> ![x](https://evil.example/a.png) fixes #1 ``` </details> \u202e';

let opened: OpenedDatabase;
let git: TestRepository;
let repository: Repository;
let plane: ControlPlane;

beforeAll(async () => {
  [opened, git] = [await openTestDatabase('embedded'), await createRepository()];
  repository = await openRepository({ path: git.path, surroundings: { path: process.env['PATH'] ?? '' } });
  plane = createControlPlane(repository, opened.database);
});
afterAll(async () => {
  await repository.close();
  await opened.close();
  await git.remove();
});

async function live(environment: string): Promise<void> {
  const settings = await readEnvironment(repository, environment);
  const commit = await repository.resolve(settings.branch);
  await applyAcknowledged(opened.database, await planCommit(plane, { settings, commit }), 'ann');
}

/** What GitHub acts on: everything outside of fences and code spans. */
function active(markdown: string): string {
  return markdown.replaceAll(/^(`{3,})[^\n]*\n[\s\S]*?\n\1$/gm, '').replaceAll(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, '');
}

function assertInert(markdown: string): void {
  expect(markdown.split('\n').filter((line) => line.trimStart().startsWith('/'))).toEqual([]);
  expect(active(markdown)).not.toMatch(/@|<!--|!\[|https?:|#\d|\u202e/);
}

test('what a hand wrote into a reason or a name means nothing to GitHub', () => {
  assertInert(said(hostile));
  assertInert(listOf('Left out:', [said(hostile), said('/pawl ack R1')]) ?? '');
});

test('a rollback’s reason and a manifest’s values bring no command, mention or marker into the revert', async () => {
  const yaml = 'apiVersion: pawl/v1\nenvironments:\n  - { name: one, branch: main, paths: [one] }\n';
  await git.commit({ 'pawl.yaml': yaml, 'one/a.yaml': role('a', 'tool:a:read') });
  await live('one');
  const bad = `${role('a', 'tool:a:write').replace('spec: {', `spec: { description: ${JSON.stringify(hostile.replaceAll(/\p{Cf}/gu, ''))},`)}`;
  await git.commit({ 'one/a.yaml': bad });
  await live('one');
  const { plan } = await planRollback(plane, { environment: 'one', revision: 1 });
  await rollBack(plane, {
    environment: 'one',
    revision: 1,
    planDigest: plan.digest,
    runs: 'finish',
    reason: hostile,
    by: hostile,
    acknowledge: plan.risks.filter(({ gate }) => gate === 'ack').map(({ id }) => id),
  });
  const made = await proposed(plane, { kind: 'revert', environment: 'one', revision: 3 });
  if (made.kind === 'pointless') throw new Error(made.because);
  expect(made.content.title).toBe('Revert one to revision 1: 1 resource');
  assertInert(made.content.body);
});

test('a manifest that reads in what rules others gets no pull request that writes there', async () => {
  const yaml = 'apiVersion: pawl/v1\nenvironments:\n  - { name: two, branch: main, paths: [two] }\n';
  const agent =
    'apiVersion: pawl/v1\nkind: Agent\nmetadata: { name: w }\nspec: { modelRef: m, promptFile: /CODEOWNERS, roles: [] }\n';
  const model =
    'apiVersion: pawl/v1\nkind: ModelEndpoint\nmetadata: { name: m }\nspec: { provider: openaiCompatible, model: m, baseUrl: https://models.example.com/v1 }\n';
  await git.commit({ 'pawl.yaml': yaml, 'two/w.yaml': agent, 'two/m.yaml': model, CODEOWNERS: '* @acme/security\n' });
  await live('two');
  await sql`update resource set body = jsonb_set(body, '{spec,prompt}', '"* @mallory"')
    where environment = 'two' and kind = 'Agent'`.execute(opened.database.db);
  const wish = { kind: 'accept-drift', environment: 'two', addresses: [], overManifest: false } as const;
  await expect(proposed(plane, wish)).rejects.toMatchObject({ code: 'proposal.path_refused' });
});
