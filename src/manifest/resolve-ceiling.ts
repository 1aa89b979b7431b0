import { parseDuration } from './duration.ts';
import type { Estate, Report, Sound } from './estate.ts';
import { isJsonObject, own, type Json, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import { placeIn } from './place.ts';
import { qualify } from './reference.ts';
import { shownText } from './shown.ts';
import type { Finding } from './text.ts';

/** Warns of limits that agents write above what a policy lets them use: the policy's is what holds. */
export function ceilingFindings(estate: Estate, report: Report): void {
  const ceilings = ceilingsOf(estate.byKind.get('AgentPolicy') ?? []);
  if (ceilings.length === 0) return;
  for (const agent of estate.byKind.get('Agent') ?? []) {
    // What nobody wrote is no surprise to anybody.
    const written = writtenLimits(agent);
    if (written === undefined) continue;
    for (const name of Object.keys(written)) {
      const ceiling = lowest(name, ceilings, agent);
      const value = amount(name, objectAt(objectAt(agent.content.manifest, 'spec'), 'limits')[name]);
      if (ceiling === undefined || value === undefined || value <= ceiling.amount) continue;
      report(agent, ['spec', 'limits', name], above(name, written[name], ceiling.policy));
    }
  }
}

interface Ceiling {
  readonly policy: Sound;
  readonly limits: JsonObject;
  readonly reaches: (agent: Sound) => boolean;
}

function ceilingsOf(policies: readonly Sound[]): readonly Ceiling[] {
  return policies.flatMap((policy) => {
    const spec = objectAt(policy.content.manifest, 'spec');
    const limits = objectAt(spec, 'limits');
    if (Object.keys(limits).length === 0) return [];
    return [{ policy, limits, reaches: reachOf(spec, policy.identity.namespace) }];
  });
}

/** A policy reaches what all of its lists name. One that names systems reaches an agent in some runs only. */
function reachOf(spec: JsonObject, home: string): (agent: Sound) => boolean {
  if (spec['global'] === true) return () => true;
  const targets = objectAt(spec, 'targets');
  if (targets['systems'] !== undefined) return () => false;
  const listed = (name: string): readonly string[] | undefined =>
    targets[name] === undefined ? undefined : listAt(targets, name).filter((entry) => typeof entry === 'string');
  const names = listed('agents')?.map((name) => qualify(name, home));
  const agents = names === undefined ? undefined : new Set(names);
  const namespaces = listed('namespaces');
  const labels = Object.entries(objectAt(targets, 'labels'));
  return ({ identity, content }) => {
    if (agents !== undefined && !agents.has(`${identity.namespace}/${identity.name}`)) return false;
    if (namespaces !== undefined && !namespaces.includes(identity.namespace)) return false;
    const has = objectAt(objectAt(content.manifest, 'metadata'), 'labels');
    return labels.every(([key, value]) => own(has, key) === value);
  };
}

function lowest(
  name: string,
  ceilings: readonly Ceiling[],
  agent: Sound,
): { readonly amount: number; readonly policy: Sound } | undefined {
  let found: { amount: number; policy: Sound } | undefined;
  for (const { policy, limits, reaches } of ceilings) {
    const value = amount(name, own(limits, name));
    if (value === undefined || !reaches(agent)) continue;
    const lower = found === undefined || value < found.amount;
    // Of two that say the same, the first by address is named, whatever the order of files.
    if (lower || (value === found?.amount && policy.address < found.policy.address)) found = { amount: value, policy };
  }
  return found;
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
