import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { type GitCommand, type RunLimits, runGit } from './git-process.ts';
import type { Surroundings } from './reader.ts';
import { runProgram } from './run-program.ts';
import type { SignatureVerdict, SigningKeys } from './signature.ts';
import { signatureKind, signatureText } from './signature.ts';
import { type OpenPgpHome, openPgpHome, openPgpVerdict } from './verify-openpgp.ts';
import { sshVerdict } from './verify-ssh.ts';

/** What verifying works with: Git's own configuration of verifiers is never asked. */
export interface VerifyPlace {
  /** Holds nothing but what verifying puts there; it goes afterwards. */
  readonly gitDirectory: string;
  readonly objects: string;
  readonly surroundings: Surroundings;
  readonly timeoutMs: number;
}

/** Holds the keys of one judgement, and verifies commits by them with `git verify-commit`. */
export class Verifier {
  readonly #place: VerifyPlace;
  readonly #keys: SigningKeys;
  readonly #limits: RunLimits;
  readonly #files: { readonly allowed: string; readonly revoked: string };
  #keyring: OpenPgpHome | undefined;
  #forge: OpenPgpHome | undefined;

  static async open(place: VerifyPlace, keys: SigningKeys): Promise<Verifier> {
    const verifier = new Verifier(place, keys);
    await verifier.#lay();
    return verifier;
  }

  private constructor(place: VerifyPlace, keys: SigningKeys) {
    this.#place = place;
    this.#keys = keys;
    this.#limits = { timeoutMs: place.timeoutMs, outputBytesMax: 256 * 1024 };
    this.#files = { allowed: join(place.gitDirectory, 'allowed'), revoked: join(place.gitDirectory, 'revoked') };
  }

  async verdict(commit: string, text: string): Promise<SignatureVerdict> {
    switch (signatureKind(text)) {
      case 'none':
        return { kind: 'refused', fault: 'unsigned' };
      case 'ssh':
        return this.#ssh(commit, text);
      case 'openpgp':
        return this.#openPgp(commit);
      case 'other':
        return { kind: 'refused', fault: 'unsupported' };
    }
  }

  async #lay(): Promise<void> {
    const { allowedSigners, revokedSigners, keyring, forgeKeys } = this.#keys;
    const { gitDirectory } = this.#place;
    await writeFile(this.#files.allowed, allowedSigners ?? '');
    if (revokedSigners !== undefined) await writeFile(this.#files.revoked, revokedSigners);
    const run = { env: this.#environment(), timeoutMs: this.#place.timeoutMs };
    const none = join(gitDirectory, 'no-keys');
    await mkdir(none, { mode: 0o700 });
    this.#keyring = await openPgpHome(join(gitDirectory, 'keyring'), keyring, run);
    this.#forge = await openPgpHome(join(gitDirectory, 'forge'), forgeKeys, run);
  }

  async #ssh(commit: string, text: string): Promise<SignatureVerdict> {
    const { allowed, revoked } = this.#files;
    const signers = { 'gpg.ssh.allowedSignersFile': allowed };
    const isRevoking = this.#keys.revokedSigners !== undefined;
    const all = isRevoking ? { ...signers, 'gpg.ssh.revocationFile': revoked } : signers;
    const verified = await this.#git(commit, all, 'no-keys');
    if (verified.exit !== 0) {
      const again = isRevoking ? await this.#git(commit, signers, 'no-keys') : verified;
      return sshVerdict({ verified, isGoodOtherwise: again.exit === 0 });
    }
    return sshVerdict({ verified, isGoodOtherwise: true, isValidNow: await this.#isValidNow(text) });
  }

  /** Git asks whether the key was valid at the time that the commit claims, which a thief of an old key sets back. */
  async #isValidNow(text: string): Promise<boolean> {
    const file = join(this.#place.gitDirectory, 'signature');
    await writeFile(file, `${signatureText(text) ?? ''}\n`);
    const args = ['-Y', 'find-principals', '-s', file, '-f', this.#files.allowed];
    const run = { env: this.#environment(), timeoutMs: this.#place.timeoutMs };
    return (await runProgram('ssh-keygen', args, run)).exit === 0;
  }

  async #openPgp(commit: string): Promise<SignatureVerdict> {
    const own = await this.#openPgpIn(commit, this.#keyring, 'keyring');
    if (own.kind === 'good' || own.fault !== 'unknown' || this.#keys.forgeKeys === undefined) return own;
    const forge = await this.#openPgpIn(commit, this.#forge, 'forge');
    return forge.kind === 'good' ? { ...forge, isForge: true } : forge;
  }

  async #openPgpIn(commit: string, home: OpenPgpHome | undefined, name: string): Promise<SignatureVerdict> {
    if (home === undefined || home.kind === 'none') return { kind: 'refused', fault: 'unknown' };
    if (home.kind === 'unreadable') return { kind: 'refused', fault: 'unknown', detail: home.why };
    return openPgpVerdict(await this.#git(commit, {}, name));
  }

  async #git(commit: string, config: Readonly<Record<string, string>>, home: string) {
    const { gitDirectory, objects, surroundings } = this.#place;
    const programs = { 'gpg.program': 'gpg', 'gpg.ssh.program': 'ssh-keygen', 'gpg.x509.program': '/bin/false' };
    const command: GitCommand = {
      gitDirectory,
      objects,
      surroundings,
      config: { ...programs, 'gpg.minTrustLevel': 'undefined', ...config },
      gnupgHome: join(gitDirectory, home),
    };
    return runGit(command, ['verify-commit', '--raw', commit], this.#limits);
  }

  #environment(): Record<string, string> {
    return { PATH: pathOf(this.#place.surroundings), HOME: '/nonexistent', LC_ALL: 'C' };
  }
}

/** The programs that the keys need and that are not there, each with what to install. */
export async function missingVerifiers(keys: SigningKeys, surroundings: Surroundings): Promise<readonly string[]> {
  const wanted = [
    ...(keys.allowedSigners === undefined ? [] : [{ program: 'ssh-keygen', install: 'apt install openssh-client' }]),
    ...(keys.keyring === undefined && keys.forgeKeys === undefined
      ? []
      : [{ program: 'gpg', install: 'apt install gnupg' }]),
  ];
  const found = await Promise.all(wanted.map(({ program }) => isOnPath(program, surroundings)));
  return wanted.filter((_, index) => found[index] === false).map(({ program, install }) => `${program} (${install})`);
}

async function isOnPath(program: string, surroundings: Surroundings): Promise<boolean> {
  for (const folder of pathOf(surroundings).split(delimiter).filter(isAbsolute)) {
    const isThere = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
}

function pathOf({ path }: Surroundings): string {
  return path ?? '/usr/local/bin:/usr/bin:/bin';
}
