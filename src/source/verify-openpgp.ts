import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finished, lastWords } from './git-process.ts';
import { type ProgramRun, runProgram } from './run-program.ts';
import type { SignatureVerdict } from './signature.ts';

export type OpenPgpHome =
  | { readonly kind: 'none' }
  | { readonly kind: 'open' }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Nothing is looked up anywhere, no agent is started, and whoever is in the keyring may sign. */
const settings = ['batch', 'no-auto-key-retrieve', 'no-auto-key-locate', 'no-autostart', 'trust-model always', ''];

/** Makes a home of GnuPG that holds these public keys and nothing else. */
export async function openPgpHome(home: string, keys: Uint8Array | undefined, run: ProgramRun): Promise<OpenPgpHome> {
  if (keys === undefined) return { kind: 'none' };
  if (Buffer.from(keys).includes('PRIVATE KEY BLOCK')) {
    return { kind: 'unreadable', why: 'the keyring holds a private key: take it out, and revoke it' };
  }
  await mkdir(home, { mode: 0o700 });
  await writeFile(join(home, 'gpg.conf'), settings.join('\n'));
  const file = join(home, 'keys.asc');
  await writeFile(file, keys);
  const args = ['--homedir', home, '--batch', '--no-tty', '--quiet', '--import', file];
  const { exit, stderr } = await runProgram('gpg', args, run);
  if (exit !== 0) return { kind: 'unreadable', why: `the keyring cannot be read: ${lastWords(stderr)}` };
  return { kind: 'open' };
}

/** GitHub signs with it what people do on its pages, and anybody who may write can do that there. */
const forgeUser = '<noreply@github.com>';

/** What `gpg` said through git. The exit code decides; the status lines only tell why not, and who. */
export function openPgpVerdict({ exit, stderr }: Finished): SignatureVerdict {
  const said = new Map<string, string>();
  for (const [, word = '', rest = ''] of stderr.matchAll(/^\[GNUPG:\] ([A-Z_]+) ?(.*)$/gm)) said.set(word, rest);
  if (said.has('REVKEYSIG')) return { kind: 'refused', fault: 'revoked' };
  if (said.has('EXPKEYSIG') || said.has('EXPSIG')) return { kind: 'refused', fault: 'expired' };
  if (said.has('BADSIG')) return { kind: 'refused', fault: 'bad' };
  const good = said.get('GOODSIG');
  if (exit === 0 && good !== undefined) {
    const by = good.replace(/^\S+ /, '').replace(/\p{C}/gu, ' ').slice(0, 200);
    return { kind: 'good', by, isForge: by.toLowerCase().includes(forgeUser) };
  }
  if (said.has('NO_PUBKEY')) return { kind: 'refused', fault: 'unknown' };
  return { kind: 'refused', fault: 'bad', detail: lastWords(stderr) };
}
