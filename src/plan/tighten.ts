import { isJsonObject, type Json, type JsonObject } from '../manifest/json.ts';
import { permissionParts } from '../manifest/permission.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Address, Resource } from '../manifest/resource.ts';
import { pathOf } from '../policy/typed.ts';
import type { Evidence, Proposal, RecordedUse } from './recorded-use.ts';
import { listIn, objectIn, referencesIn, specOf, textsIn } from './spec-members.ts';
import { modelsNamed, tightenedPolicy } from './tighten-policy.ts';

export interface Tightening {
  readonly proposals: readonly Proposal[];
  /** Of whom nothing is proposed, and why. */
  readonly left: readonly { readonly address: Address; readonly because: string }[];
}

/** So many executions of an agent say what it needs. */
export const stepsMin = 20;
/** What the thousandth of them that used most may grow by. */
const headroom = 1.5;
const quantile = 0.999;

/** What recorded use justifies, as manifests that grant no more. Pure: the same record proposes the same. */
export function tighten(resources: ReadonlyMap<Address, Resource>, use: RecordedUse): Tightening {
  const proposals: Proposal[] = [];
  const left: Tightening['left'][number][] = [];
  const listed = new Map<string, Set<string>>();
  for (const agent of of(resources, 'Agent')) {
    const because = tooLittle(agent, use);
    const evidence: Evidence[] = [];
    if (because !== undefined) left.push({ address: agent.address, because });
    const after = because === undefined ? tightenedAgent(agent, use, evidence) : agent.manifest;
    if (evidence.length > 0) proposals.push({ address: agent.address, after, evidence });
    for (const role of referencesIn(specOf(after), 'roles', agent.namespace)) {
      const tools = listed.get(role) ?? new Set();
      listed.set(role, tools);
      for (const tool of toolsIn(after, agent.namespace)) tools.add(tool);
    }
  }
  for (const system of of(resources, 'AgentSystem')) {
    const tools = Object.values(objectIn(specOf(system.manifest), 'graph')).flatMap((node) =>
      isJsonObject(node) && typeof node['toolRef'] === 'string' ? [qualify(node['toolRef'], system.namespace)] : [],
    );
    for (const role of referencesIn(specOf(system.manifest), 'roles', system.namespace)) {
      const known = listed.get(role) ?? new Set();
      listed.set(role, known);
      for (const tool of tools) known.add(tool);
    }
  }
  for (const role of of(resources, 'AgentRole')) {
    const proposal = tightenedRole(role, listed.get(pathOf(role)), use);
    if (proposal !== undefined) proposals.push(proposal);
  }
  const named = modelsNamed(resources);
  for (const policy of of(resources, 'AgentPolicy')) {
    const proposal = tightenedPolicy(policy, use, named);
    if (proposal !== undefined) proposals.push(proposal);
  }
  return { proposals: proposals.sort((a, b) => compareText(a.address, b.address)), left };
}

function of(resources: ReadonlyMap<Address, Resource>, kind: Resource['kind']): readonly Resource[] {
  return [...resources.values()].filter((one) => one.kind === kind).sort((a, b) => compareText(a.address, b.address));
}

/** Why nothing can be said of an agent; undefined: enough is known. */
function tooLittle(agent: Resource, { ages, days, steps }: RecordedUse): string | undefined {
  const age = ages.find(({ address }) => address === agent.address)?.days ?? 0;
  if (age < days) return `it is there for ${age} of ${days} days`;
  const path = pathOf(agent);
  const count = steps.filter((step) => step.agent === path).length;
  return count < stepsMin ? `it worked ${count} times, and ${stepsMin} say something` : undefined;
}

function tightenedAgent(agent: Resource, use: RecordedUse, evidence: Evidence[]): JsonObject {
  const spec = specOf(agent.manifest);
  const tools = withoutUnused(agent, use, evidence);
  const limits = fitted(agent, use, evidence);
  return { ...agent.manifest, spec: { ...spec, ...tools, ...limits } };
}

/** What somebody whom nobody can name called, anybody may have called. */
function withoutUnused(agent: Resource, { calls, steps, days }: RecordedUse, evidence: Evidence[]): JsonObject {
  const spec = specOf(agent.manifest);
  const path = pathOf(agent);
  const used = new Set(
    calls.flatMap(({ agent: by, isKnown, kind, target }) =>
      kind === 'tool' && (by === path || !isKnown) ? [target] : [],
    ),
  );
  for (const required of referencesIn(objectIn(spec, 'execution'), 'requiredTools', agent.namespace))
    used.add(required);
  const runs = steps.filter((step) => step.agent === path).length;
  const tools = listIn(spec, 'tools');
  const kept = tools.filter((entry) => {
    const name = toolIn(entry, agent.namespace);
    if (name === undefined || used.has(name)) return true;
    const because = `no call of it in ${days} days, in which the agent worked ${runs} times`;
    evidence.push({ field: `spec.tools["${name}"]`, before: 'listed', after: 'removed', because });
    return false;
  });
  return kept.length === tools.length ? {} : { tools: kept };
}

const measures = { maxSteps: 'models', maxToolCalls: 'tools', maxTokens: 'tokens', maxCost: 'cost' } as const;

/** Never above what there is: the thousandth that used most, half as much again. */
function fitted(agent: Resource, { calls, steps, days }: RecordedUse, evidence: Evidence[]): JsonObject {
  const limits = objectIn(specOf(agent.manifest), 'limits');
  // Where nobody can tell who called, nobody can tell what of it was its own.
  if (calls.some(({ isKnown }) => !isKnown)) return {};
  const own = steps.filter((step) => step.agent === pathOf(agent));
  const tighter: Record<string, Json> = {};
  for (const [limit, measure] of Object.entries(measures)) {
    const present = limits[limit];
    if (typeof present !== 'number') continue;
    const sorted = own.map((step) => step[measure]).sort((a, b) => a - b);
    const most = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * quantile) - 1)] ?? 0;
    const proposed = Math.max(1, Math.ceil(most * headroom));
    if (proposed >= present) continue;
    tighter[limit] = proposed;
    const because = `99.9 % of ${own.length} executions in ${days} days used ${most} or less; half as much again is left`;
    evidence.push({ field: `spec.limits.${limit}`, before: String(present), after: String(proposed), because });
  }
  return Object.keys(tighter).length === 0 ? {} : { limits: { ...limits, ...tighter } };
}

/** Permissions for one tool that none of the role's holders lists any more; what has a `*` may be meant for others. */
function tightenedRole(
  role: Resource,
  listed: ReadonlySet<string> | undefined,
  use: RecordedUse,
): Proposal | undefined {
  // A role that nobody has grants nothing now, and may wait for somebody.
  if (listed === undefined) return undefined;
  const permissions = textsIn(specOf(role.manifest), 'permissions');
  const evidence: Evidence[] = [];
  const kept = permissions.filter((permission) => {
    const [sort, tool = '*'] = permissionParts(permission, role.namespace);
    if (sort !== 'tool' || tool.includes('*') || listed.has(tool)) return true;
    const because = `none of its holders uses ${tool}: no call in ${use.days} days, or not listed`;
    evidence.push({ field: `spec.permissions["${permission}"]`, before: 'given', after: 'removed', because });
    return false;
  });
  if (evidence.length === 0) return undefined;
  const after = { ...role.manifest, spec: { ...specOf(role.manifest), permissions: kept } };
  return { address: role.address, after, evidence };
}

function toolsIn(manifest: JsonObject, namespace: string): readonly string[] {
  return listIn(specOf(manifest), 'tools').flatMap((entry) => toolIn(entry, namespace) ?? []);
}

/** `namespace/name`; undefined: tools of a server. */
function toolIn(entry: Json, namespace: string): string | undefined {
  const reference = isJsonObject(entry) ? entry['toolRef'] : undefined;
  return typeof reference === 'string' ? qualify(reference, namespace) : undefined;
}
