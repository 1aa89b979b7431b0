import { isIP } from 'node:net';
import type { Context, Next } from 'hono';
import { exitCodes, TerminalError } from '../errors.ts';

/** The other end of the connection; behind a proxy, whoever the proxy says is at its other end. */
export function sourceOf(context: Context, isProxied = false): string {
  // The last one is the proxy's own word; those before it are what the client sent.
  const forwarded = isProxied ? context.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  if (forwarded !== undefined && isIP(forwarded) !== 0) return forwarded;
  const { incoming } = (context.env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } };
  return incoming?.socket?.remoteAddress ?? 'unknown';
}

/** Which hosts requests may be for: the loopback address, names that are given, and any address off loopback. */
export interface HostRules {
  readonly names: readonly string[];
  readonly isLoopback: boolean;
}

/**
 * A page on the web can let its own name resolve to this machine and so send requests here from a browser; its Host
 * header still carries that name. Of an address no page is the owner.
 */
export function assertHost({ names, isLoopback }: HostRules): (context: Context, next: Next) => Promise<void> {
  return async (context, next) => {
    const host = context.req.header('host') ?? '';
    if (!isLoopbackHost(host) && !isKnown(host, names) && (isLoopback || !isAddress(host))) {
      throw new TerminalError('The Host header names no host of this server.', {
        code: 'api.host',
        help: 'Use the address that `pawl up` printed; further names of a server go into PAWL_ALLOWED_HOSTS.',
        exit: exitCodes.unauthorised,
      });
    }
    await next();
  };
}

function isLoopbackHost(host: string): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/.test(host);
}

function isKnown(host: string, names: readonly string[]): boolean {
  return names.includes(withoutPort(host).toLowerCase());
}

function isAddress(host: string): boolean {
  return isIP(withoutPort(host).replace(/^\[|\]$/g, '')) !== 0;
}

function withoutPort(host: string): string {
  return host.replace(/:\d{1,5}$/, '');
}

/**
 * Browsers say where a page is from. No cookie lets anybody in, so that such a request has nothing to ride on; it is
 * refused before its token is looked at.
 */
export async function assertSameOrigin(context: Context, next: Next): Promise<void> {
  const [origin, site] = [context.req.header('origin'), context.req.header('sec-fetch-site')];
  const isOwn = origin === undefined || hostOf(origin) === context.req.header('host')?.toLowerCase();
  if (!isOwn || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
    throw new TerminalError('The request comes from a page of another site.', {
      code: 'api.origin',
      help: 'Ask the API from the command line.',
      exit: exitCodes.unauthorised,
    });
  }
  await next();
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
