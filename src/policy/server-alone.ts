import type { Bundle } from '../manifest/bundle.ts';
import type { BundleServer } from '../manifest/bundle-world.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { secretsOf } from './compile-content.ts';
import { floorOf, gatewaysOf } from './compile-rules.ts';
import { serverOf, serverSecrets } from './compile-server.ts';
import { estateOf, viewOf } from './estate.ts';
import { gatewayRefusal, serverWayOut } from './gate-rules.ts';
import { byAddress, policyRule, type Rule } from './reach.ts';
import { type ServerPin, serverPin } from './server-pin.ts';
import { isBelow } from './tier.ts';
import { pathOf } from './typed.ts';

/** One server as a worker reaches it, with every pin of it: to ask it for its tools, and to call none. */
export interface ServerAlone {
  /** `namespace/name`. */
  readonly name: string;
  readonly server: BundleServer;
  readonly secrets: Bundle['secrets'];
  readonly pin: ServerPin;
  /** Lists of hosts of the policies that hold for everybody: nobody calls, so that no other policy does. */
  readonly egress: readonly (readonly string[])[];
  /** Why those policies do not have it asked at all: it goes out through no gateway that they approve of. */
  readonly refused: string | undefined;
}

export function serverAlone(resource: Resource, resources: ReadonlyMap<Address, Resource>): ServerAlone {
  const view = viewOf(estateOf(resources));
  const pin = serverPin(resource);
  const pins = new Map(Array.from(pin.tools, ([tool, { digest }]) => [tool, digest] as const));
  const policies = globalPolicies(resources);
  const server = withFloor(serverOf(resource, pins, view), policies);
  return {
    name: pathOf(resource),
    server,
    secrets: secretsOf(serverSecrets({ server }), view),
    pin,
    egress: policies.flatMap(({ spec: { egress } }) => (egress === undefined ? [] : [egress.hosts])),
    refused: gatewayRefusal(policies.flatMap(gatewaysOf), 'tool', serverWayOut(server))?.message,
  };
}

function globalPolicies(resources: ReadonlyMap<Address, Resource>): readonly Rule<'AgentPolicy'>[] {
  const all = [...resources.values()].filter(({ kind }) => kind === 'AgentPolicy').map((one) => policyRule(one));
  return byAddress(all.filter(({ spec: { global, mode } }) => global === true && mode !== 'audit'));
}

/** No weaker than the floor of the policies: a worker that has no such tier starts nothing. */
function withFloor(server: BundleServer, policies: readonly Rule<'AgentPolicy'>[]): BundleServer {
  const floor = floorOf(policies).isolation;
  if (server.transport === 'http' || floor === undefined || floor.min === 'inline') return server;
  if (!isBelow(server.isolation.min, floor.min)) return server;
  return { ...server, isolation: { ...server.isolation, min: floor.min } };
}
