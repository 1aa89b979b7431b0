import { parseDocument } from 'yaml';
import { lockText } from './lock-text.ts';
import type { Lock as LockFile } from './types.gen.ts';

interface Written {
  readonly text: string | undefined;
  readonly lock: LockFile | undefined;
}

/**
 * The text of a lock file after pins changed. A file that people wrote comments into keeps them: only the entries of
 * servers that changed are written anew.
 */
export function pinnedText({ text, lock }: Written, next: LockFile): string {
  if (next === lock && text !== undefined) return text;
  if (text === undefined || lock === undefined || text === lockText(lock)) return lockText(next);
  const document = parseDocument(text, { version: '1.2', schema: 'core' });
  const fresh = parseDocument(lockText(next), { version: '1.2', schema: 'core' });
  for (const [server, entry] of Object.entries(next.servers)) {
    if (lock.servers[server] !== entry) document.setIn(['servers', server], fresh.getIn(['servers', server], true));
  }
  return document.toString({ lineWidth: 0 });
}
