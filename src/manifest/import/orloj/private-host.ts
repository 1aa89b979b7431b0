import type { ForeignNode } from '../foreign.ts';
import { allowedPrivate, isPrivateUrl } from '../private-url.ts';

/**
 * `allowPrivate` for an address that no switch of Orloj speaks of. Every version of Orloj turns private addresses away
 * that are written as numbers, and so does pawl then; a name is meant.
 */
export function orlojPrivate(node: ForeignNode, url: string): true | undefined {
  if (!isPrivateUrl(url)) return undefined;
  if (/[a-z]/i.test(new URL(url).hostname.replace(/^\[.*\]$/, ''))) return allowedPrivate(node);
  node.flag(
    'import.stricter',
    'This is an address of a private network, to which neither Orloj nor pawl connects. If it is meant, write `allowPrivate: true`.',
  );
  return undefined;
}
