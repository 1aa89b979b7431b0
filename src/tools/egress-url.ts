import { isIP } from 'node:net';

/** What a resource declares about where it may go. */
export interface EgressRules {
  /** `[http://|https://]host[:port]`, where host is exact or `*.suffix`; without a scheme https, without a port its default. */
  readonly hosts: readonly string[];
  readonly allowPrivate: boolean;
  /** Further lists, of policies: each must have the host too. */
  readonly within?: readonly (readonly string[])[] | undefined;
}

export type VettedUrl =
  | { readonly kind: 'vetted'; readonly url: URL }
  | { readonly kind: 'denied'; readonly message: string };

// The URL parser drops tabs and line breaks and turns `\` into `/`: what a person reviewed is not what it reads.
const reshaped = /[\u0000-\u0020\u007f\\]/;

/** Parses `text` as WHATWG does and holds it against the declared hosts. No message repeats the query or the user part. */
export function vetUrl(text: string, rules: EgressRules): VettedUrl {
  if (reshaped.test(text)) return denied('The URL holds a space, a control character or a backslash.');
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return denied('The URL does not parse.');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return denied(`The scheme ${url.protocol} is not HTTP.`);
  if (url.username !== '' || url.password !== '') return denied('The URL holds a user or a password.');
  if (!isAmong(rules.hosts, url)) return denied(`${url.protocol}//${url.host} is not among the declared hosts.`);
  const isWithin = rules.within?.every((hosts) => isAmong(hosts, url)) ?? true;
  return isWithin
    ? { kind: 'vetted', url }
    : denied(`${url.protocol}//${url.host} is not among the hosts that are allowed.`);
}

function denied(message: string): VettedUrl {
  return { kind: 'denied', message };
}

function isAmong(hosts: readonly string[], url: URL): boolean {
  return hosts.some((entry) => matches(entry, url));
}

const entryForm = /^(?:(https?):\/\/)?(\*\.)?([^/?#@\\*\s]+)$/i;

function matches(entry: string, url: URL): boolean {
  const [, scheme = 'https', wildcard, host = ''] = entryForm.exec(entry) ?? [];
  const protocol = `${scheme.toLowerCase()}:`;
  // Read by the same parser as the URL, so that both have one spelling of a name, an address and a default port.
  if (!URL.canParse(`${protocol}//${host}`)) return false;
  const declared = new URL(`${protocol}//${host}`);
  if (url.protocol !== protocol || url.port !== declared.port) return false;
  if (wildcard === undefined) return url.hostname === declared.hostname;
  return !isAddress(declared.hostname) && url.hostname.endsWith(`.${declared.hostname}`);
}

/** The host of a URL as an address to connect to, without an IPv6 address's brackets. */
export function bareHost(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}

export function isAddress(hostname: string): boolean {
  return isIP(hostname.startsWith('[') ? hostname.slice(1, -1) : hostname) !== 0;
}
