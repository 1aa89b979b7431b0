import { createHash } from 'node:crypto';

/** The hash of a row of a chain whose predecessor has the hash `before`, which of the first row is nothing. */
export function linkHash(before: string, text: string): string {
  return createHash('sha256').update(before).update(text).digest('hex');
}
