import { TerminalError } from '../errors.ts';
import type { BundleModel } from '../manifest/bundle.ts';
import type { ModelCallOptions } from './options.ts';

/**
 * The last look before a request goes out: an endpoint behind a Gateway is asked there and nowhere else, and where
 * policies require one, it is one that they allow. The gate has said so of the declaration; this is the address itself.
 */
export function assertThroughGateway(
  address: string,
  { model, options }: { readonly model: BundleModel; readonly options: ModelCallOptions },
): void {
  const { gateway } = model;
  if (gateway !== undefined && !isBelow(address, gateway.url))
    throw refused(`The request for ${model.model} would not go to Gateway/${gateway.gateway}`);
  for (const { require, allow } of options.gateways ?? []) {
    if (gateway === undefined && require.includes('model'))
      throw refused(`The model ${model.model} may be reached only through a Gateway, and its endpoint names none`);
    if (gateway !== undefined && allow !== undefined && !allow.includes(gateway.gateway))
      throw refused(`Gateway/${gateway.gateway} is none of those that may be used`, 'gateway.not_allowed');
  }
}

/** Both by the same parser: the same scheme, host and port, and a path within the gateway's. */
function isBelow(address: string, base: string): boolean {
  if (!URL.canParse(address) || !URL.canParse(base)) return false;
  const [url, gateway] = [new URL(address), new URL(base)];
  return url.origin === gateway.origin && url.pathname.startsWith(`${gateway.pathname.replace(/\/+$/, '')}/`);
}

function refused(message: string, code = 'gateway.required'): TerminalError {
  return new TerminalError(`${message}.`, {
    code,
    help: 'Give the ModelEndpoint a `gatewayRef` that the policy allows.',
  });
}
