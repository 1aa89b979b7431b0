import type { Finished } from './git-process.ts';
import { lastWords } from './git-process.ts';
import type { SignatureVerdict } from './signature.ts';

export interface SshFindings {
  readonly verified: Finished;
  /** It is good where nothing is revoked. */
  readonly isGoodOtherwise: boolean;
  readonly isValidNow?: boolean;
}

/** What `ssh-keygen` said through git. Its exit code decides; its words only tell why not. */
export function sshVerdict({ verified, isGoodOtherwise, isValidNow = true }: SshFindings): SignatureVerdict {
  const { exit, stderr } = verified;
  if (exit === 0 && !isValidNow) return { kind: 'refused', fault: 'expired' };
  if (exit === 0) return { kind: 'good', by: principalIn(stderr), isForge: false };
  if (/incorrect signature/i.test(stderr)) return { kind: 'refused', fault: 'bad' };
  if (isGoodOtherwise) return { kind: 'refused', fault: 'revoked' };
  if (/key has expired|not yet valid|certificate (?:has expired|not yet valid)|expired/i.test(stderr)) {
    return { kind: 'refused', fault: 'expired' };
  }
  if (/not permitted for use in signature namespace/i.test(stderr)) return { kind: 'refused', fault: 'namespace' };
  if (/^Good "git" signature with|no principal matched/im.test(stderr)) return { kind: 'refused', fault: 'unknown' };
  if (/could not verify signature/i.test(stderr)) return { kind: 'refused', fault: 'unknown' };
  return { kind: 'refused', fault: 'bad', detail: lastWords(stderr) };
}

function principalIn(stderr: string): string {
  const found = /^Good "git" signature for (.+) with \S+ key (\S+)$/m.exec(stderr);
  return shown(found?.[1] ?? found?.[2] ?? 'an allowed signer');
}

function shown(text: string): string {
  return text.replace(/\p{C}/gu, ' ').slice(0, 200);
}
