import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import type { SignatureVerdict, SigningKeys } from '../../src/source/signature.ts';
import { signatureKind, signatureText } from '../../src/source/signature.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { installVerifiers, Keys } from '../support/signing.ts';

beforeAll(installVerifiers);

interface Case {
  readonly origin: TestRepository;
  readonly repository: Repository;
  readonly keys: Keys;
}

async function open(): Promise<Case> {
  const [origin, keys] = [await createRepository(), await Keys.create()];
  const repository = await openRepository({ path: origin.path, reader: 'git-cli', surroundings: surroundings() });
  onTestFinished(async () => {
    await repository.close();
    await keys.remove();
    await origin.remove();
  });
  return { origin, repository, keys };
}

function surroundings(): { path: string } {
  return { path: process.env['PATH'] ?? '' };
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function verdict(repository: Repository, commit: string, keys: SigningKeys): Promise<SignatureVerdict> {
  const [only] = await repository.verify([commit], keys);
  if (only === undefined) throw new TypeError('no verdict');
  return only;
}

const refused = (fault: string): object => expect.objectContaining({ kind: 'refused', fault });

describe('SSH signatures', () => {
  test('of an allowed signer are good, and say whose', async () => {
    const { origin, repository, keys } = await open();
    const alice = await keys.ssh('alice');
    const commit = await keys.commit(origin, alice);
    const allowedSigners = text(`alice@example.com ${alice.publicKey}\n`);
    expect(await verdict(repository, commit, { allowedSigners })).toEqual({
      kind: 'good',
      by: 'alice@example.com',
      isForge: false,
    });
  });

  test('of a stranger, of nobody, and of another content are refused, each by its name', async () => {
    const { origin, repository, keys } = await open();
    const [alice, mallory] = [await keys.ssh('alice'), await keys.ssh('mallory')];
    const allowedSigners = text(`alice@example.com ${alice.publicKey}\n`);
    const stranger = await keys.commit(origin, mallory);
    const signed = await keys.commit(origin, alice, { message: 'one' });
    const unsigned = await origin.commit({ a: '1' });
    const amended = await rewritten(origin, signed, (raw) => raw.replace(/\none\n$/, '\ntwo\n'));
    expect(await verdict(repository, stranger, { allowedSigners })).toEqual(refused('unknown'));
    expect(await verdict(repository, unsigned, { allowedSigners })).toEqual(refused('unsigned'));
    expect(await verdict(repository, amended, { allowedSigners })).toEqual(refused('bad'));
    expect(await verdict(repository, signed, { allowedSigners: text('') })).toEqual(refused('unknown'));
    expect(await verdict(repository, signed, {})).toEqual(refused('unknown'));
    expect(await repository.verify([signed, unsigned, signed], { allowedSigners })).toHaveLength(2);
  });

  test('count only while the key is valid: at the time that the commit claims, and now', async () => {
    const { origin, repository, keys } = await open();
    const alice = await keys.ssh('alice');
    const expired = text(`alice@example.com valid-before="20200101" ${alice.publicKey}\n`);
    const early = text(`alice@example.com valid-after="20990101" ${alice.publicKey}\n`);
    const now = await keys.commit(origin, alice);
    // Whoever has a key that ran out sets the clock of the commit back.
    const backdated = await keys.commit(origin, alice, { date: 1_400_000_000 });
    expect(await verdict(repository, now, { allowedSigners: expired })).toEqual(refused('expired'));
    expect(await verdict(repository, backdated, { allowedSigners: expired })).toEqual(refused('expired'));
    expect(await verdict(repository, now, { allowedSigners: early })).toEqual(refused('expired'));
  });

  test('of a key for something else than Git are refused', async () => {
    const { origin, repository, keys } = await open();
    const alice = await keys.ssh('alice');
    const commit = await keys.commit(origin, alice);
    const allowedSigners = text(`alice@example.com namespaces="file" ${alice.publicKey}\n`);
    expect(await verdict(repository, commit, { allowedSigners })).toEqual(refused('namespace'));
  });

  test('of a revoked key are refused, by a list of keys and by a revocation list of OpenSSH', async () => {
    const { origin, repository, keys } = await open();
    const [alice, bob] = [await keys.ssh('alice'), await keys.ssh('bob')];
    const commit = await keys.commit(origin, alice);
    const allowedSigners = text(`alice@example.com ${alice.publicKey}\nbob@example.com ${bob.publicKey}\n`);
    const lists = [await keys.revocations(alice), text(`${alice.publicKey}\n`)];
    for (const revokedSigners of lists) {
      expect(await verdict(repository, commit, { allowedSigners, revokedSigners })).toEqual(refused('revoked'));
    }
    const revokedSigners = await keys.revocations(bob);
    expect(await verdict(repository, commit, { allowedSigners, revokedSigners })).toMatchObject({ kind: 'good' });
  });

  test('of a certificate count for the principals of the authority, and no others', async () => {
    const { origin, repository, keys } = await open();
    const ca = await keys.ssh('ca');
    const carol = await keys.certified('carol', { ca: 'ca', principals: 'carol@example.com' });
    const guest = await keys.certified('guest', { ca: 'ca', principals: 'guest@elsewhere.org' });
    const late = await keys.certified('late', {
      ca: 'ca',
      principals: 'late@example.com',
      validity: '20200101:20200102',
    });
    const allowedSigners = text(`*@example.com cert-authority ${ca.publicKey}\n`);
    const [own, other, old] = [
      await keys.commit(origin, carol),
      await keys.commit(origin, guest),
      await keys.commit(origin, late),
    ];
    expect(await verdict(repository, own, { allowedSigners })).toMatchObject({ kind: 'good' });
    expect(await verdict(repository, other, { allowedSigners })).toMatchObject({ kind: 'refused' });
    expect(await verdict(repository, old, { allowedSigners })).toMatchObject({ kind: 'refused' });
    // The authority's line does not make its own key a signer.
    expect(await verdict(repository, await keys.commit(origin, ca), { allowedSigners })).toEqual(refused('unknown'));
  });

  test("are not verified by what the repository's configuration says", async () => {
    const { origin, repository, keys } = await open();
    const mallory = await keys.ssh('mallory');
    const commit = await keys.commit(origin, mallory);
    const signers = join(keys.folder, 'signers');
    await writeFile(signers, `mallory@example.com ${mallory.publicKey}\n`);
    await origin.git('config', 'gpg.ssh.allowedSignersFile', signers);
    await origin.git('config', 'gpg.ssh.program', '/bin/true');
    await origin.git('config', 'gpg.program', '/bin/true');
    expect(await verdict(repository, commit, { allowedSigners: text('') })).toEqual(refused('unknown'));
  });
});

describe('OpenPGP signatures', () => {
  test('count by the keyring, and not by what anybody else has', async () => {
    const { origin, repository, keys } = await open();
    const alice = await keys.openPgp('Alice <alice@example.com>');
    const mallory = await keys.openPgp('Mallory <mallory@example.com>');
    const keyring = text(alice.publicKey);
    const signed = await keys.commit(origin, alice, { message: 'one' });
    expect(await verdict(repository, signed, { keyring })).toEqual({
      kind: 'good',
      by: 'Alice <alice@example.com>',
      isForge: false,
    });
    const amended = await rewritten(origin, signed, (raw) => raw.replace(/\none\n$/, '\ntwo\n'));
    expect(await verdict(repository, amended, { keyring })).toEqual(refused('bad'));
    expect(await verdict(repository, await keys.commit(origin, mallory), { keyring })).toEqual(refused('unknown'));
    expect(await verdict(repository, signed, { allowedSigners: text('') })).toEqual(refused('unknown'));
    const revoked = text(await keys.revoked('Alice <alice@example.com>'));
    expect(await verdict(repository, signed, { keyring: revoked })).toEqual(refused('revoked'));
  });

  test('of a key that ran out are refused', async () => {
    const { origin, repository, keys } = await open();
    const alice = await keys.openPgp('Alice <alice@example.com>');
    const commit = await keys.commit(origin, alice);
    const keyring = text(keys.expired('Alice <alice@example.com>'));
    expect(await verdict(repository, commit, { keyring })).toEqual(refused('expired'));
  });

  test("of the forge's key are told apart, whichever file holds it", async () => {
    const { origin, repository, keys } = await open();
    const alice = await keys.openPgp('Alice <alice@example.com>');
    const forge = await keys.openPgp('Forge <merges@forge.example>');
    const github = await keys.openPgp('GitHub (web-flow commit signing) <noreply@github.com>');
    const merge = await keys.commit(origin, forge);
    const files = { keyring: text(alice.publicKey), forgeKeys: text(forge.publicKey) };
    expect(await verdict(repository, merge, files)).toMatchObject({ kind: 'good', isForge: true });
    const [page] = [await keys.commit(origin, github)];
    expect(await verdict(repository, page, { keyring: text(github.publicKey) })).toMatchObject({ isForge: true });
  });

  test('are not looked for in a keyring with a private key', async () => {
    const { origin, repository, keys } = await open();
    const alice = await keys.openPgp('Alice <alice@example.com>');
    const commit = await keys.commit(origin, alice);
    const keyring = text(`${alice.publicKey}\n-----BEGIN PGP PRIVATE KEY BLOCK-----\n`);
    expect(await verdict(repository, commit, { keyring })).toMatchObject({
      fault: 'unknown',
      detail: expect.stringContaining('private key'),
    });
  });
});

describe('without a verifier', () => {
  test('nothing is verified, and what to install is named', async () => {
    const { origin, keys } = await open();
    const alice = await keys.ssh('alice');
    const commit = await keys.commit(origin, alice);
    const allowedSigners = text(`alice@example.com ${alice.publicKey}\n`);
    const none = await openRepository({ path: origin.path, reader: 'isomorphic' });
    expect(await verdict(none, commit, { allowedSigners })).toEqual({
      kind: 'refused',
      fault: 'verifier-missing',
      detail: 'git (apt install git)',
    });
    const bare = await openRepository({ path: origin.path, reader: 'git-cli', surroundings: { path: keys.folder } });
    expect(await verdict(bare, commit, { allowedSigners })).toMatchObject({
      detail: 'ssh-keygen (apt install openssh-client)',
    });
    expect(await verdict(bare, commit, { keyring: text('') })).toMatchObject({ detail: 'gpg (apt install gnupg)' });
    await bare.close();
  });
});

describe("a commit's own text", () => {
  const head = 'tree 0\nauthor A <a> 0 +0000\n';

  test.each([
    [`${head}\nmessage\ngpgsig -----BEGIN SSH SIGNATURE-----\n`, 'none'],
    [`${head}gpgsig -----BEGIN SSH SIGNATURE-----\n x\n -----END SSH SIGNATURE-----\n\nm`, 'ssh'],
    [`${head}gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n\nm`, 'openpgp'],
    [`${head}gpgsig -----BEGIN SIGNED MESSAGE-----\n x\n\nm`, 'other'],
    [`${head}gpgsig-sha256 -----BEGIN SSH SIGNATURE-----\n x\n\nm`, 'none'],
    [`${head}encoding x\n gpgsig -----BEGIN SSH SIGNATURE-----\n\nm`, 'none'],
  ])('says how it is signed only in its head', (commit, kind) => {
    expect(signatureKind(commit)).toBe(kind);
  });

  test('holds the signature with each line moved by one', () => {
    expect(signatureText(`${head}gpgsig a\n b\n \n c\nencoding x\n\nm`)).toBe('a\nb\n\nc');
  });
});

/** Writes a commit's text again, changed by hand: its signature stays what it was. */
async function rewritten(origin: TestRepository, commit: string, change: (raw: string) => string): Promise<string> {
  const raw = `${await origin.git('cat-file', 'commit', commit)}\n`;
  const file = join(origin.path, '.git', 'rewritten');
  const changed = change(raw);
  if (changed === raw) throw new TypeError('nothing changed');
  await writeFile(file, changed);
  return origin.git('hash-object', '-t', 'commit', '-w', file);
}
