import { armor, Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { parseDocuments } from '../../src/manifest/document.ts';
import { validate } from '../../src/manifest/validate.ts';
import { say, type Said } from './fixture.ts';

/** Of no known form: only where it goes says that it is a secret. */
const value = 'canary horse battery 7f3a';
let folder = '';
let identity = '';
let recipient = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-secret-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});

function secret(words: readonly string[], input: string | Buffer = `${value}\n`): Promise<Said> {
  return say(['secret', ...words], { cwd: folder, stdin: Readable.from([input]) });
}

function decrypt(ciphertext: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(armor.decode(ciphertext), 'text');
}

/** The value of one key of the first Secret in a manifest that must be right. */
async function keyOf(text: string, key: string, index = 0): Promise<string> {
  const parsed = parseDocuments({ path: 'a.yaml', bytes: Buffer.from(text) });
  const validated = parsed.documents.map(validate);
  expect([...parsed.problems, ...validated.flatMap(({ problems }) => problems)]).toEqual([]);
  const manifest = parsed.documents[index]?.value as { spec: { keys: Record<string, string> } } | undefined;
  return decrypt(manifest?.spec.keys[key] ?? '');
}

function holdsNoValue({ stdout, stderr }: Said): void {
  for (const part of ['canary', 'horse', '7f3a']) expect(stdout + stderr).not.toContain(part);
}

describe('pawl secret encrypt', () => {
  test('prints what is piped in as a block for `keys`, and for whom on the side', async () => {
    const said = await secret(['encrypt', '--recipient', recipient, '--key', 'token']);
    expect(said).toMatchObject({ exit: 0, stderr: `Encrypted for ${recipient}.\n` });
    holdsNoValue(said);
    const manifest = `apiVersion: pawl/v1\nkind: Secret\nmetadata: { name: crm }\nspec:\n  source: age\n  keys:\n${said.stdout.replace(/^/gm, '    ').trimEnd()}\n`;
    expect(await keyOf(manifest, 'token')).toBe(value);
  });

  test('without a key prints the age file alone', async () => {
    const { stdout } = await secret(['encrypt', '--recipient', recipient]);
    expect(await decrypt(stdout)).toBe(value);
  });

  test('asks for the value on a terminal, and does not show it', async () => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const saying = say(['secret', 'encrypt', '--recipient', recipient], { cwd: folder, stdin });
    stdin.write(`${value}\r`);
    const said = await saying;
    expect(said.exit).toBe(0);
    expect(said.stderr).toContain('Value (not shown while you type):');
    holdsNoValue(said);
    expect(await decrypt(said.stdout)).toBe(value);
  });

  test('on a terminal, Ctrl-C ends it', async () => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const saying = say(['secret', 'encrypt', '--recipient', recipient], { cwd: folder, stdin });
    stdin.write('canary\u0003');
    const said = await saying;
    expect([said.exit, said.stdout]).toEqual([130, '']);
    holdsNoValue(said);
  });

  test.each([
    ['nothing', '', 'No value was given.'],
    ['a line break alone', '\n', 'No value was given.'],
    ['three characters', 'abc', 'is shorter than 4 characters'],
    ['several lines', `${value}\n${value}`, 'holds a control character'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x63, 0x61]), 'not UTF-8'],
    ['more than any credential', 'canary'.repeat(20_000), 'more than 65536 bytes'],
    ['more than fits a manifest', 'canary'.repeat(9_000), 'longer than 65536 characters'],
  ])('%s is no value', async (_what, input, message) => {
    const said = await secret(['encrypt', '--recipient', recipient], input);
    expect(said).toMatchObject({ exit: 64, stdout: '' });
    expect(said.stderr).toContain('secret.value');
    expect(said.stderr).toContain(message);
    holdsNoValue(said);
  });

  test('encrypts for everybody in a file of recipients, each once', async () => {
    const other = await identityToRecipient(await generateX25519Identity());
    await writeFile(join(folder, 'who'), `# workers\n${recipient}\n\n${other}\r\n${recipient}\n`);
    const said = await secret(['encrypt', '--recipients-file', 'who']);
    expect(said.stderr).toBe(`Encrypted for ${recipient}, ${other}.\n`);
    expect(await decrypt(said.stdout)).toBe(value);
  });

  test('encrypts for whom pawl.yaml names where the command names nobody', async () => {
    await writeFile(
      join(folder, 'pawl.yaml'),
      `apiVersion: pawl/v1\nsecrets: { recipients: [${recipient}] }\nenvironments: [{ name: one, branch: main, paths: [a] }]\n`,
    );
    await mkdir(join(folder, 'a'));
    const stdin = Readable.from([value]);
    const said = await say(['secret', 'encrypt'], { cwd: join(folder, 'a'), stdin });
    expect(said.stderr).toBe(`Encrypted for ${recipient}.\n`);
    expect(await decrypt(said.stdout)).toBe(value);
  });

  test('somebody whom no worker could be is refused before anybody types a value', async () => {
    const damaged = `${recipient.slice(0, -1)}${recipient.endsWith('q') ? 'p' : 'q'}`;
    for (const words of [
      [],
      ['--recipient', 'age1pq1qqqq'],
      ['--recipient', 'ssh-ed25519 AAAA'],
      ['--recipient', damaged],
      ['--recipient', identity],
      ['--recipient', identity.toLowerCase()],
    ]) {
      const said = await say(['secret', 'encrypt', ...words], { cwd: folder, stdin: new PassThrough() });
      expect(said).toMatchObject({ exit: 64, stdout: '' });
      expect(said.stderr).toContain('secret.recipient');
      expect(said.stderr.toLowerCase()).not.toContain(identity.slice(16, 40).toLowerCase());
    }
    await writeFile(join(folder, 'who'), '# nobody\n');
    expect((await secret(['encrypt', '--recipients-file', 'who'])).stderr).toContain('who names nobody.');
    expect((await secret(['encrypt', '--recipients-file', 'none'])).stderr).toContain('cli.file');
  });

  test('takes no value on its command line, and repeats none that was tried', async () => {
    for (const words of [
      ['--value=canary-7f3a'],
      ['canary-7f3a'],
      ['--recipient', recipient, '--key', 'canary 7f3a'],
    ]) {
      const said = await secret(['encrypt', ...words]);
      expect(said).toMatchObject({ exit: 64, stdout: '' });
      holdsNoValue(said);
    }
  });
});

describe('pawl secret encrypt --file', () => {
  const head = 'apiVersion: pawl/v1 # kept\nkind: Secret\nmetadata: { name: crm }\nspec:\n  source: age\n';

  async function written(text: string, words: readonly string[] = ['--key', 'token']): Promise<string> {
    await writeFile(join(folder, 'a.yaml'), text);
    const said = await secret(['encrypt', '--recipient', recipient, '--file', 'a.yaml', ...words]);
    expect(said.stderr).toBe(`token is written into a.yaml.\nEncrypted for ${recipient}.\n`);
    expect([said.exit, said.stdout]).toEqual([0, '']);
    return readFile(join(folder, 'a.yaml'), 'utf8');
  }

  test('replaces, adds and begins `keys`, and leaves every other character as it was', async () => {
    const { stdout } = await secret(['encrypt', '--recipient', recipient]);
    const old = stdout.trimEnd().replaceAll('\n', '\n      ');
    const cases: readonly (readonly [string, string])[] = [
      [
        `${head}  keys:\n    # the old one\n    token: ${JSON.stringify(stdout)} # why\n`,
        `${head}  keys:\n    # the old one\n    token: | # why\n`,
      ],
      [`${head}  keys:\n    token: | # why\n      ${old}\n    # last\n`, `${head}  keys:\n    token: | # why\n`],
      [
        `${head}  keys:\n    other: | # first\n      ${old}\n  description: x # last\n`,
        `${head}  keys:\n    other: | # first\n      ${old}\n    token: |\n`,
      ],
      [`${head}  # none yet\n`, `${head}  keys:\n    token: |\n`],
      [`${head}  keys: {}\n`, `${head}  keys: { "token": "`],
      [`${head}  keys: { token: "x" } # end\n`, `${head}  keys: { token: "-----BEGIN`],
    ];
    for (const [before, start] of cases) {
      const after = await written(before);
      expect(after.startsWith(start), after).toBe(true);
      expect(await keyOf(after, 'token')).toBe(value);
      // What is not the new value is there as before, each line of it.
      for (const line of before.split('\n').filter((one) => one.includes('#') && !one.includes('token'))) {
        expect(after).toContain(line);
      }
    }
  });

  test('keeps line ends of Windows, indents and a file without a last line break', async () => {
    const crlf = await written(
      `${head}  keys:\n      other: &a "x"`
        .replaceAll('\n', '\r\n')
        .replace('&a "x"', JSON.stringify((await secret(['encrypt', '--recipient', recipient])).stdout)),
    );
    expect(crlf.replaceAll('\r\n', '')).not.toContain('\n');
    expect(crlf).toContain('\r\n      token: |\r\n        -----BEGIN');
    expect(await keyOf(crlf, 'token')).toBe(value);
  });

  test('finds its Secret among other documents', async () => {
    const other =
      'apiVersion: pawl/v1\nkind: Secret\nmetadata: { name: x }\nspec: { source: env, keys: { a: PAWL_SECRET_A } }\n';
    const after = await written(`${other}---\n${head}---\n${other.replace('name: x', 'name: y')}`);
    expect(await keyOf(after, 'token', 1)).toBe(value);
    const two = `${head.replace('name: crm', 'name: crm, namespace: support')}---\n${head}`;
    const named = await written(two, ['--key', 'token', '--secret', 'support/crm']);
    expect(named.indexOf('BEGIN')).toBeLessThan(named.indexOf('---\napiVersion'));
  });

  test.each([
    ['no Secret', 'apiVersion: pawl/v1\nkind: Agent\n', 'declares no Secret.'],
    ['another source', head.replace('age', 'env'), 'declares the Secret with another source'],
    ['two Secrets', `${head}---\n${head.replace('crm', 'mail')}`, 'declares several Secrets of source `age`'],
    ['a mistake', `${head}  source: age\n`, 'cannot be read: line 6'],
    [
      'an alias for its keys',
      `a: &k { b: c }\n---\n${head.replace('spec:\n  source: age', 'spec: { source: age }')}`,
      'in braces',
    ],
  ])('%s is said, and the file is left as it was', async (_what, text, message) => {
    await writeFile(join(folder, 'a.yaml'), text);
    const said = await secret(['encrypt', '--recipient', recipient, '--file', 'a.yaml', '--key', 'token']);
    expect(said).toMatchObject({ exit: 64, stdout: '' });
    expect(said.stderr).toContain('secret.manifest');
    expect(said.stderr).toContain(message);
    expect(await readFile(join(folder, 'a.yaml'), 'utf8')).toBe(text);
    expect(await readdir(folder)).toEqual(['a.yaml']);
  });

  test('keeps the mode of the file and a link to it', async () => {
    await writeFile(join(folder, 'real.yaml'), head, { mode: 0o640 });
    await symlink('real.yaml', join(folder, 'a.yaml'));
    await secret(['encrypt', '--recipient', recipient, '--file', 'a.yaml', '--key', 'token']);
    expect((await lstat(join(folder, 'a.yaml'))).isSymbolicLink()).toBe(true);
    expect((await stat(join(folder, 'real.yaml'))).mode & 0o777).toBe(0o640);
    expect(await keyOf(await readFile(join(folder, 'real.yaml'), 'utf8'), 'token')).toBe(value);
  });

  test('needs a key, and a file that is there', async () => {
    expect((await secret(['encrypt', '--recipient', recipient, '--file', 'a.yaml'])).stderr).toContain(
      '--file needs --key',
    );
    const said = await secret(['encrypt', '--recipient', recipient, '--file', 'none.yaml', '--key', 'token']);
    expect(said).toMatchObject({ exit: 64 });
    expect(said.stderr).toContain('cli.file');
  });
});

describe('pawl secret keygen', () => {
  test('writes a key for its owner alone, and prints only the public half', async () => {
    const said = await secret(['keygen', '--out', 'worker.key']);
    const text = await readFile(join(folder, 'worker.key'), 'utf8');
    identity = /^AGE-SECRET-KEY-1\w+$/m.exec(text)?.[0] ?? '';
    expect(said.stdout.trim()).toBe(await identityToRecipient(identity));
    expect(said.stdout + said.stderr).not.toContain('AGE-SECRET-KEY');
    expect((await stat(join(folder, 'worker.key'))).mode & 0o777).toBe(0o600);
    const { stdout } = await secret(['encrypt', '--recipient', said.stdout.trim()]);
    expect(await decrypt(stdout)).toBe(value);
  });

  test('never writes over a key, nor into a repository', async () => {
    await writeFile(join(folder, 'worker.key'), 'old');
    expect(await secret(['keygen', '--out', 'worker.key'])).toMatchObject({ exit: 64, stdout: '' });
    expect(await readFile(join(folder, 'worker.key'), 'utf8')).toBe('old');
    await mkdir(join(folder, '.git'));
    await mkdir(join(folder, '.pawl'));
    const said = await secret(['keygen', '--out', 'new.key']);
    expect(said.exit).toBe(64);
    expect(said.stderr).toContain('secret.key_file');
    expect(await readdir(folder)).not.toContain('new.key');
    // pawl's own folder is ignored by Git.
    expect(await secret(['keygen', '--out', '.pawl/worker.key'])).toMatchObject({ exit: 0 });
    expect(await secret(['keygen'])).toMatchObject({ exit: 64, stdout: '' });
  });
});
