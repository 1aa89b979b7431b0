import type { ResourceRecord } from '../api/operations.ts';
import type { JsonObject } from '../manifest/json.ts';
import { listAt, objectAt } from '../manifest/manifest-reference.ts';
import { membersOf } from '../manifest/workforce.ts';
import type { Door } from './app-port.ts';

interface Query {
  readonly environment: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** Live workforces, with the agents and tools that they reach now. */
export async function workforceListing(door: Door, { environment, namespace, name }: Query) {
  const [workforces, agents] = await Promise.all([
    door.operations.get({
      environment,
      kind: 'Workforce',
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    }),
    // An agent of another namespace may belong to it too.
    door.operations.get({ environment, kind: 'Agent' }),
  ]);
  const known = new Map(agents.map((agent) => [agent.address, memberOf(agent)] as const));
  const found = workforces.map((one) => ({ one, members: membersOf(memberOf(one), (address) => known.get(address)) }));
  return {
    head: ['WORKFORCE', 'OWNER', 'ENTRIES', 'AGENTS', 'TOOLS', 'TAGS'],
    rows: found.map(({ one, members }) => [
      one.address.replace('Workforce/', ''),
      textOf(specOf(one)['owner']),
      String(listAt(specOf(one), 'entryAgents').length),
      String(members.agents.length + members.elsewhere.length),
      String(members.tools.length),
      listAt(specOf(one), 'tags').map(textOf).join(' ') || '-',
    ]),
    names: workforces.map(({ address }) => address),
    records: found.map(({ one, members }) => ({ ...one, members })),
  };
}

function memberOf({ address, manifest }: ResourceRecord) {
  return { namespace: address.split('/')[1] ?? '', manifest };
}

function specOf({ manifest }: ResourceRecord): JsonObject {
  return objectAt(manifest, 'spec');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '-';
}
