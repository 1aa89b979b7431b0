import { parseDuration } from './duration.ts';
import type { Estate, Report, Sound } from './estate.ts';
import { isJsonObject, own, type Json, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { placeIn } from './place.ts';
import { compareText } from './problem.ts';
import { qualify } from './reference.ts';
import { shownText } from './shown.ts';
import type { Finding } from './text.ts';

/** Warns of limits that agents write above what a policy lets them use: the policy's is what holds. */
export function ceilingFindings(estate: Estate, report: Report): void {
  const ceilings = ceilingsOf(estate.byKind.get('AgentPolicy') ?? none);
  if (ceilings === undefined) return;
  for (const agent of estate.byKind.get('Agent') ?? []) {
    // What nobody wrote is no surprise to anybody.
    const written = writtenLimits(agent);
    if (written === undefined) continue;
    const holding = ceilings(agent);
    for (const name of Object.keys(written)) {
      const ceiling = holding.get(name);
      const value = amount(name, objectAt(objectAt(agent.content.manifest, 'spec'), 'limits')[name]);
      if (ceiling === undefined || value === undefined || value <= ceiling.amount) continue;
      report(agent, ['spec', 'limits', name], above(name, written[name], ceiling.policy));
    }
  }
}

const none: readonly Sound[] = [];

interface Ceiling {
  readonly amount: number;
  readonly policy: Sound;
}

/** The lowest ceilings, by the name of the limit. */
type Ceilings = Map<string, Ceiling>;

/** What holds for an agent; undefined: no policy has a limit. */
type CeilingsOf = ((agent: Sound) => ReadonlyMap<string, Ceiling>) | undefined;

// The list is the same one from commit to commit while no policy differs.
const made = new WeakMap<readonly Sound[], { readonly ceilings: CeilingsOf }>();

function ceilingsOf(policies: readonly Sound[]): CeilingsOf {
  const known = made.get(policies) ?? { ceilings: ceilingsAmong(policies) };
  made.set(policies, known);
  return known.ceilings;
}

/** Policies that reach the same agents are one, and an agent is held against those alone that may reach it. */
function ceilingsAmong(policies: readonly Sound[]): CeilingsOf {
  const byReach = new Map<string, { readonly reach: Reach; readonly lowest: Ceilings }>();
  for (const policy of policies) {
    const spec = objectAt(policy.content.manifest, 'spec');
    const reach = reachOf(spec, policy.identity.namespace);
    const limits = objectAt(spec, 'limits');
    if (reach === undefined || Object.keys(limits).length === 0) continue;
    const key = JSON.stringify([reach.agents, reach.namespaces, reach.labels]);
    const same = byReach.get(key) ?? { reach, lowest: new Map<string, Ceiling>() };
    byReach.set(key, same);
    for (const [name, limit] of Object.entries(limits)) lower(same.lowest, name, { limit, policy });
  }
  if (byReach.size === 0) return undefined;
  const byTrait = new Map<string, { readonly reach: Reach; readonly lowest: Ceilings }[]>();
  for (const one of byReach.values()) {
    for (const trait of traitsOf(one.reach)) {
      const others = byTrait.get(trait);
      if (others === undefined) byTrait.set(trait, [one]);
      else others.push(one);
    }
  }
  return (agent) => {
    const holding: Ceilings = new Map();
    for (const trait of traitsOfAgent(agent)) {
      for (const { reach, lowest } of byTrait.get(trait) ?? []) {
        if (!reaches(reach, agent)) continue;
        for (const [name, { amount: limit, policy }] of lowest) lower(holding, name, { limit, policy });
      }
    }
    return holding;
  };
}

function lower(
  lowest: Ceilings,
  name: string,
  { limit, policy }: { readonly limit: Json; readonly policy: Sound },
): void {
  const value = amount(name, limit);
  if (value === undefined) return;
  const found = lowest.get(name);
  // Of two that say the same, the first by address is named, whatever the order of files.
  if (
    found !== undefined &&
    (value > found.amount || (value === found.amount && policy.address > found.policy.address))
  )
    return;
  lowest.set(name, { amount: value, policy });
}

/** A policy reaches what all of its lists name; an absent list is any. */
interface Reach {
  readonly agents?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly labels: readonly (readonly [key: string, value: Json])[];
}

/** Undefined: a policy that names systems, which reaches an agent in some runs only. */
function reachOf(spec: JsonObject, home: string): Reach | undefined {
  if (spec['global'] === true) return { labels: [] };
  const targets = objectAt(spec, 'targets');
  if (targets['systems'] !== undefined) return undefined;
  const listed = (name: string): readonly string[] | undefined =>
    targets[name] === undefined
      ? undefined
      : listAt(targets, name)
          .filter((entry) => typeof entry === 'string')
          .sort();
  const agents = listed('agents')?.map((name) => qualify(name, home));
  const namespaces = listed('namespaces');
  const labels = Object.entries(objectAt(targets, 'labels')).sort(([one], [other]) => compareText(one, other));
  return { ...(agents === undefined ? {} : { agents }), ...(namespaces === undefined ? {} : { namespaces }), labels };
}

/** What an agent must have one of to be reached: what the fewest agents have. */
function traitsOf({ agents, namespaces, labels }: Reach): readonly string[] {
  if (agents !== undefined) return [...new Set(agents)].map((name) => `agent ${name}`);
  const [label] = labels;
  if (label !== undefined) return [labelTrait(label)];
  return namespaces === undefined ? ['any'] : [...new Set(namespaces)].map((name) => `namespace ${name}`);
}

function traitsOfAgent({ identity: { namespace, name }, content }: Sound): readonly string[] {
  const labels = Object.entries(objectAt(objectAt(content.manifest, 'metadata'), 'labels'));
  return ['any', `namespace ${namespace}`, `agent ${namespace}/${name}`, ...labels.map(labelTrait)];
}

function labelTrait([key, value]: readonly [key: string, value: Json]): string {
  return `label ${key}=${JSON.stringify(value)}`;
}

function reaches({ agents, namespaces, labels }: Reach, { identity, content }: Sound): boolean {
  if (agents !== undefined && !agents.includes(`${identity.namespace}/${identity.name}`)) return false;
  if (namespaces !== undefined && !namespaces.includes(identity.namespace)) return false;
  const has = objectAt(objectAt(content.manifest, 'metadata'), 'labels');
  return labels.every(([key, value]) => own(has, key) === value);
}

/** Limits in a form that compares: amounts are canonical already, durations are texts. */
function amount(name: string, value: Json | undefined): number | undefined {
  if (typeof value === 'number') return value;
  return name === 'timeout' && typeof value === 'string' ? parseDuration(value) : undefined;
}

function writtenLimits({ document }: Sound): JsonObject | undefined {
  const spec = isJsonObject(document.value) ? objectAt(document.value, 'spec') : {};
  const limits = own(spec, 'limits');
  return isJsonObject(limits) ? limits : undefined;
}

function shownLimit(value: Json | undefined): string {
  return shownText(typeof value === 'string' ? value : JSON.stringify(value ?? null));
}

function above(name: string, written: Json | undefined, policy: Sound): Finding {
  const path = ['spec', 'limits', name];
  const { file, line } = placeIn(policy.document, path);
  const holds = shownLimit(writtenLimits(policy)?.[name]);
  return {
    code: 'limits.above_ceiling',
    severity: 'warning',
    message: `\`limits.${name}\` is ${shownLimit(written)}, and ${policy.address} (${file}:${line}) allows ${holds}: ${holds} is what holds.`,
    help: `Lower it to ${holds}, or raise the policy's limit.`,
  };
}
