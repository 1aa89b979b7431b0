import { execFileSync, type StdioOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installWithApt, isDebianRoot } from './apt.ts';
import { gitEnvironment, type TestRepository } from './git.ts';

const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];

/** Somebody who signs, with real keys in a folder of their own. */
export interface Signer {
  /** The public key: a line of OpenSSH, or ASCII armour. */
  readonly publicKey: string;
  /** Settings of git by which a commit is signed. */
  readonly settings: readonly string[];
}

/** Keys of one test; they go with it. */
export class Keys {
  readonly folder: string;
  #home: string | undefined;

  static async create(): Promise<Keys> {
    return new Keys(await mkdtemp(join(tmpdir(), 'pawl-keys-')));
  }

  private constructor(folder: string) {
    this.folder = folder;
  }

  async ssh(name: string): Promise<Signer> {
    const file = join(this.folder, name);
    run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
    const publicKey = (await readFile(`${file}.pub`, 'utf8')).trim();
    return { publicKey, settings: ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${file}`] };
  }

  /** A key that an authority certifies for the principals, within its time. */
  async certified(name: string, by: { ca: string; principals: string; validity?: string }): Promise<Signer> {
    const signer = await this.ssh(name);
    const file = join(this.folder, name);
    const validity = by.validity === undefined ? [] : ['-V', by.validity];
    const ca = join(this.folder, by.ca);
    run('ssh-keygen', ['-q', '-s', ca, '-I', name, '-n', by.principals, ...validity, `${file}.pub`]);
    return {
      publicKey: signer.publicKey,
      settings: ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${file}-cert.pub`],
    };
  }

  /** A key revocation list with the signers' keys. */
  async revocations(...signers: readonly Signer[]): Promise<Buffer> {
    const keys = join(this.folder, 'revoked.pub');
    await writeFile(keys, signers.map(({ publicKey }) => `${publicKey}\n`).join(''));
    const file = join(this.folder, 'revoked.krl');
    run('ssh-keygen', ['-q', '-k', '-f', file, keys]);
    return readFile(file);
  }

  /** An OpenPGP key, made some time ago. */
  async openPgp(user: string): Promise<Signer> {
    this.#home ??= await mkdtemp(join(this.folder, 'gnupg-'));
    const secret = ['--pinentry-mode', 'loopback', '--passphrase', ''];
    this.#gpg(...secret, ...at(longAgo), '--quick-generate-key', user, 'ed25519', 'sign', 'never');
    const publicKey = this.#gpg('--armor', '--export', `=${user}`);
    return { publicKey, settings: ['-c', 'gpg.format=openpgp', '-c', `user.signingKey==${user}`] };
  }

  /** The key as it is once it has run out, a day after it was made. */
  expired(user: string): string {
    const secret = ['--pinentry-mode', 'loopback', '--passphrase', ''];
    this.#gpg(...secret, ...at(longAgo + 3600), '--quick-set-expire', this.#fingerprint(user), '1d');
    return this.#gpg('--armor', '--export', `=${user}`);
  }

  #gpg(...args: readonly string[]): string {
    return run('gpg', ['--homedir', this.#home ?? '', '--batch', '--quiet', ...args]);
  }

  #fingerprint(user: string): string {
    const listed = this.#gpg('--with-colons', '--list-keys', `=${user}`);
    return /^fpr:+([0-9A-F]+):/m.exec(listed)?.[1] ?? '';
  }

  /** The key with the revocation that GnuPG wrote for it. */
  async revoked(user: string): Promise<string> {
    const file = join(this.#home ?? '', 'openpgp-revocs.d', `${this.#fingerprint(user)}.rev`);
    const revocation = join(this.folder, 'revocation.asc');
    await writeFile(revocation, (await readFile(file, 'utf8')).replace(/^:-----BEGIN/m, '-----BEGIN'));
    const other = await mkdtemp(join(this.folder, 'gnupg-'));
    const key = join(this.folder, 'key.asc');
    await writeFile(key, this.#gpg('--armor', '--export', `=${user}`));
    run('gpg', ['--homedir', other, '--batch', '--quiet', '--import', key, revocation]);
    return run('gpg', ['--homedir', other, '--batch', '--quiet', '--armor', '--export']);
  }

  /** Commits everything as it is, signed. Gives the commit's id. */
  async commit(origin: TestRepository, signer: Signer, how: { message?: string; date?: number } = {}): Promise<string> {
    const { message = 'Signed', date = 1_700_000_500 } = how;
    return this.git(origin, date, [...signer.settings, 'commit', '-q', '-S', '--allow-empty', '-m', message]);
  }

  /** Runs a command of git that signs, after everything was added; gives the commit that is checked out then. */
  git({ path: cwd }: TestRepository, date: number, args: readonly string[]): string {
    const dates = { GIT_AUTHOR_DATE: `${date} +0000`, GIT_COMMITTER_DATE: `${date} +0000` };
    const env = gitEnvironment({ ...dates, GNUPGHOME: this.#home ?? '/nonexistent' });
    const commands = [['add', '--all'], args, ['rev-parse', 'HEAD']];
    const outputs = commands.map((command) => execFileSync('git', [...command], { cwd, env, timeout: 60_000, stdio }));
    return String(outputs.at(-1)).trim();
  }

  async remove(): Promise<void> {
    if (this.#home !== undefined) run('gpgconf', ['--homedir', this.#home, '--kill', 'all']);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Seconds: before every commit of the tests. */
const longAgo = 1_500_000_000;

function at(seconds: number): readonly string[] {
  return ['--faked-system-time', String(seconds)];
}

/** A missing verifier is a failed test: on Debian it is installed, elsewhere its absence is said. */
export function installVerifiers(): void {
  for (const [program, name] of [
    ['ssh-keygen', 'openssh-client'],
    ['gpg', 'gnupg'],
  ] as const) {
    const isThere = (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)));
    if (!isThere && isDebianRoot()) installWithApt(name);
  }
}

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, [...args], { encoding: 'utf8', timeout: 60_000, stdio });
}
