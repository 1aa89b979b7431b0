import type { ForeignNode } from '../foreign.ts';

/** The rule of the operator's schema: exactly one of several ways to a server. */
export function checkOneUpstream(upstream: ForeignNode, ways: readonly string[]): void {
  const written = ways.filter((way) => upstream.get(way).exists);
  if (written.length === 1 || !upstream.exists) return;
  const names = ways.map((way) => `\`${way}\``).join(', ');
  const found = written.length === 0 ? 'none is there' : `${written.length} are there`;
  upstream.refuse({ code: 'import.schema', message: `Exactly one of ${names} must be set, and ${found}.` });
}

/** A URL that pawl takes: without credentials, spaces and backslashes. */
export function externalUrl(node: ForeignNode, otherwise: 'refuse' | 'drop'): string | undefined {
  const url = node.text() ?? '';
  if (/^https?:\/\/[^\s@\\]+$/.test(url) && url.length <= 2048) return url;
  node[otherwise]({
    message: `\`${node.field}\` is no URL that pawl calls: it has no host, or holds a user, a space or a backslash.`,
    help: 'Write the plain URL; credentials go into a Secret and `auth`.',
  });
  return undefined;
}
