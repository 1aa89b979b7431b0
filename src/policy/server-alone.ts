import type { Bundle } from '../manifest/bundle.ts';
import type { BundleServer } from '../manifest/bundle-world.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { secretsOf } from './compile-content.ts';
import { serverOf, serverSecrets } from './compile-server.ts';
import { estateOf, viewOf } from './estate.ts';
import { type ServerPin, serverPin } from './server-pin.ts';
import { pathOf, specOf } from './typed.ts';

/** One server as a worker reaches it, with every pin of it: to ask it for its tools, and to call none. */
export interface ServerAlone {
  /** `namespace/name`. */
  readonly name: string;
  readonly server: BundleServer;
  readonly secrets: Bundle['secrets'];
  readonly pin: ServerPin;
  /** Lists of hosts of the policies that hold for everybody: nobody calls, so that no other policy does. */
  readonly egress: readonly (readonly string[])[];
}

export function serverAlone(resource: Resource, resources: ReadonlyMap<Address, Resource>): ServerAlone {
  const view = viewOf(estateOf(resources));
  const pin = serverPin(resource);
  const pins = new Map(Array.from(pin.tools, ([tool, { digest }]) => [tool, digest] as const));
  const server = serverOf(resource, pins, view);
  return {
    name: pathOf(resource),
    server,
    secrets: secretsOf(serverSecrets({ server }), view),
    pin,
    egress: egressOf(resources),
  };
}

function egressOf(resources: ReadonlyMap<Address, Resource>): readonly (readonly string[])[] {
  return [...resources.values()].flatMap((resource) => {
    if (resource.kind !== 'AgentPolicy') return [];
    const { global, mode, egress } = specOf(resource, 'AgentPolicy');
    return global === true && mode !== 'audit' && egress !== undefined ? [egress.hosts] : [];
  });
}
