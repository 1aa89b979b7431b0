import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The key that the forge signs its own commits with, as GitHub's `web-flow` does. */
export interface ForgeKey {
  /** ASCII armour. */
  readonly publicKey: string;
  /** Settings of git by which a commit is signed. */
  readonly settings: readonly string[];
  remove(): Promise<void>;
}

const person = 'GitHub <noreply@github.com>';

export async function createForgeKey(): Promise<ForgeKey> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-forge-'));
  await chmod(folder, 0o700);
  const gpg = (...args: readonly string[]): string => {
    const all = ['--homedir', folder, '--batch', '--quiet', ...args];
    return execFileSync('gpg', all, { encoding: 'utf8', timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe'] });
  };
  // The commits of the double are from 2023, and a signature older than its key is none.
  const long = ['--faked-system-time', '1500000000'];
  gpg(
    '--pinentry-mode',
    'loopback',
    '--passphrase',
    '',
    ...long,
    '--quick-generate-key',
    person,
    'ed25519',
    'sign',
    'never',
  );
  const program = join(folder, 'gpg.sh');
  await writeFile(program, `#!/bin/sh\nexec gpg --homedir '${folder}' "$@"\n`, { mode: 0o700 });
  const settings = ['gpg.format=openpgp', `gpg.program=${program}`, `user.signingKey==${person}`];
  return {
    publicKey: gpg('--armor', '--export'),
    settings: settings.flatMap((setting) => ['-c', setting]),
    remove: async () => {
      execFileSync('gpgconf', ['--homedir', folder, '--kill', 'all'], { timeout: 60_000 });
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
