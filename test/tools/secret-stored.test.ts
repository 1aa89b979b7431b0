import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listEvents } from '../../src/store/event.ts';
import { addStored, listStored, readStored, removeStored, rewrapStored } from '../../src/store/stored-secret.ts';
import { newKeyText, type Keyring, rewrap, seal } from '../../src/tools/secret-envelope.ts';
import { keyringOf, makeKeyFile, type StoredKeys } from '../../src/tools/secret-keyring.ts';
import { secretSource } from '../../src/tools/secret-source.ts';
import { bundleSecrets } from '../../src/tools/secrets.ts';
import { openTestDatabase, type OpenedDatabase } from '../support/databases.ts';
import { bundleOf, environment, install } from '../support/runs.ts';

let opened: OpenedDatabase;
let folder: string;
let keys: StoredKeys & { readonly kind: 'file' };

beforeAll(async () => {
  [opened, folder] = await Promise.all([openTestDatabase('embedded'), mkdtemp(join(tmpdir(), 'pawl-key-'))]);
  await install(opened.database, bundleOf({ nodes: { a: {} } }));
  keys = { kind: 'file', path: join(folder, 'secret.key'), isMade: true };
});
afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true });
});

async function ring(): Promise<Keyring> {
  const read = await keyringOf(keys);
  if ('kind' in read) throw new Error(read.why);
  return read;
}

const crm = { environment, namespace: 'default', name: 'crm', key: 'token' };

async function set(value: string, place = crm): Promise<number> {
  const current = await ring();
  return addStored(opened.database, { ...place, by: 'ann' }, (at) => seal(value, at, current));
}

/** What a call of a run in this environment gets. */
async function resolved(
  secret = 'default/crm',
  from: StoredKeys | undefined = keys,
  where = environment,
): Promise<string> {
  const stored = { lookup: (of: typeof crm) => readStored(opened.database, of), keys: from };
  const source = secretSource({ variables: new Map(), folders: [], ageKeys: undefined, stored });
  const secrets = bundleSecrets({ [secret]: { source: 'stored', keys: { token: '' } } }, source, where);
  return secrets.resolve({ secret, key: 'token' });
}

test('the key file is made once, for its owner alone', async () => {
  expect(await makeKeyFile(keys)).toBe(true);
  const text = await readFile(keys.path, 'utf8');
  expect((await stat(keys.path)).mode & 0o777).toBe(0o600);
  expect(await makeKeyFile(keys)).toBe(false);
  expect(await readFile(keys.path, 'utf8')).toBe(text);
  expect(await makeKeyFile({ kind: 'file', path: join(folder, 'other.key') })).toBe(false);
});

test('a value that is set is what the next call gets, and its removal brings the former one back', async () => {
  expect([await set('first-value'), await set('second-value')]).toEqual([1, 2]);
  expect(await resolved()).toBe('second-value');
  expect(await removeStored(opened.database, { ...crm, by: 'ann', version: 2 })).toBe(1);
  expect(await resolved()).toBe('first-value');
  // A number is never used again: what was encrypted as version 2 stays what it was.
  expect(await set('third-value')).toBe(3);
  expect(await listStored(opened.database, environment)).toMatchObject([
    { namespace: 'default', name: 'crm', key: 'token', version: 3, versions: 2, created_by: 'ann', named: false },
  ]);
});

test('an event says who set and removed what, and no row holds the value', async () => {
  const { rows } = await sql<{ actor: string; action: string; detail: object }>`
    select actor, action, detail from event where action like 'secret.%' order by id`.execute(opened.database.db);
  expect(rows[0]).toEqual({
    actor: 'ann',
    action: 'secret.set',
    detail: { secret: 'default/crm', key: 'token', version: 1 },
  });
  expect(rows.map(({ action }) => action)).toContain('secret.remove');
  const stored = await sql<{ row: string }>`select t::text as row from stored_secret t`.execute(opened.database.db);
  const hex = Buffer.from('third-value').toString('hex');
  expect(stored.rows.filter(({ row }) => row.includes('third-value') || row.includes(hex))).toEqual([]);
});

test.each([
  ['another Secret', { name: 'erp' }, 'default/erp', environment],
  ['another namespace', { namespace: 'sales' }, 'sales/crm', environment],
  ['another environment', { environment: 'staging' }, 'default/crm', 'staging'],
] as const)('a ciphertext that is copied to %s does not open there', async (_what, change, secret, where) => {
  const to = { ...crm, ...change };
  await sql`insert into stored_secret select ${to.environment}, ${to.namespace}, ${to.name}, key, version, kek, wrapped,
    nonce, ciphertext, tag, created_at, created_by from stored_secret
    where environment = ${environment} and namespace = 'default' and name = 'crm' and version = 3`.execute(
    opened.database.db,
  );
  await expect(resolved(secret, keys, where)).rejects.toMatchObject({
    code: 'secret.unavailable',
    message: expect.stringContaining('(stored_damaged)'),
  });
  await sql`delete from stored_secret where environment = ${to.environment} and namespace = ${to.namespace}
    and name = ${to.name}`.execute(opened.database.db);
});

test('a tag that was cut, no key, and a missing key each close, and say which', async () => {
  const why = (from?: StoredKeys) => resolved('default/crm', from).catch((cause: Error) => cause.message);
  expect(await why({ kind: 'text', text: newKeyText() })).toMatch(
    /its key [0-9a-f]{12} is not among .*\(stored_key_missing\)/,
  );
  expect(await why({ kind: 'text', text: 'a passphrase' })).toContain('(stored_key_invalid)');
  expect(await why({ kind: 'file', path: join(folder, 'none') })).toContain('(stored_key_unreadable)');
  const nobody = secretSource({ variables: new Map(), folders: [], ageKeys: undefined });
  const without = bundleSecrets({ 'default/crm': { source: 'stored', keys: { token: '' } } }, nobody, environment);
  await expect(without.resolve({ secret: 'default/crm', key: 'token' })).rejects.toThrow('(stored_not_read)');
  await sql`update stored_secret set tag = substring(tag from 1 for 12) where version = 3`.execute(opened.database.db);
  expect(await why(keys)).toContain('(stored_damaged)');
  expect(await why(undefined)).toContain('(stored_damaged)');
  await removeStored(opened.database, { ...crm, by: 'ann', version: 3 });
});

test('after a rotation the old key is not needed, and a value that does not open stops it whole', async () => {
  await set('fourth-value');
  const old = await readFile(keys.path, 'utf8');
  await writeFile(keys.path, newKeyText() + old);
  const both = await ring();
  const turn = () =>
    rewrapStored(opened.database, { environment, by: 'ann' }, (envelope, place) => {
      const made = rewrap(envelope, place, both);
      if ('kind' in made) throw new Error(made.reason);
      return made;
    });
  expect(await turn()).toBe(2);
  const [event] = await listEvents(opened.database.db, environment, 1);
  expect(event).toMatchObject({ actor: 'ann', action: 'secret.rotate', detail: { values: 2 } });
  await writeFile(keys.path, (await readFile(keys.path, 'utf8')).slice(0, -old.length));
  expect(await resolved()).toBe('fourth-value');
  await sql`update stored_secret set wrapped = substring(wrapped from 1 for 59) where version = 1`.execute(
    opened.database.db,
  );
  await expect(turn()).rejects.toThrow('damaged');
  expect(await resolved()).toBe('fourth-value');
});

test('a manifest cannot name the key file or the variables that hold the key', async () => {
  const stored = { lookup: () => Promise.resolve(undefined), keys };
  const source = secretSource({ variables: new Map(), folders: [folder], ageKeys: undefined, stored });
  expect(await source({ source: 'file', at: keys.path })).toMatchObject({ kind: 'unread', reason: 'file_reserved' });
});
