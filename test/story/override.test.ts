import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestRepository } from '../support/git.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { exampleRepository, ticket, typist } from './example.ts';

const agent = 'Agent/support/draft';

let repository: TestRepository;
let made: TestDatabase;
let pawl: ReturnType<typeof typist>;

beforeAll(async () => {
  [repository, made] = [await exampleRepository(), await createDatabase()];
  pawl = typist(repository.path, { DATABASE_URL: made.url });
  const applied = await pawl('apply', '--auto-approve', '--ack', 'bootstrap');
  if (applied.exit !== 0) throw new Error(applied.stderr);
});
afterAll(async () => {
  await made.drop();
  await repository.remove();
});

const set = (...words: readonly string[]) => setOf(agent, ...words);
const setOf = (address: string, ...words: readonly string[]) =>
  pawl('override', 'set', address, '--reason', 'it loops \u001b[31m', '--expires', '2h', ...words);

test('an override is live at once, listed with its reason, and kept by the next plan', async () => {
  const said = await set('--field', 'spec.limits.maxSteps=2', '-o', 'json');
  expect(said).toMatchObject({ exit: 0, stderr: '' });
  const { revision, override, systems } = JSON.parse(said.stdout) as {
    revision: number;
    override: { id: string };
    systems: string[];
  };
  expect([revision, systems]).toEqual([2, ['support/support-triage']]);
  const plan = await pawl('plan');
  expect(plan.stdout).toContain('Expected drift: 1 override holds over what Git says.');
  expect(plan.stdout).toContain(`override ${override.id} by tester: it loops`);
  expect(plan.stdout).toContain('No changes.');
  expect(plan.stdout).not.toContain('\u001b[31m');
  const drift = await pawl('drift');
  expect(drift.exit).toBe(0);
  expect(drift.stdout).toContain('Expected drift, by overrides in force:');
  expect((await pawl('override', 'list')).stdout).toMatch(new RegExp(`^${override.id}  ${agent}  2 h left\n`));
  expect((await pawl('history')).stdout).toContain(`Override of ${agent}: it loops`);
  const ended = await pawl('override', 'end', override.id);
  expect(ended).toMatchObject({ exit: 0 });
  expect(ended.stdout).toContain(`Ended: ${agent} is what Git says again.`);
  expect((await pawl('plan')).stdout).not.toContain('Expected drift');
});

test('one that permits more waits for somebody who agrees, as a commit would', async () => {
  await writeFile(join(repository.path, 'patch.yaml'), 'spec:\n  limits:\n    maxSteps: 500\n');
  // A policy holds the steps of the other system below that anyway, so there it would permit nothing.
  const answer = 'Agent/support/answer';
  const refused = await setOf(answer, '-f', 'patch.yaml');
  expect(refused.exit).toBe(3);
  const [id = ''] = /R\d+-[0-9a-f]+/.exec(refused.stderr) ?? [];
  expect(id).toMatch(/^R4-/);
  expect((await pawl('override', 'list')).stdout).toContain('No overrides.');
  expect(await setOf(answer, '-f', 'patch.yaml', '--ack', id)).toMatchObject({ exit: 0 });
  expect((await pawl('run', 'support/support-triage', '-i', ticket, '-o', 'json')).exit).toBe(0);
});

test.each([
  [['--field', 'metadata.labels.a=b'], 'An override changes `spec` alone'],
  [['--field', 'maxSteps'], '`maxSteps` is no field.'],
  [[], 'There is nothing to override.'],
])('%j is refused: %s', async (words, message) => {
  const said = await set(...words);
  expect(said.exit).toBe(64);
  expect(said.stderr).toContain(message);
});
