import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Where clouds hand out credentials. Some of them lie in ranges that `allowPrivate` opens (or are ordinary unicast, as
 * Azure's), so they are named; 169.254.169.254 and its kin fall under link-local, which is never opened.
 */
const metadataAddresses: ReadonlySet<string> = new Set([
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  'fd00:42::42',
]);

const openedByAllowPrivate: ReadonlySet<string> = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

/** Undefined when a connection to the address is allowed, else why not. */
export function addressDenial(address: string, allowPrivate: boolean): string | undefined {
  const parsed = parse(address);
  if (parsed === undefined) return `${address} is not an address`;
  if (metadataAddresses.has(parsed.toString())) return `${address} is a cloud's metadata service`;
  const range = parsed.range();
  if (range === 'unicast') {
    // ipaddr calls everything unicast that it has no name for, such as ::127.0.0.1; only 2000::/3 is handed out.
    if (parsed.kind() === 'ipv4' || isGlobalUnicast(parsed)) return undefined;
    return `${address} is not a global unicast address`;
  }
  if (allowPrivate && openedByAllowPrivate.has(range)) return undefined;
  return openedByAllowPrivate.has(range)
    ? `${address} is a ${range} address, which only \`allowPrivate\` opens`
    : `${address} is a ${range} address`;
}

function isGlobalUnicast(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return address.match(ipaddr.parseCIDR('2000::/3'));
}

/** The same address in one spelling, so that the peer of a socket can be compared with what was vetted. */
export function canonicalAddress(address: string): string | undefined {
  return parse(address)?.toString();
}

/**
 * An IPv4 address mapped into IPv6 becomes IPv4. ipaddr alone would read `::127.0.0.1` as such a mapping, which the
 * kernel does not: the URL parser writes it in hexadecimal first, and refuses zones.
 */
function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  switch (isIP(address)) {
    case 4:
      return ipaddr.process(address);
    case 6:
      return URL.canParse(`http://[${address}]`)
        ? ipaddr.process(new URL(`http://[${address}]`).hostname.slice(1, -1))
        : undefined;
    default:
      return undefined;
  }
}
