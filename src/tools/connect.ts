import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates } from 'node:tls';
import { addressDenial, canonicalAddress } from './egress-address.ts';
import { bareHost } from './egress-url.ts';

/** What the egress guard needs of the machine; tests give a resolver of their own and a CA. */
export interface Network {
  readonly resolve: (hostname: string) => Promise<readonly string[]>;
  /** PEM of an additional root; verification itself has no switch. */
  readonly ca?: string;
}

/** The machine's resolver, hosts file included. Variables that name a proxy are never looked at. */
export const systemNetwork: Network = {
  resolve: async (hostname) => (await lookup(hostname, { all: true, verbatim: true })).map((entry) => entry.address),
};

export class EgressDenied extends Error {}

/**
 * Resolves the host once and vets every address of the answer: one bad address among good ones denies, because the
 * next answer may be in another order. Literal addresses pass the same check; undici asks no resolver for them.
 */
export async function vettedAddresses(
  url: URL,
  { network, allowPrivate }: { readonly network: Network; readonly allowPrivate: boolean },
): Promise<readonly string[]> {
  const host = bareHost(url);
  const addresses = isIP(host) === 0 ? await network.resolve(host) : [host];
  if (addresses.length === 0) throw new Error(`${host} has no address`);
  for (const address of addresses) {
    const denial = addressDenial(address, allowPrivate);
    if (denial !== undefined) throw new EgressDenied(isIP(host) === 0 ? `${host} resolves to ${denial}` : denial);
  }
  return addresses;
}

export interface Target {
  readonly url: URL;
  readonly addresses: readonly string[];
  readonly network: Network;
  readonly signal: AbortSignal;
}

/** Connects to the first vetted address that answers; a name is never resolved a second time. */
export async function connectTo(target: Target): Promise<Socket> {
  let failure: unknown;
  for (const address of target.addresses) {
    target.signal.throwIfAborted();
    try {
      return await connectToAddress(address, target);
    } catch (cause) {
      if (cause instanceof EgressDenied) throw cause;
      failure = cause;
    }
  }
  throw failure instanceof Error ? failure : new Error('no address could be reached');
}

function connectToAddress(address: string, { url, network, signal }: Target): Promise<Socket> {
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  return new Promise((resolve, reject) => {
    const socket = secure
      ? openTls({ address, port, host: bareHost(url), ca: network.ca })
      : connectTcp({ host: address, port });
    const abort = () => settle(() => reject(new Error('aborted while connecting')));
    const fail = (error: Error) => settle(() => reject(error));
    function settle(then: () => void): void {
      signal.removeEventListener('abort', abort);
      socket.off('error', fail);
      // Swallowed on purpose: the promise is settled, and a late error of a destroyed socket would end the process.
      socket.on('error', () => undefined);
      then();
    }
    const end = () => void socket.destroy();
    // The signal ends the connection for as long as there is one; one that outlives it holds it no longer.
    signal.addEventListener('abort', end, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', end));
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', fail);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      const peer = socket.remoteAddress === undefined ? undefined : canonicalAddress(socket.remoteAddress);
      if (peer !== undefined && peer === canonicalAddress(address)) return settle(() => resolve(socket));
      socket.destroy();
      settle(() => reject(new EgressDenied(`the connection went to ${peer ?? 'nobody'} instead of ${address}`)));
    });
  });
}

function openTls(to: { address: string; port: number; host: string; ca: string | undefined }): Socket {
  return connectTls({
    host: to.address,
    port: to.port,
    ALPNProtocols: ['http/1.1'],
    // Said outright, because NODE_TLS_REJECT_UNAUTHORIZED=0 changes what saying nothing means.
    rejectUnauthorized: true,
    // The name that was asked for, not the address, is what the certificate must cover.
    ...(isIP(to.host) === 0 ? { servername: to.host } : {}),
    // Beside those that everybody trusts: given alone it would take their place.
    ...(to.ca === undefined ? {} : { ca: [...rootCertificates, to.ca] }),
  });
}
