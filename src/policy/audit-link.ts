import { sha256 } from '../manifest/digest.ts';

/** The hash of a row of a chain whose predecessor has the hash `before`, which of the first row is nothing. */
export function linkHash(before: string, text: string): string {
  return sha256(before + text);
}
