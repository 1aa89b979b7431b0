import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { environmentAt, withOwnRules } from '../../src/controller/environments.ts';
import type { BranchProtection, Forge } from '../../src/controller/forge.ts';
import { assertSigned, type SignatureHold, signatureHold } from '../../src/controller/signatures.ts';
import { uncountedCommit } from '../../src/controller/uncounted.ts';
import type { Rules } from '../../src/manifest/rules.ts';
import { openRepository, type Repository } from '../../src/source/repository.ts';
import { createRepository, type TestRepository } from '../support/git.ts';
import { installVerifiers, Keys, type Signer } from '../support/signing.ts';

beforeAll(installVerifiers);

const signers = '.pawl/allowed_signers';

function settings(signatures: string): string {
  return `apiVersion: pawl/v1\nenvironments:\n  - { name: prod, branch: main, paths: [prod], signatures: ${signatures} }\n`;
}

const required = settings(`{ mode: require, allowedSigners: ${signers} }`);

class Team {
  readonly origin: TestRepository;
  readonly keys: Keys;
  readonly repository: Repository;
  #number = 0;

  static async create(): Promise<Team> {
    const [origin, keys] = [await createRepository(), await Keys.create()];
    const surroundings = { path: process.env['PATH'] ?? '' };
    const repository = await openRepository({ path: origin.path, reader: 'git-cli', surroundings });
    onTestFinished(async () => {
      await repository.close();
      await keys.remove();
      await origin.remove();
    });
    return new Team(origin, keys, repository);
  }

  private constructor(origin: TestRepository, keys: Keys, repository: Repository) {
    [this.origin, this.keys, this.repository] = [origin, keys, repository];
  }

  /** A commit with these files; without a signer it is not signed. */
  async commit(signer: Signer | undefined, files: Record<string, string | undefined> = {}): Promise<string> {
    this.#number += 1;
    const commit = await this.origin.commit({ [`n${this.#number}`]: '', ...files });
    if (signer === undefined) return commit;
    return this.keys.git(this.origin, 1_700_000_000 + this.#number, [
      ...signer.settings,
      'commit',
      '-q',
      '-S',
      '--amend',
      '--no-edit',
    ]);
  }

  /** Whether the commit may go live over another. */
  async over(live: string | undefined, commit: string, forge?: Forge): Promise<SignatureHold | undefined> {
    const own = await environmentAt(this.repository, commit, 'prod');
    const rules = live === undefined ? undefined : await this.#rulesAt(live);
    const question = { settings: own, live: { revision: live === undefined ? 0 : 1, commit: live, rules }, commit };
    return signatureHold({ repository: this.repository, forge }, question);
  }

  async #rulesAt(commit: string): Promise<Rules | undefined> {
    const before = await environmentAt(this.repository, commit, 'prod');
    return (await withOwnRules(this.repository, before, commit)).rules;
  }
}

function allowed(...all: readonly (readonly [string, Signer])[]): Record<string, string> {
  return { [signers]: all.map(([name, { publicKey }]) => `${name}@example.com ${publicKey}\n`).join('') };
}

test('of a branch the first commit is named that could not go live as it is, by the signers of its base', async () => {
  const team = await Team.create();
  const [alice, mallory] = [await team.keys.ssh('alice'), await team.keys.ssh('mallory')];
  const base = await team.commit(alice, { 'pawl.yaml': required, ...allowed(['alice', alice]) });
  const own = await environmentAt(team.repository, base, 'prod');
  const uncounted = (head: string) => uncountedCommit(team.repository, { settings: own, base, head });
  expect(await uncounted(await team.commit(alice))).toBeUndefined();
  const plain = await team.commit(undefined, allowed(['mallory', mallory]));
  expect(await uncounted(plain)).toEqual({ commit: plain, why: 'is not signed' });
  await team.origin.git('reset', '--quiet', '--hard', base);
  const foreign = await team.commit(mallory, allowed(['mallory', mallory]));
  expect(await uncounted(await team.commit(alice))).toEqual({
    commit: foreign,
    why: 'is signed by nobody who may sign',
  });
  const optional = await team.commit(undefined, { 'pawl.yaml': settings('{ mode: off }') });
  const there = { settings: await environmentAt(team.repository, optional, 'prod'), base: optional };
  expect(await uncountedCommit(team.repository, { ...there, head: await team.commit(undefined) })).toBeUndefined();
});

describe('a line that live requires to be signed', () => {
  test('passes with commits, merges and reverts that people sign, whatever the sides of a merge hold', async () => {
    const team = await Team.create();
    const alice = await team.keys.ssh('alice');
    const live = await team.commit(alice, { 'pawl.yaml': required, ...allowed(['alice', alice]) });
    await team.origin.git('checkout', '--quiet', '-b', 'side');
    await team.commit(undefined, { side: '' });
    await team.origin.git('checkout', '--quiet', 'main');
    await team.commit(alice);
    const sign = (...args: readonly string[]): string =>
      team.keys.git(team.origin, 1_700_000_900, [...alice.settings, ...args]);
    const merge = sign('merge', '-q', '-S', '--no-ff', '-m', 'Merge', 'side');
    expect(await team.over(live, merge)).toBeUndefined();
    const revert = sign('revert', '-S', '--no-edit', '-m', '1', merge);
    expect(await team.over(live, revert)).toBeUndefined();
    expect(await team.over(revert, revert)).toBeUndefined();
  });

  test('is held by one unsigned commit beneath a signed one, which is named', async () => {
    const team = await Team.create();
    const alice = await team.keys.ssh('alice');
    const live = await team.commit(alice, { 'pawl.yaml': required, ...allowed(['alice', alice]) });
    const unsigned = await team.commit(undefined);
    const head = await team.commit(alice);
    expect(await team.over(live, head)).toEqual({
      code: 'git.signature',
      reason: 'unsigned',
      message: `main @ ${head.slice(0, 7)} is held (unsigned): commit ${unsigned.slice(0, 7)} is not signed. Sign it with a key of ${signers} as ${live.slice(0, 7)} has them, and push it again.`,
    });
    const question = { settings: await environmentAt(team.repository, head, 'prod'), commit: head };
    const rules = (await withOwnRules(team.repository, question.settings, live)).rules;
    const asked = { ...question, live: { revision: 1, commit: live, rules } };
    await expect(assertSigned(team, asked)).rejects.toMatchObject({ code: 'git.signature', exit: 6 });
    const none = await openRepository({ path: team.origin.path, reader: 'isomorphic' });
    expect(await signatureHold({ repository: none }, asked)).toMatchObject({
      reason: 'verifier-missing',
      message: expect.stringContaining('without git (apt install git). Install it'),
    });
  });

  test('lets those who may sign add others, and nobody themselves', async () => {
    const team = await Team.create();
    const [alice, bob] = [await team.keys.ssh('alice'), await team.keys.ssh('bob')];
    const live = await team.commit(alice, { 'pawl.yaml': required, ...allowed(['alice', alice]) });
    const both = allowed(['alice', alice], ['bob', bob]);
    await team.commit(alice, both);
    expect(await team.over(live, await team.commit(bob))).toBeUndefined();
    await team.origin.git('reset', '--quiet', '--hard', live);
    expect(await team.over(live, await team.commit(bob, both))).toMatchObject({ reason: 'unknown' });
    // The commit under judgement may turn signatures off, and is judged all the same.
    const off = await team.commit(undefined, { 'pawl.yaml': settings('{ mode: off }') });
    expect(await team.over(live, off)).toMatchObject({ code: 'git.signature' });
  });

  test('is not begun where somebody was still allowed who no longer is', async () => {
    const team = await Team.create();
    const [alice, bob] = [await team.keys.ssh('alice'), await team.keys.ssh('bob')];
    const old = await team.commit(alice, { 'pawl.yaml': required, ...allowed(['alice', alice], ['bob', bob]) });
    const live = await team.commit(alice, allowed(['alice', alice]));
    await team.origin.git('checkout', '--quiet', '-b', 'side', old);
    await team.commit(bob);
    const foxtrot = team.keys.git(team.origin, 1_700_000_900, [
      ...bob.settings,
      'merge',
      '-q',
      '-S',
      '--no-ff',
      '-m',
      'Merge',
      live,
    ]);
    expect(await team.over(live, foxtrot)).toMatchObject({ reason: 'unknown' });
  });

  test('is held by what its newest commit says was stolen', async () => {
    const team = await Team.create();
    const [alice, bob] = [await team.keys.ssh('alice'), await team.keys.ssh('bob')];
    const revoked = '.pawl/revoked';
    const live = await team.commit(alice, {
      'pawl.yaml': settings(`{ mode: require, allowedSigners: ${signers}, revokedSigners: ${revoked} }`),
      [revoked]: '',
      ...allowed(['alice', alice], ['bob', bob]),
    });
    const stolen = await team.commit(bob);
    const head = await team.commit(alice, { [revoked]: `${bob.publicKey}\n`, ...allowed(['alice', alice]) });
    expect(await team.over(live, stolen)).toBeUndefined();
    expect(await team.over(live, head)).toMatchObject({
      reason: 'revoked',
      message: expect.stringContaining(`commit ${stolen.slice(0, 7)} is signed with a key that was revoked`),
    });
  });

  test('lets nobody through when its keys are lost, and goes on from an older revision that allows one still there', async () => {
    const team = await Team.create();
    const [kept, lost] = [await team.keys.ssh('kept'), await team.keys.ssh('lost')];
    const old = await team.commit(kept, { 'pawl.yaml': required, ...allowed(['kept', kept]) });
    const live = await team.commit(kept, allowed(['lost', lost]));
    expect(await team.over(live, await team.commit(kept, allowed(['kept', kept])))).toMatchObject({
      reason: 'unknown',
    });
    expect(await team.over(live, await team.commit(undefined))).toMatchObject({ code: 'git.signature' });
    // A rollback needs no commit: from then on the older revision's commit says who may sign.
    await team.origin.git('reset', '--quiet', '--hard', old);
    expect(await team.over(old, await team.commit(kept, { again: '' }))).toBeUndefined();
    await team.origin.git('reset', '--quiet', '--hard', live);
    expect(await team.over(old, await team.commit(kept))).toMatchObject({ reason: 'unknown' });
  });

  test('never loses the file that judges what follows', async () => {
    const team = await Team.create();
    const alice = await team.keys.ssh('alice');
    const live = await team.commit(alice, { 'pawl.yaml': required, ...allowed(['alice', alice]) });
    const without = await team.commit(alice, { [signers]: undefined });
    expect(await team.over(live, without)).toMatchObject({ reason: 'signers-missing' });
  });
});

test('what requires signatures for the first time is judged alone, by the signers that it names', async () => {
  const team = await Team.create();
  const alice = await team.keys.ssh('alice');
  const off = await team.commit(undefined, { 'pawl.yaml': settings('{ mode: off }') });
  expect(await team.over(undefined, off)).toBeUndefined();
  const unsigned = await team.commit(undefined, { 'pawl.yaml': required, ...allowed(['alice', alice]) });
  expect(await team.over(undefined, unsigned)).toMatchObject({ reason: 'unsigned' });
  expect(await team.over(off, unsigned)).toMatchObject({ reason: 'unsigned' });
  const signed = await team.commit(alice);
  expect(await team.over(undefined, signed)).toBeUndefined();
  expect(await team.over(off, signed)).toBeUndefined();
});

test("the forge's own key counts as far as the forge protects the branch, asked each time", async () => {
  const team = await Team.create();
  const [alice, forgeKey] = [await team.keys.ssh('alice'), await team.keys.openPgp('Forge <merges@forge.example>')];
  const live = await team.commit(alice, {
    'pawl.yaml': settings(`{ mode: require, allowedSigners: ${signers}, forgeKeys: .pawl/forge.asc }`),
    '.pawl/forge.asc': forgeKey.publicKey,
    ...allowed(['alice', alice]),
  });
  const merge = await team.commit(forgeKey);
  const asked: string[] = [];
  const says = (protection: BranchProtection): Forge => ({
    branchProtection: async (branch) => {
      asked.push(branch);
      return protection;
    },
  });
  expect(await team.over(live, merge)).toMatchObject({ reason: 'forge-unprotected' });
  expect(await team.over(live, merge, says({ requiresSignatures: true, reviews: 0 }))).toMatchObject({
    message: expect.stringContaining('requires no review'),
  });
  expect(await team.over(live, merge, says({ requiresSignatures: false, reviews: 2 }))).toMatchObject({
    message: expect.stringContaining('requires no signatures'),
  });
  expect(await team.over(live, merge, says({ requiresSignatures: true, reviews: 1 }))).toBeUndefined();
  expect(asked).toEqual(['main', 'main', 'main']);
});

test('another file of keys is another rule', async () => {
  const team = await Team.create();
  const [alice, bob] = [await team.keys.ssh('alice'), await team.keys.ssh('bob')];
  const first = await team.commit(alice, { 'pawl.yaml': required, ...allowed(['alice', alice]) });
  const second = await team.commit(alice, allowed(['alice', alice], ['bob', bob]));
  const rulesAt = async (commit: string) =>
    (await withOwnRules(team.repository, await environmentAt(team.repository, commit, 'prod'), commit)).rules;
  expect((await rulesAt(first))?.environment?.signatures.files).not.toBe(
    (await rulesAt(second))?.environment?.signatures.files,
  );
});
