import type { ForeignNode } from './foreign.ts';

/**
 * Whether a URL leads, by how its host is written, to this machine or to a private network: an address of one, a name of
 * a cluster or of a local domain. pawl connects there only where `allowPrivate` says so.
 */
export function isPrivateUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return false;
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host.includes(':')) return /^(::1?$|::ffff:|f[cd]|fe[89ab])/.test(host);
  if (/^[0-9.]+$/.test(host)) return privateAddress.test(host);
  return !host.includes('.') || privateName.test(host);
}

/**
 * `allowPrivate` for an address that the other system connects to wherever it is: what somebody wrote is meant. It is
 * said, for pawl would not connect there by itself.
 */
export function allowPrivate(node: ForeignNode, url: string | undefined): true | undefined {
  return url !== undefined && isPrivateUrl(url) ? allowedPrivate(node) : undefined;
}

export function allowedPrivate(node: ForeignNode): true {
  const place = JSON.stringify(node.path);
  const isSaid = node.document.notes.some(
    ({ code, path }) => code === 'import.private' && JSON.stringify(path) === place,
  );
  if (isSaid) return true;
  node.flag(
    'import.private',
    'The host looks like one of a private network: `allowPrivate: true` lets pawl connect there.',
  );
  return true;
}

/**
 * Whether the URL names a user or a password, which is refused where it was written: pawl takes credentials out of
 * Secrets alone, and whatever stood in a file is known.
 */
export function refuseUser(node: ForeignNode, text: string | undefined): boolean {
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.username === '' && url.password === '')) return false;
  node.refuse({
    code: 'import.secret_value',
    message: 'The URL holds a user or a password.',
    help: 'Write the URL alone, put the credential into a Secret, and change it: it stood in the file.',
  });
  return true;
}

const privateAddress =
  /^(0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.)/;

/** `docker.internal`, `svc.cluster.local`, and the domains that no public server answers for. */
const privateName = /(^|\.)(localhost|local|internal|svc|lan|home|corp|intranet|private|test)$|\.svc\./;
