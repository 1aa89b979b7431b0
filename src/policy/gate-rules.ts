import type { BundleTool } from '../manifest/bundle.ts';
import type { BundleServer } from '../manifest/bundle-world.ts';
import { isCovered, isDeclaredHost } from '../manifest/egress-host.ts';
import { type Json, own } from '../manifest/json.ts';
import type { Condition, FlowRule, GatewayRule, SubjectAuthority } from './authority.ts';
import { type ConditionVariables, evaluateRule } from './condition.ts';
import type { GateContext, ToolGateCall } from './context.ts';
import { type Denial, deny, type Revisions, rowsUnder } from './effective.ts';
import { type DataClass, isServiced, toolClasses } from './data-class.ts';
import type { Labels, ToolFacts } from './facts.ts';
import type { AskedBy } from './gate-approval.ts';
import { kept } from './kept.ts';
import { isBelow, localOf, tierOf } from './tier.ts';

/** A call of a tool, its arguments parsed. */
export interface RuledCall {
  readonly call: ToolGateCall;
  /** `namespace/name` of the Tool. */
  readonly id: string;
  readonly tool: BundleTool;
  readonly args: Json;
  readonly context: GateContext;
  readonly revisions: Revisions;
}

/** T8 to T10: what rules of both revisions say of this very call. Gives a denial, or the rules that ask. */
export function callRules(ruled: RuledCall): Denial | readonly AskedBy[] {
  const { pinned, live } = ruled.revisions;
  const withoutTier = tierDenial(ruled);
  if (withoutTier !== undefined) return withoutTier;
  if (!hasRules(pinned) && (live === pinned || live === undefined || !hasRules(live))) return nobody;
  const rows = rowsUnder(ruled.revisions);
  return (
    first(rows, ({ egress }) => egress && egressDenial(egress, wayOut(ruled))) ??
    first(rows, (row) => gatewayDenial(row, ruled)) ??
    first(rows, (row) => conditionDenial(row, ruled)) ??
    first(rows, (row) => flowDenial(row, ruled)) ??
    rows.flatMap((row) => [...conditionsAsking(row, ruled), ...flowAsking(row, ruled)])
  );
}

const nobody: readonly AskedBy[] = [];

/** Most subjects have none of these. */
function hasRules({ egress, gateways, conditions, flow }: SubjectAuthority): boolean {
  return egress !== undefined || gateways !== undefined || conditions !== undefined || flow !== undefined;
}

function first(
  rows: readonly SubjectAuthority[],
  check: (row: SubjectAuthority) => Denial | undefined,
): Denial | undefined {
  for (const row of rows) {
    const denial = check(row);
    if (denial !== undefined) return denial;
  }
  return undefined;
}

/** T8: what runs on the worker needs a tier that its self-test proved. What runs elsewhere has none. */
function tierDenial({ context, id, tool, revisions }: RuledCall): Denial | undefined {
  const local = localOf(tool, context.bundle.servers);
  if (local === undefined) {
    if (context.tiers?.includes('inline') !== false || !inlineTypes.has(tool.impl.type)) return undefined;
    return deny('isolation.unavailable', id, `${id} runs in the tier inline, which this worker does not offer.`);
  }
  const tier = tierOf(local, context.tiers ?? []);
  if (tier === undefined) {
    const message = `${id} needs the tier ${local.isolation.min} or a stronger one, and this worker offers none that fits.`;
    return deny('isolation.unavailable', id, message);
  }
  const floors = [revisions.pinned.isolation, revisions.live?.isolation].filter((floor) => floor !== undefined);
  const floor = floors.find(({ min }) => isBelow(tier, min));
  if (floor === undefined) return undefined;
  const message = `${floor.rule} wants the tier ${floor.min} at least, and ${id} would run in ${tier}.`;
  return deny('isolation.unavailable', floor.rule, message);
}

/** Pawl's own. */
const inlineTypes: ReadonlySet<BundleTool['impl']['type']> = new Set(['builtin', 'memory', 'retrieval']);

/** The host of a tool is its author's, never an argument's: it is known before the call is made. */
function egressDenial(egress: NonNullable<SubjectAuthority['egress']>, { url, hosts }: WayOut): Denial | undefined {
  const missing = egress.find(
    (rule) => (url !== undefined && !isAllowed(rule.hosts, url)) || !hosts.every((host) => isCovered(host, rule.hosts)),
  );
  return missing && deny('egress.denied', missing.rule, `${missing.rule} does not let tools connect to that host.`);
}

/** What rules on ways out say of a memory's service, which pawl itself asks for a session. */
export function serviceRefusal(revisions: Revisions, url: string): Denial | undefined {
  const out: WayOut = { url, hosts: [] };
  return first(
    rowsUnder(revisions),
    ({ egress, gateways }) =>
      (egress && egressDenial(egress, out)) ?? (gateways && gatewayRefusal(gateways, 'tool', out)),
  );
}

function isAllowed(hosts: readonly string[], url: string): boolean {
  const known = answers(hosts);
  let answer = known.get(url);
  if (answer === undefined) known.set(url, (answer = isDeclaredHost(url, hosts)));
  return answer;
}

/** By URL, for each list of a row. */
const answers = kept((_hosts: readonly string[]) => new Map<string, boolean>());

/** A tool that reaches out by itself goes through no gateway; only an MCP server behind one does. */
function gatewayDenial({ gateways }: SubjectAuthority, ruled: RuledCall): Denial | undefined {
  if (gateways === undefined) return undefined;
  return gatewayRefusal(gateways, ruled.tool.impl.type === 'a2a' ? 'agent' : 'tool', wayOut(ruled));
}

/** What rules on gateways say of one way out, whoever takes it. */
export function gatewayRefusal(
  gateways: readonly GatewayRule[],
  sort: 'tool' | 'agent',
  { url, hosts, gateway }: WayOut,
): Denial | undefined {
  if (url === undefined && hosts.length === 0) return undefined;
  const rule = gateway === undefined ? gateways.find(({ require }) => require.includes(sort)) : undefined;
  if (rule !== undefined)
    return deny('gateway.required', rule.rule, `${rule.rule} wants ${sort}s to be called through a gateway.`);
  const leaving = gateways.find(({ allow }) => gateway !== undefined && allow?.includes(gateway) === false);
  return leaving && deny('gateway.not_allowed', leaving.rule, `${leaving.rule} does not allow Gateway/${gateway}.`);
}

/** Where a call goes: to one address, or by a program that connects by itself; nowhere where both are empty. */
interface WayOut {
  readonly url?: string;
  /** In the grammar of `egress.hosts`. */
  readonly hosts: readonly string[];
  /** `namespace/name`. */
  readonly gateway?: string;
}

function wayOut({ tool: { impl }, context }: RuledCall): WayOut {
  if (impl.type === 'http' || impl.type === 'a2a') return { url: impl.url, hosts: [] };
  if (impl.type === 'memory' || impl.type === 'retrieval')
    return impl.url === undefined ? { hosts: [] } : { url: impl.url, hosts: [] };
  if (impl.type !== 'mcp') return { hosts: 'isolation' in impl ? (impl.isolation.network?.hosts ?? []) : [] };
  const server = own(context.bundle.servers ?? {}, impl.server);
  if (server === undefined) throw new TypeError('a tool of a server that the bundle does not hold');
  return serverWayOut(server);
}

export function serverWayOut(server: BundleServer): WayOut {
  if (server.transport !== 'http') return { hosts: server.isolation.network?.hosts ?? [] };
  return {
    url: server.url,
    hosts: [],
    ...(server.gateway === undefined ? {} : { gateway: server.gateway.gateway }),
  };
}

/** T9: only `true` passes. Whoever is refused by a condition and by an error of another is told of the condition. */
function conditionDenial(row: SubjectAuthority, ruled: RuledCall): Denial | undefined {
  let failed: Condition | undefined;
  for (const condition of row.conditions ?? []) {
    if (condition.kind !== 'denyUnless') continue;
    const value = evaluateRule(condition.expr, variablesOf(row, ruled));
    if (value === false) return deny('policy.condition_false', condition.id, `${condition.id} does not hold.`);
    if (value === undefined) failed ??= condition;
  }
  if (failed === undefined) return undefined;
  const message = `${failed.id} failed, or gave neither true nor false.`;
  return deny('gate.condition_error', failed.id, message);
}

function conditionsAsking(row: SubjectAuthority, ruled: RuledCall): readonly AskedBy[] {
  return (row.conditions ?? []).flatMap(({ id, kind, expr, asks }) =>
    kind === 'askIf' && evaluateRule(expr, variablesOf(row, ruled)) !== false ? [{ rule: id, terms: asks ?? id }] : [],
  );
}

/** What the conditions of one revision look at: that revision's facts. */
function variablesOf({ facts }: SubjectAuthority, { call, id, tool, args, context }: RuledCall): ConditionVariables {
  const { where, bundle } = context;
  const { operations, risk, classes }: ToolFacts = own(facts?.tools, id) ?? factsOf(tool);
  const isAgent = call.subject.startsWith('Agent/');
  return {
    args,
    tool: {
      name: tool.name,
      namespace: id.replace(/^(?:memory|mcp|a2a):/, '').split('/')[0] ?? '',
      operations,
      risk: risk ?? 'medium',
      dataClass: classes?.[0] ?? '',
    },
    agent: isAgent ? named(call.subject.slice('Agent/'.length), facts?.agent) : { name: '', namespace: '', labels: {} },
    system: named(bundle.system, facts?.system),
    run: where && { id: where.run, input: where.input },
    now: where?.now,
  };
}

function named(path: string, labels: Labels = {}): ConditionVariables['agent'] {
  const [namespace = '', name = ''] = path.split('/');
  return { name, namespace, labels };
}

/** A row that says nothing of a tool leaves it to the definition that the run keeps. */
const factsOf = kept((tool: BundleTool): ToolFacts => {
  const { operations, risk } = tool;
  return { operations, ...(risk === undefined ? {} : { risk }), classes: toolClasses(tool) };
});

/** T10: what the run has touched, and what this tool does. */
function flowDenial(row: SubjectAuthority, ruled: RuledCall): Denial | undefined {
  const rule = flowRules(row, ruled).find(({ what }) => what === 'deny');
  return rule && flowRefusal(rule);
}

function flowRefusal({ id, when, target }: FlowRule): Denial {
  return deny('flow.denied', id, `After ${when.join(' and ')}, ${id} lets the run make no call of ${target}.`);
}

/**
 * T10 of what pawl itself tells a memory's service of a session: what the run has touched goes out with it. Nobody is
 * asked about a session, so that a rule that asks refuses it too.
 */
export function serviceFlowRefusal(
  revisions: Revisions,
  touched: ReadonlySet<DataClass> = nothing,
): Denial | undefined {
  return first(rowsUnder(revisions), ({ flow = [] }) => {
    const rule = flow.find(({ when, target }) => target === told && when.every((one) => touched.has(one)));
    return rule && flowRefusal(rule);
  });
}

const told: DataClass = 'externalWrite';

function flowAsking(row: SubjectAuthority, ruled: RuledCall): readonly AskedBy[] {
  return flowRules(row, ruled).flatMap(({ id, what, asks }) =>
    what === 'ask' ? [{ rule: id, terms: asks ?? id }] : [],
  );
}

function flowRules({ flow, facts }: SubjectAuthority, { id, tool, context }: RuledCall): readonly FlowRule[] {
  if (flow === undefined) return [];
  const touched: ReadonlySet<DataClass> = context.usage.touched ?? nothing;
  const { classes: known = [] } = own(facts?.tools, id) ?? factsOf(tool);
  // A row knows a memory by its Tool or its name, and not where it is kept.
  const classes = isServiced(tool.impl) ? [...known, ...toolClasses(tool)] : known;
  return flow.filter(({ when, target }) => classes.includes(target) && when.every((one) => touched.has(one)));
}

const nothing: ReadonlySet<DataClass> = new Set();
