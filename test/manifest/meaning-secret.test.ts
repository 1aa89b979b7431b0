import { armor, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { beforeAll, describe, expect, test } from 'vitest';
import { ageFault } from '../../src/manifest/age-file.ts';
import { excerptLine } from '../../src/manifest/excerpt.ts';
import { validateText } from './manifests.ts';

let recipient = '';
let good = '';

beforeAll(async () => {
  recipient = await identityToRecipient(await generateX25519Identity());
  good = await encrypt((encrypter) => encrypter.addRecipient(recipient));
});

async function encrypt(to: (encrypter: Encrypter) => void, text: string = 'the value'): Promise<string> {
  const encrypter = new Encrypter();
  to(encrypter);
  return armor.encode(await encrypter.encrypt(text));
}

const secret = (source: string, value: string) =>
  `apiVersion: pawl/v1\nkind: Secret\nmetadata: {name: crm}\nspec:\n  source: ${source}\n  keys:\n    crm: ${JSON.stringify(value)}\n`;

describe('an age ciphertext', () => {
  test('validates without any key', () => {
    expect(validateText(secret('age', good)).problems).toEqual([]);
    const block = good.trimEnd().replaceAll('\n', '\n      ');
    const text = secret('age', '').replace('""', `|\n      ${block}`);
    expect(validateText(text).problems).toEqual([]);
  });

  test('may be for several people and workers, whatever their keys', async () => {
    const others = await Promise.all(
      Array.from({ length: 3 }, async () => identityToRecipient(await generateX25519Identity())),
    );
    const text = await encrypt((encrypter) => {
      for (const other of [...others, recipient]) encrypter.addRecipient(other);
    });
    expect(ageFault(text)).toBeUndefined();
  });

  test('that a worker could not decrypt says why, and where', async () => {
    const raw = armor.decode(good);
    const passphrase = await encrypt((encrypter) => {
      encrypter.setScryptWorkFactor(2);
      encrypter.setPassphrase('correct horse');
    });
    const tag = armor.encode(
      Buffer.from(Buffer.from(raw).toString('latin1').replace('-> X25519', '-> ssh-rsa'), 'latin1'),
    );
    const many = await encrypt((encrypter) => {
      for (let at = 0; at < 51; at += 1) encrypter.addRecipient(recipient);
    });
    const cases: readonly (readonly [string, RegExp])[] = [
      ['hunter2hunter2', /does not begin/],
      [good.replace('BEGIN AGE', 'BEGIN  AGE'), /does not begin/],
      [good.split('\n').slice(0, -2).join('\n'), /does not end/],
      [good.split('\n').toSpliced(2, 0, '').join('\n'), /base64 in lines/],
      [good.replace(/[A-Za-z]/g, (letter) => (letter === 'Y' ? '*' : letter)), /./],
      [armor.encode(raw.subarray(0, 30)), /no complete header/],
      [armor.encode(raw.subarray(0, -40)), /cut after its header/],
      [
        armor.encode(Buffer.from(Buffer.from(raw).toString('latin1').replace('/v1', '/v2'), 'latin1')),
        /no known version/,
      ],
      [passphrase, /passphrase/],
      [tag, /no X25519 recipient/],
      [many, /more than 50 recipients/],
      [`${good}${' '.repeat(70_000)}`, /longer than/],
    ];
    for (const [text, what] of cases) {
      expect(ageFault(text), text.slice(0, 40)).toMatch(what);
      const { problems } = validateText(secret('age', text));
      expect(problems.length).toBeGreaterThan(0);
      expect(problems[0]).toMatchObject({ line: 7, severity: 'error' });
    }
  });
});

test('a value written where its place belongs is refused and not repeated', () => {
  // Of no known form: nothing but its place says that it is one.
  const value = 'correct horse battery staple';
  for (const source of ['env', 'file', 'age', 'stored', 'vault']) {
    for (const text of [secret(source, value), secret(source, value.replaceAll(' ', '-'))]) {
      const { problems } = validateText(text);
      expect(problems.map(({ severity }) => severity)).toContain('error');
      const shown = JSON.stringify(problems) + problems.map((problem) => excerptLine(text, problem)).join('\n');
      for (const part of ['correct', 'horse-ba', 'staple']) expect(shown).not.toContain(part);
    }
  }
});

test.each([
  ['/run/secrets/crm-token', []],
  ['/run/secrets/..data/token', []],
  ['crm-token', ['secret.file_path']],
  ['./crm-token', ['secret.file_path']],
  ['/run/secrets/../token', ['secret.file_path']],
  ['/run//token', ['secret.file_path']],
  ['/run/secrets/', ['secret.file_path']],
  ['/', ['secret.file_path']],
])('the path %s is judged as the worker will', (path, codes) => {
  expect(validateText(secret('file', path)).problems.map(({ code }) => code)).toEqual(codes);
});
