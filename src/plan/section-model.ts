import { digest } from '../manifest/digest.ts';
import type { Json, JsonObject } from '../manifest/json.ts';
import { listAt, objectAt } from '../manifest/manifest-reference.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import { type Address, addressOf, type Place, type Resource } from '../manifest/resource.ts';
import { capped } from './capped.ts';
import { changedPairs } from './pairs.ts';
import type { ModelChange, SettingChange } from './section.ts';
import { sensitiveFields } from './sensitive.ts';
import { settingChanges } from './setting.ts';
import type { Sides } from './sides.ts';
import { uses, usersOf } from './uses.ts';

const agentsMax = 50;

/**
 * Endpoints that answer otherwise for the agents that keep them, and agents that come to another endpoint: also where
 * Defaults name it, because resolved agents say whose they are. An endpoint that is the same but for its name is silent.
 */
export function modelChanges(sides: Sides): readonly ModelChange[] {
  return [...endpointChanges(sides), ...agentChanges(sides)].sort(
    (a, b) => compareText(a.endpoint, b.endpoint) || compareText(a.was ?? '', b.was ?? ''),
  );
}

function endpointChanges(sides: Sides): readonly ModelChange[] {
  const found = changedPairs(sides, 'ModelEndpoint').flatMap(({ address, place, before, after }) => {
    if (before === undefined || after === undefined) return [];
    const fields = fieldsBetween(before, after);
    return fields.length === 0 ? [] : [{ address, place, fields, before: before.address }];
  });
  const had = usersOf(sides.before, new Set(found.map((one) => one.before)), onlyAgents);
  const have = usersOf(sides.after, new Set(found.map((one) => one.address)), onlyAgents);
  return found.map(({ address, place, fields, before }) => {
    const earlier = new Set(had.filter((agent) => uses(agent, before)).map((agent) => agent.address));
    const agents = have.filter((agent) => uses(agent, address) && earlier.has(agent.address));
    return modelChange({ endpoint: address, place, fields, agents: agents.map((agent) => agent.address) });
  });
}

/** Agents on both sides whose endpoint is another one, by the pair of endpoints. */
function agentChanges(sides: Sides): readonly ModelChange[] {
  const groups = new Map<
    string,
    { readonly was: Address | undefined; readonly endpoint: Address; agents: Address[] }
  >();
  for (const { address, before, after } of changedPairs(sides, 'Agent')) {
    if (before === undefined || after === undefined) continue;
    for (const { was, endpoint } of swapsOf(endpointsOf(before), endpointsOf(after))) {
      const key = JSON.stringify([was, endpoint]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { was, endpoint, agents: [address] });
      else group.agents.push(address);
    }
  }
  return [...groups.values()].flatMap(({ was, endpoint, agents }) => {
    const [before, after] = [was === undefined ? undefined : sides.before.get(was), sides.after.get(endpoint)];
    if (after === undefined) return [];
    const fields = fieldsBetween(before, after);
    const change = { endpoint, place: after.place, fields, agents: [...new Set(agents)] };
    return fields.length === 0 ? [] : [modelChange(change, was)];
  });
}

interface Swap {
  readonly was: Address | undefined;
  readonly endpoint: Address;
}

/** By their place in the order of fallback: what answers first before, against what answers first after. */
function swapsOf(before: Endpoints, after: Endpoints): readonly Swap[] {
  const swaps: Swap[] = [];
  for (const [place, endpoint] of after) {
    const was = before.get(place);
    if (was !== endpoint) swaps.push({ was, endpoint });
  }
  return swaps;
}

type Endpoints = ReadonlyMap<string, Address>;

function endpointsOf({ manifest, namespace }: Resource): Endpoints {
  const spec = objectAt(manifest, 'spec');
  const listed = spec['modelRef'] === undefined ? listAt(spec, 'modelRefs') : [spec['modelRef']];
  const summarizer = objectAt(objectAt(spec, 'context'), 'compaction')['summarizerRef'];
  const named = [...listed.map((ref, at) => [String(at), ref] as const), ['summarizer', summarizer] as const];
  return new Map(
    named.flatMap(([place, ref]) => (typeof ref === 'string' ? [[place, endpointAt(ref, namespace)] as const] : [])),
  );
}

function endpointAt(reference: string, from: string): Address {
  const [namespace = '', name = ''] = qualify(reference, from).split('/');
  return addressOf({ kind: 'ModelEndpoint', namespace, name });
}

/** What of an endpoint an agent, or who pays for it, notices. */
const noticed = [
  'provider',
  'model',
  'baseUrl',
  'region',
  'project',
  'apiVersion',
  'gatewayRef',
  'parameters',
  'pricing',
  'headers',
  'script',
];

function fieldsBetween(before: Resource | undefined, after: Resource): readonly SettingChange[] {
  const [was, is] = [before, after].map((side) => side && noticedOf(side));
  return settingChanges('', { before: was, after: is }, sensitiveFields('ModelEndpoint')?.children.get('spec'));
}

function noticedOf({ manifest }: Resource): JsonObject {
  const spec = objectAt(manifest, 'spec');
  const fields = noticed.flatMap((name) =>
    spec[name] === undefined ? [] : [[name, valueOf(name, spec[name])] as const],
  );
  return Object.fromEntries(fields);
}

/** Of a script, which is as long as it likes, its digest says enough: the fields of the change show it. */
function valueOf(name: string, value: Json): Json {
  return name === 'script' ? `sha256 ${digest(value).slice(0, 12)}` : value;
}

interface Found {
  readonly endpoint: Address;
  readonly place: Place;
  readonly fields: readonly SettingChange[];
  readonly agents: readonly Address[];
}

function modelChange({ endpoint, place, fields, agents }: Found, was?: Address): ModelChange {
  const { shown, more } = capped(agents.toSorted(compareText), agentsMax);
  return {
    endpoint,
    ...(was === undefined ? {} : { was }),
    place,
    agents: shown,
    ...(more > 0 ? { moreAgents: more } : {}),
    fields,
  };
}

const onlyAgents = new Set<Resource['kind']>(['Agent']);
