import { armor, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { inspectSecretSource } from '../../src/tools/secret-inspection.ts';
import { secretSource, type SecretSourceOptions } from '../../src/tools/secret-source.ts';
import { bundleSecrets } from '../../src/tools/secrets.ts';
import { canary } from './fixture.ts';

const nothing: SecretSourceOptions = { variables: new Map(), folders: [], ageKeys: undefined };

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-secrets-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

test('a manifest reaches only the variables that the operator opened', async () => {
  const source = secretSource({ ...nothing, variables: new Map([['PAWL_SECRET_A', 'aaaa']]) });
  expect(await source({ source: 'env', at: 'PAWL_SECRET_A' })).toEqual({ kind: 'read', value: 'aaaa' });
  const unread = { kind: 'unread', reason: 'env_missing', why: expect.stringContaining('PAWL_SECRET_ENV') };
  for (const at of ['DATABASE_URL', 'PATH', '__proto__']) expect(await source({ source: 'env', at })).toEqual(unread);
});

describe('files', () => {
  const read = (path: string, change: Partial<SecretSourceOptions> = {}) =>
    secretSource({ ...nothing, folders: [folder], ...change })({ source: 'file', at: path });

  test('a file in the folder is read, anew each time', async () => {
    const path = join(folder, 'token');
    await writeFile(path, `${canary}\n`);
    const secrets = bundleSecrets(
      { 'default/crm': { source: 'file', keys: { token: path } } },
      secretSource({ ...nothing, folders: [folder] }),
    );
    const use = { secret: 'default/crm', key: 'token' };
    expect(await secrets.resolve(use)).toBe(canary);
    await writeFile(path, 'rotated-4711');
    expect(await secrets.resolve(use)).toBe('rotated-4711');
    await rm(path);
    await expect(secrets.resolve(use)).rejects.toMatchObject({
      code: 'secret.unavailable',
      message: `Secret/default/crm key token is not available: ${path} is not there (file_missing).`,
    });
  });

  test('of several line breaks at the end, one is not part of the value, and the others are refused', async () => {
    const path = join(folder, 'token');
    const secrets = bundleSecrets(
      { 'default/crm': { source: 'file', keys: { token: path } } },
      secretSource({ ...nothing, folders: [folder] }),
    );
    for (const [text, value] of [
      ['abcd\n', 'abcd'],
      ['abcd\r\n', 'abcd'],
      ['ab cd ', 'ab cd '],
    ] as const) {
      await writeFile(path, text);
      expect(await secrets.resolve({ secret: 'default/crm', key: 'token' })).toBe(value);
    }
    for (const [text, reason] of [
      ['abcd\n\n', 'control_character'],
      ['\n', 'empty'],
      ['', 'empty'],
      ['abc', 'too_short'],
    ]) {
      await writeFile(path, text ?? '');
      await expect(secrets.resolve({ secret: 'default/crm', key: 'token' })).rejects.toThrow(`(${reason})`);
    }
  });

  test.each([
    ['another folder', '/etc/passwd'],
    ['a way out', '$folder/../elsewhere'],
    ['a way out and back', '$folder/../$name/token'],
    ['a folder whose name only begins the same', '$folder-other/token'],
    ['a relative path', 'token'],
    ['the folder itself', '$folder'],
    ['a doubled slash', '$folder//token'],
  ])('%s is no place for a secret, whatever lies there', async (_what, path) => {
    const at = path.replace('$folder', folder).replace('$name', folder.split('/').at(-1) ?? '');
    await writeFile(join(folder, 'token'), canary);
    expect(await read(at)).toMatchObject({ kind: 'unread', reason: 'file_not_allowed' });
  });

  test("links are followed within the folder, as Kubernetes' rotation needs, and never out of it", async () => {
    await mkdir(join(folder, '..v1'));
    await writeFile(join(folder, '..v1', 'token'), canary);
    await symlink('..v1', join(folder, '..data'));
    await symlink('..data/token', join(folder, 'token'));
    expect(await read(join(folder, 'token'))).toEqual({ kind: 'read', value: canary });
    await mkdir(join(folder, '..v2'));
    await writeFile(join(folder, '..v2', 'token'), 'rotated-4711');
    await symlink('..v2', join(folder, '..new'));
    await rename(join(folder, '..new'), join(folder, '..data'));
    expect(await read(join(folder, 'token'))).toEqual({ kind: 'read', value: 'rotated-4711' });

    const outside = await mkdtemp(join(tmpdir(), 'pawl-outside-'));
    onTestFinished(() => rm(outside, { recursive: true, force: true }));
    await writeFile(join(outside, 'key'), canary);
    await symlink(join(outside, 'key'), join(folder, 'out'));
    await symlink(outside, join(folder, 'dir'));
    await symlink('loop', join(folder, 'loop'));
    for (const name of ['out', 'dir/key', 'loop']) {
      const reading = await read(join(folder, name));
      expect(reading).toMatchObject({ kind: 'unread', reason: 'file_escape' });
      expect(JSON.stringify(reading)).not.toContain('canary');
    }
  });

  test('a folder that is itself a link is the folder that it leads to', async () => {
    await mkdir(join(folder, 'real'));
    await writeFile(join(folder, 'real', 'token'), canary);
    await symlink('real', join(folder, 'linked'));
    const folders = [join(folder, 'linked')];
    expect(await read(join(folder, 'linked', 'token'), { folders })).toEqual({ kind: 'read', value: canary });
  });

  test('what is too large, no file, or no text is not read', async () => {
    await writeFile(join(folder, 'large'), 'x'.repeat(64 * 1024 + 1));
    await writeFile(join(folder, 'most'), 'x'.repeat(64 * 1024));
    await writeFile(join(folder, 'bytes'), Buffer.from([0x63, 0x61, 0xff, 0x63, 0x61]));
    await mkdir(join(folder, 'inner'));
    await promisify(execFile)('mkfifo', [join(folder, 'pipe')]);
    for (const [name, reason] of [
      ['large', 'file_too_large'],
      ['bytes', 'file_encoding'],
      ['inner', 'file_type'],
      ['pipe', 'file_type'],
      ['none', 'file_missing'],
      ['large/x', 'file_missing'],
    ] as const) {
      expect(await read(join(folder, name))).toMatchObject({ kind: 'unread', reason });
    }
    expect(await read(join(folder, 'most'))).toMatchObject({ kind: 'read' });
  });

  test.skipIf(process.getuid?.() === 0)('a file that the worker may not read says so', async () => {
    await writeFile(join(folder, 'token'), canary);
    await chmod(join(folder, 'token'), 0);
    expect(await read(join(folder, 'token'))).toMatchObject({ kind: 'unread', reason: 'file_permission' });
  });

  test("the worker's own key is no secret of a manifest, by whatever name it is reached", async () => {
    const path = join(folder, 'age.key');
    await writeFile(path, await generateX25519Identity());
    await symlink('age.key', join(folder, 'token'));
    const ageKeys = { kind: 'file', path } as const;
    for (const name of ['age.key', 'token']) {
      expect(await read(join(folder, name), { ageKeys })).toMatchObject({ kind: 'unread', reason: 'file_reserved' });
    }
  });
});

describe('age', () => {
  async function encrypt(text: string | Uint8Array, ...recipients: readonly string[]): Promise<string> {
    const encrypter = new Encrypter();
    for (const recipient of recipients) encrypter.addRecipient(recipient);
    return armor.encode(await encrypter.encrypt(text));
  }

  const decrypt = (ciphertext: string, text: string) =>
    secretSource({ ...nothing, ageKeys: { kind: 'text', text } })({ source: 'age', at: ciphertext });

  test('a ciphertext is read with any of the identities', async () => {
    const [mine, other] = [await generateX25519Identity(), await generateX25519Identity()];
    const ciphertext = await encrypt(canary, await identityToRecipient(mine));
    expect(await decrypt(ciphertext, mine)).toEqual({ kind: 'read', value: canary });
    expect(await decrypt(ciphertext.replaceAll('\n', '\r\n'), `# key\n\n${other}\n${mine}\n`)).toEqual({
      kind: 'read',
      value: canary,
    });
    const path = join(folder, 'keys');
    await writeFile(path, other);
    const source = secretSource({ ...nothing, ageKeys: { kind: 'file', path } });
    expect(await source({ source: 'age', at: ciphertext })).toMatchObject({ reason: 'age_not_for_this_key' });
    await writeFile(path, mine);
    expect(await source({ source: 'age', at: ciphertext })).toEqual({ kind: 'read', value: canary });
    // What was decrypted once is not given to a worker that lost the key.
    await writeFile(path, other);
    expect(await source({ source: 'age', at: ciphertext })).toMatchObject({ reason: 'age_not_for_this_key' });
  });

  test('a key that is missing, unreadable or no identity closes, and is not repeated', async () => {
    const mine = await generateX25519Identity();
    const ciphertext = await encrypt(canary, await identityToRecipient(mine));
    const withKeys = (ageKeys: SecretSourceOptions['ageKeys']) =>
      secretSource({ ...nothing, ageKeys })({ source: 'age', at: ciphertext });
    const damaged = `${mine.slice(0, -1)}${mine.endsWith('Q') ? 'P' : 'Q'}`;
    const readings = [
      await withKeys(undefined),
      await withKeys({ kind: 'text', text: '# nothing' }),
      await withKeys({ kind: 'file', path: join(folder, 'none') }),
      await withKeys({ kind: 'text', text: damaged }),
      await withKeys({ kind: 'text', text: 'canary-no-identity' }),
    ];
    expect(readings.map((reading) => (reading.kind === 'unread' ? reading.reason : ''))).toEqual([
      'age_no_key',
      'age_no_key',
      'age_key_unreadable',
      'age_key_invalid',
      'age_key_invalid',
    ]);
    for (const word of [mine.slice(16, 40), 'canary']) expect(JSON.stringify(readings)).not.toContain(word);
  });

  test('a ciphertext that was cut, changed or encrypted to others closes', async () => {
    const mine = await generateX25519Identity();
    const recipient = await identityToRecipient(mine);
    const ciphertext = await encrypt(canary, recipient);
    const bytes = armor.decode(ciphertext);
    const cut = armor.encode(bytes.subarray(0, -1));
    const payload = Uint8Array.from(bytes);
    payload[payload.length - 1] = (payload.at(-1) ?? 0) ^ 1;
    const header = Uint8Array.from(bytes);
    const at = Buffer.from(bytes).indexOf('\n--- ') + 6;
    header[at] = header[at] === 0x41 ? 0x42 : 0x41;
    const other = await encrypt(canary, await identityToRecipient(await generateX25519Identity()));
    const reasons = [];
    for (const text of [
      cut,
      armor.encode(payload),
      armor.encode(header),
      other,
      'plain text',
      await encrypt(Uint8Array.from([0xff, 0xfe, 0xff, 0xfe]), recipient),
    ]) {
      const reading = await decrypt(text, mine);
      reasons.push(reading.kind === 'unread' ? reading.reason : reading.kind);
      expect(JSON.stringify(reading)).not.toContain('canary');
    }
    expect(reasons).toEqual([
      'age_damaged',
      'age_damaged',
      'age_not_for_this_key',
      'age_not_for_this_key',
      'age_damaged',
      'age_damaged',
    ]);
  });

  test('a decrypted value is taken out of whatever comes back', async () => {
    const mine = await generateX25519Identity();
    const ciphertext = await encrypt(`${canary}\n`, await identityToRecipient(mine));
    const secrets = bundleSecrets(
      { 'default/crm': { source: 'age', keys: { token: ciphertext } } },
      secretSource({ ...nothing, ageKeys: { kind: 'text', text: mine } }),
    );
    await secrets.load();
    expect(await secrets.resolve({ secret: 'default/crm', key: 'token' })).toBe(canary);
    expect(secrets.scrubText(`said ${Buffer.from(canary).toString('hex')}`)).toBe('said [secret]');
  });
});

test('an inspection names variables, folders and public keys, and holds no value', async () => {
  const mine = await generateX25519Identity();
  const path = join(folder, 'key');
  await writeFile(path, mine);
  await writeFile(join(folder, 'token'), canary);
  const inspection = await inspectSecretSource({
    variables: new Map([['PAWL_SECRET_A', canary]]),
    folders: [folder, join(folder, 'none')],
    ageKeys: { kind: 'file', path },
  });
  expect(inspection).toEqual({
    variables: ['PAWL_SECRET_A'],
    folders: [
      { path: folder, fault: undefined, byDefault: false },
      { path: join(folder, 'none'), fault: `${join(folder, 'none')} cannot be read (ENOENT)`, byDefault: false },
    ],
    ageKey: { recipients: [await identityToRecipient(mine)] },
  });
  const text = JSON.stringify(inspection);
  for (const value of [canary, mine, (await readFile(path, 'utf8')).slice(16, 30)]) expect(text).not.toContain(value);
});
