import { TerminalError } from '../errors.ts';
import { lastWords } from './git-process.ts';

/** What git's last words say of a repository that it could not read. */
export function readFailure(stderr: string, place: string): TerminalError {
  const words = lastWords(stderr);
  const corrupt = /corrupt|inflate|unable to unpack|mismatch|garbage|invalid|malformed|too-short/i.test(stderr);
  const absent = /missing|not a valid object|bad object|unable to (?:read|find)|could not read|not a tree/i.test(
    stderr,
  );
  const code = corrupt ? 'git.object_corrupt' : absent ? 'git.object_missing' : 'git.failed';
  return new TerminalError(`${place} cannot be read: ${words}.`, { code, help: 'Run `git fsck` in the repository.' });
}
