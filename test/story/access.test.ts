import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../src/api/client.ts';
import { ownToken } from '../../src/api/identity.ts';
import { startServer } from '../../src/api/server.ts';
import { createApp } from '../../src/app.ts';
import { createLog } from '../../src/log.ts';
import type { JsonObject } from '../../src/manifest/json.ts';
import { localPerson } from '../../src/policy/person.ts';
import { openDatabase } from '../../src/store/database.ts';
import { editByHand } from '../../src/store/hand-edit.ts';
import type { TestRepository } from '../support/git.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { edit, exampleRepository, typist } from './example.ts';

describe('what is in force', () => {
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

  const editSpec = async (address: string, spec: JsonObject): Promise<void> => {
    const database = await openDatabase({ url: made.url, applicationName: 'a-hand' });
    await editByHand(database.db, { environment: 'production', address }, (body) => ({ ...body, spec }));
    await database.close();
  };

  test('a role or a policy edited by hand changes no answer: workers obey the bundles', async () => {
    const granted = await pawl('can-i', 'research-order', 'get-order', '--live');
    expect(granted).toMatchObject({ exit: 0, stderr: '' });
    expect(granted.stdout).toContain('may call support/get-order in support/support-triage');
    await editSpec('AgentRole/support/researcher', { permissions: [] });
    expect(await pawl('can-i', 'research-order', 'get-order', '--live')).toEqual(granted);
    expect((await pawl('who-can', 'get-order', '--live')).stdout).toContain('Agent/support/research-order');
    await editSpec('AgentPolicy/support/no-automatic-refunds', { global: true, operations: { deny: [] } });
    await editSpec('AgentRole/support/researcher', { permissions: ['tool:*:*', 'capability:*'] });
    expect(await pawl('who-can', 'issue-refund', '--live')).toMatchObject({ exit: 3, stderr: '' });
  });

  test('arguments are asked of the bundle’s own schema', async () => {
    await writeFile(join(repository.path, 'call.json'), '{"orderId": 7, "canary": true}');
    const refused = await pawl('can-i', 'research-order', 'get-order', '--args', 'call.json', '--live');
    expect(refused.exit).toBe(3);
    expect(refused.stdout).toContain('args.invalid');
    expect(refused.stdout).not.toContain('canary": true');
  });

  test('the files may say something else: they are not in force before they are applied', async () => {
    await edit(repository, 'roles/roles.yaml', { from: '    - tool:get-order:read\n', to: '' });
    expect((await pawl('can-i', 'research-order', 'get-order')).exit).toBe(3);
    expect((await pawl('can-i', 'research-order', 'get-order', '--live')).exit).toBe(0);
  });

  test('over HTTP the answer is the same', async () => {
    const door = await createApp(repository.path, { DATABASE_URL: made.url, PAWL_LOG_LEVEL: 'warn' }).open();
    const [token, version] = ['a-token-for-tests', '0.1.0'];
    const server = await startServer({
      operations: () => door.operations,
      log: createLog('silent'),
      identify: ownToken(token, localPerson('me')),
      version,
      ready: () => Promise.resolve(),
      port: 0,
    });
    const client = createClient({ address: server.address, token, version });
    const question = { environment: 'production', tool: 'get-order', agent: 'research-order', arguments: '{}' };
    expect(await client.access(question)).toEqual(await door.operations.access(question));
    await expect(client.access({ ...question, agent: 'research-ordre' })).rejects.toMatchObject({
      code: 'resource.not_found',
      help: 'Did you mean "research-order"?',
    });
    await server.close();
    await door.close();
  });
});
