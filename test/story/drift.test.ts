import { readFile, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/manifest/json.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { editByHand } from '../../src/store/hand-edit.ts';
import type { TestRepository } from '../support/git.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { exampleRepository, typist } from './example.ts';

const agent = 'Agent/support/draft';

let repository: TestRepository;
let made: TestDatabase;
let database: Database;
let pawl: ReturnType<typeof typist>;

beforeAll(async () => {
  [repository, made] = [await exampleRepository(), await createDatabase()];
  database = await openDatabase({ url: made.url, applicationName: 'console of ada' });
  pawl = typist(repository.path, { DATABASE_URL: made.url });
  const applied = await pawl('apply', '--auto-approve', '--ack', 'bootstrap');
  if (applied.exit !== 0) throw new Error(applied.stderr);
});
afterAll(async () => {
  await database.close();
  await made.drop();
  await repository.remove();
});

function byHand(address: string, edit: (spec: JsonObject) => JsonObject): Promise<void> {
  return editByHand(database.db, { environment: 'production', address }, (body) => ({
    ...body,
    spec: edit(body['spec'] as JsonObject),
  }));
}

const fewerSteps = (spec: JsonObject) => ({ ...spec, limits: { ...(spec['limits'] as JsonObject), maxSteps: 2 } });

test('drift says who did what and when, and names the two ways out', async () => {
  expect(await pawl('drift')).toMatchObject({ exit: 0 });
  await byHand(agent, fewerSteps);
  const said = await pawl('drift');
  expect(said.exit).toBe(2);
  expect(said.stdout).toMatch(/Agent\/support\/draft +changed by something other than apply/);
  expect(said.stdout).toMatch(/by \S+ console of ada at \d{4}-\d\d-\d\dT/);
  expect(said.stdout).toContain('pawl drift heal');
  expect(said.stdout).toContain('pawl drift accept');
  const json = await pawl('drift', '-o', 'json');
  expect(json.exit).toBe(2);
  expect(JSON.parse(json.stdout)).toMatchObject({
    environment: 'production',
    drift: [{ address: agent, class: 'outOfBand' }],
  });
});

test('accepted drift, once committed and applied, is what Git says', async () => {
  const [file, before] = ['agents/draft.yaml', await readFile(join(repository.path, 'agents/draft.yaml'), 'utf8')];
  const shown = await pawl('drift', 'accept', '--diff');
  expect(shown.exit).toBe(0);
  expect(await readFile(join(repository.path, file), 'utf8')).toBe(before);
  const said = await pawl('drift', 'accept', agent);
  expect(said).toMatchObject({ exit: 0, stderr: '' });
  const after = await readFile(join(repository.path, file), 'utf8');
  expect(after.split('\n').filter((line) => !before.includes(line))).toEqual(['  limits:', '    maxSteps: 2']);
  await repository.commit({}, 'Accept what ada did');
  const planned = await pawl('plan', '-o', 'json');
  expect(JSON.parse(planned.stdout)).toMatchObject({
    errored: false,
    resource_changes: [{ address: agent, class: 'converged' }],
    systems: { changed: ['support/support-triage'] },
  });
  expect(await pawl('apply', '--auto-approve')).toMatchObject({ exit: 0 });
  expect((await pawl('plan')).stdout).toContain('No changes.');
  expect(await pawl('drift')).toMatchObject({ exit: 0 });
});

test('a file with uncommitted edits is not mixed with an accepted one', async () => {
  await byHand(agent, (spec) => ({ ...spec, description: 'Edited by hand.' }));
  const file = join(repository.path, 'agents/draft.yaml');
  const committed = await readFile(file, 'utf8');
  await writeFile(file, `${committed}# mine\n`);
  const said = await pawl('drift', 'accept');
  expect(said.exit).toBe(3);
  expect(said.stderr).toContain('agents/draft.yaml has uncommitted changes; nothing was written.');
  expect(await readFile(file, 'utf8')).toBe(`${committed}# mine\n`);
  expect(await pawl('drift', 'accept', '--allow-dirty')).toMatchObject({ exit: 0 });
  expect(await readFile(file, 'utf8')).toMatch(/Edited by hand[\s\S]*# mine/);
  await writeFile(file, committed);
});

test('nothing is written through a link', async () => {
  const file = join(repository.path, 'agents/draft.yaml');
  const committed = await readFile(file, 'utf8');
  const outside = join(repository.path, '..', 'outside.yaml');
  await writeFile(outside, committed);
  await unlink(file);
  await symlink(outside, file);
  const said = await pawl('drift', 'accept', '--allow-dirty');
  expect(said.exit).not.toBe(0);
  expect(await readFile(outside, 'utf8')).toBe(committed);
  await unlink(file);
  await unlink(outside);
  await writeFile(file, committed);
});

test('healing undoes it, says whose it was, and asks first', async () => {
  const asked = await pawl('drift', 'heal');
  expect(asked).toMatchObject({ exit: 64 });
  expect(asked.stderr).toContain('--auto-approve');
  expect((await pawl('drift', 'heal', 'Agent/support/nobody', '--auto-approve')).stderr).toContain('has not drifted');
  const said = await pawl('drift', 'heal', agent, '--auto-approve');
  expect(said.exit).toBe(0);
  expect(said.stdout).toMatch(
    /Healed: 1 resource of production as revision 2 says\.\n +Agent\/support\/draft +\(changed by .*console of ada/,
  );
  expect(await pawl('drift')).toMatchObject({ exit: 0 });
  expect((await pawl('drift', 'heal', '--resume')).stdout).toContain('put drifted rows of production back again');
});
