import type { BundleModel } from '../manifest/bundle.ts';
import { qualify } from '../manifest/reference.ts';
import type { Resource } from '../manifest/resource.ts';
import { authOf } from './compile-auth.ts';
import type { View } from './estate.ts';
import { notRunnable } from './runnable.ts';
import { pathOf, specOf } from './typed.ts';

/** The endpoint as it is asked behind its Gateway: there instead of at its provider, and as whom the gateway says. */
export function withGateway(model: BundleModel, endpoint: Resource, view: View): BundleModel {
  const { gatewayRef } = specOf(endpoint, 'ModelEndpoint');
  if (gatewayRef === undefined) return model;
  const gateway = view.resource('Gateway', qualify(gatewayRef, endpoint.namespace));
  const { type, url, allowPrivate, auth } = specOf(gateway, 'Gateway');
  if (type !== 'model' || url === undefined) throw notRunnable(gateway, 'is no gateway for models');
  return {
    ...model,
    baseUrl: url,
    allowPrivate,
    gateway: { gateway: pathOf(gateway), url, ...authOf(gateway, auth) },
  };
}
