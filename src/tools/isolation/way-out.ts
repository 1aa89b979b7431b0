import { EgressProxy } from '../egress-proxy.ts';
import type { IsolatedCommand, IsolationOptions } from './isolated.ts';
import { proxyPort } from './listen-within.ts';

const address = `http://127.0.0.1:${proxyPort}`;

/** Programs read one spelling or the other; Node.js reads them only if it is told to. */
const variables: Readonly<Record<string, string>> = {
  HTTP_PROXY: address,
  HTTPS_PROXY: address,
  NODE_USE_ENV_PROXY: '1',
  NO_PROXY: '',
  http_proxy: address,
  https_proxy: address,
  no_proxy: '',
};

export interface WayOut {
  readonly proxy: EgressProxy;
  /** The command, told where its proxy is. */
  readonly command: IsolatedCommand;
}

/** The proxy of a program whose hosts are declared; undefined: it has no network at all. */
export function wayOutOf(command: IsolatedCommand, { egress, network }: IsolationOptions): WayOut | undefined {
  const { network: declared } = command.isolation;
  if (declared === undefined) return undefined;
  const rules = { ...declared, within: egress };
  const proxy = new EgressProxy({ rules, network });
  return { proxy, command: { ...command, env: { ...variables, ...command.env } } };
}
