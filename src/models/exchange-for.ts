import { TerminalError } from '../errors.ts';
import type { BundleModel } from '../manifest/bundle.ts';
import { Exchange, type ExchangePlan } from './exchange.ts';
import type { Provider } from './provider.ts';

/** The one exchange of a call, with the key and the authority of its endpoint. */
export async function exchangeFor(
  provider: Pick<Provider, 'baseUrl'>,
  model: BundleModel,
  { check, options }: Pick<ExchangePlan, 'check' | 'options'>,
): Promise<{ readonly exchange: Exchange; readonly baseUrl: string; readonly key: string }> {
  const baseUrl = (model.baseUrl ?? provider.baseUrl(model))?.replace(/\/+$/, '');
  if (baseUrl === undefined) throw refusedEndpoint(`The model ${model.model} has no baseUrl.`, 'Set `baseUrl`');
  const key = model.auth && (await options.secrets.resolve(model.auth));
  const ca = model.tls && (await options.secrets.certificate(model.tls.ca));
  return { exchange: new Exchange({ model, baseUrl, key, ca, check, options }), baseUrl, key: key ?? 'none' };
}

/** What an endpoint says cannot be sent. */
export function refusedEndpoint(message: string, cure: string): TerminalError {
  return new TerminalError(message, {
    code: 'model.request_refused',
    help: `${cure} of the ModelEndpoint and apply again.`,
  });
}
