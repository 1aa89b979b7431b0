import type { Bundle, BundleAgent, BundleTool } from '../manifest/bundle.ts';
import { canonicalText, sha256 } from '../manifest/digest.ts';
import { isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { actionOf } from './action.ts';
import { budgetVerdict, toolNeed } from './budget.ts';
import { type GateCall, type GateContext, repetitionKey, type ToolGateCall } from './context.ts';
import type { Decision, Reservation } from './decision.ts';
import { type Denial, deny, effectiveLimit, effectiveSpendLimit, type Revisions } from './effective.ts';
import { withAudit } from './gate-audit.ts';
import { decideModel } from './gate-model.ts';
import { type AskedBy, asksBy, batchOf, type Released, released } from './gate-approval.ts';
import { pinDenial, unpinnedReasons } from './gate-pin.ts';
import { callRules } from './gate-rules.ts';
import { haltDenial } from './halt.ts';
import { depthDenial, handOffDenial, handOffTarget } from './hand-off.ts';
import { kept } from './kept.ts';
import { permit, type Permitted } from './permit.ts';
import { parseStrictJson } from './strict-json.ts';

/** A step may ask for the same call this often; the next one is refused. */
export const sameCallMax = 19;

/**
 * Decides one call: pure, total, look-ups only. Cheap and total checks come first, parsing before policy (so that
 * policy sees one canonical object), denies before grants (so that an explanation names the deny), budget last.
 */
export function decide(call: GateCall, context: GateContext): Decision {
  try {
    const denial = clockDenial(context) ?? haltDenial(call, context); // T0 and M0, T1 and M1
    if (denial !== undefined) return denial;
    const { pinned, live } = context;
    if (pinned === undefined) {
      return deny('gate.authority_missing', 'gate', `The run's revision has no compiled rules for ${call.subject}.`);
    }
    const revisions = { pinned, live };
    const decision = decideBy(call, context, revisions);
    // Nearly no subject has policies on trial.
    return pinned.audit === undefined && live?.audit === undefined
      ? decision
      : withAudit(decision, revisions, (tried, also = {}) => decideBy(call, { ...context, ...also }, tried));
  } catch {
    // The cause may quote arguments; there is no fail-open switch, so the fact is enough.
    return deny('gate.error', 'gate', `The gate failed while it decided a ${call.kind} call of ${call.subject}.`);
  }
}

function decideBy(call: GateCall, context: GateContext, revisions: Revisions): Decision {
  return call.kind === 'tool' ? decideTool(call, context, revisions) : decideModel(call, context, revisions);
}

function clockDenial({ clock }: GateContext): Denial | undefined {
  if (clock.lost) return deny('run.lease_lost', 'run', 'The worker no longer owns the run.');
  if (clock.cancelled) return deny('run.cancelled', 'run', 'The run was cancelled.');
  if (clock.overdue) return deny('run.deadline', 'run', 'The run or the step is past its deadline.');
  return undefined;
}

function decideTool(call: ToolGateCall, context: GateContext, revisions: Revisions): Decision {
  const parsed = parseStrictJson(call.arguments); // T2
  if (parsed.kind !== 'parsed') {
    const reason = parsed.kind === 'tooLarge' ? 'call.too_large' : 'call.malformed';
    return deny(reason, 'strict JSON', `The arguments were refused. ${parsed.message}`);
  }
  const args = parsed.value;
  if (!isJsonObject(args)) return deny('call.malformed', 'strict JSON', 'The arguments are not a JSON object.');
  const target = findTool(call, context); // T3
  if ('kind' in target) return target;
  const permitted = permitTarget(target, call, revisions); // T4, T6, T7
  if (permitted.kind === 'deny' && unpinnedReasons.has(permitted.reason)) return permitted;
  const unpinned = pinOf(target, revisions);
  if (unpinned !== undefined) return unpinned;
  const invalid = argumentDenial(target, args, context); // T5
  if (invalid !== undefined) return invalid;
  const argsText = parsed.isWrittenCanonical ? call.arguments : textOf(args, parsed.isCanonical);
  const argsDigest = sha256(argsText);
  if (permitted.kind === 'deny') return { ...permitted, argsDigest };
  const asked = target.tool && callRules({ call, id: target.id, tool: target.tool, args, context, revisions }); // T8 to T10
  if (asked !== undefined && 'kind' in asked) return { ...asked, argsDigest };
  const denial = limitDenial(target, { call, argsDigest, context, revisions });
  if (denial !== undefined) return { ...denial, argsDigest };
  const asking = rulesAsking(permitted, asked);
  // T13: nobody is asked, as of nearly all calls, and then nothing is put together for it.
  const approved =
    asking.length === 0 ? undefined : approvalOf(asking, { call, args, argsDigest, context, revisions, target });
  if (approved?.kind === 'deny') return { ...approved, argsDigest };
  if (approved?.kind === 'ask') return { ...approved, rule: permitted.rule, args, argsDigest };
  const toolReserve: Reservation = { calls: 1, tokens: 0, cost: target.cost };
  const overdrawn = budgetVerdict(revisions, context.usage, toolNeed(toolReserve)); // T14
  if (overdrawn !== undefined) return overdrawn.kind === 'deny' ? { ...overdrawn, argsDigest } : overdrawn;
  const approval = approved?.approval;
  const allowed = { kind: 'allow', rule: permitted.rule, args, argsText, argsDigest, reserve: toolReserve } as const;
  return approval === undefined ? allowed : { ...allowed, approval: approval.id, consumes: approval };
}

/** Parsing sorted the keys already, and made numbers and strings what RFC 8785 writes. */
function textOf(args: JsonObject, isCanonical: boolean): string {
  return isCanonical ? JSON.stringify(args) : canonicalText(args);
}

function rulesAsking(permitted: Exclude<Permitted, Denial>, asked: readonly AskedBy[] = []): readonly AskedBy[] {
  if (permitted.kind !== 'ask') return asked;
  return [...permitted.asks.map((rule) => ({ rule, terms: rule })), ...asked];
}

/** T13 of a call that somebody is asked for. */
function approvalOf(asked: readonly AskedBy[], approving: Approving): Released {
  const { target, args, call, argsDigest, context, revisions } = approving;
  const { where, bundle, approvals } = context;
  const action = actionOf({ where, subject: call.subject, tool: target.id, argsDigest, bundle, revisions });
  const asks = asksBy(asked, revisions);
  const batch = batchOf(asks, action, { args, risk: target.tool?.risk });
  return released({ asks, action, batch, said: where && approvals });
}

/** A tool, or another agent: what is handed on counts as a call, and what it takes is the other agent's. */
interface Target {
  /** A tool's `namespace/name`, or the other agent's address. */
  readonly id: string;
  /** `namespace/name` of the other agent. */
  readonly agent?: string;
  readonly tool?: BundleTool;
  /** Micro-USD for one call. */
  readonly cost: number;
}

/** T3: the exact name, as an own key: no case folding, no normalisation, and `constructor` is not a tool. */
function findTool(call: ToolGateCall, { bundle }: GateContext): Target | Denial {
  const caller = callersOf(bundle).get(call.subject);
  const known = caller?.targets.get(call.name);
  if (known !== undefined) return known;
  const target = targetOf(call, caller?.agent, bundle);
  if (target !== undefined) {
    // Only what the bundle has is kept, so that no model fills it with names of its own.
    caller?.targets.set(call.name, target);
    return target;
  }
  if (Object.values(bundle.tools).some((other) => other.name === call.name)) {
    return deny('tool.not_declared', call.subject, `${call.subject} does not list the tool it asked for.`);
  }
  return deny('tool.unknown', call.subject, `${call.subject} asked for a tool that the system does not have.`);
}

function targetOf(call: ToolGateCall, caller: BundleAgent | undefined, bundle: Bundle): Target | undefined {
  const id = call.subject.startsWith('Agent/') ? own(caller?.tools, call.name) : nodeTool(call, bundle);
  const tool = id === undefined ? undefined : own(bundle.tools, id);
  if (id !== undefined && tool !== undefined) return { id, tool, cost: tool.costPerCall };
  const agent = own(caller?.agents, call.name)?.agent;
  return agent === undefined ? undefined : { id: handOffTarget(agent), agent, cost: 0 };
}

/** Of a system's own node: the Tool is named by what it is. */
function nodeTool({ subject, name }: ToolGateCall, bundle: Bundle): string | undefined {
  const system = subject.slice('AgentSystem/'.length);
  return system === bundle.system || own(bundle.systems, system) !== undefined ? name : undefined;
}

interface Caller {
  readonly agent: BundleAgent;
  /** By the name that the agent calls it by, as far as it was called. */
  readonly targets: Map<string, Target>;
}

/** Every call asks for its agent: a part of its address is another string each time, which is looked for letter by letter. */
const callersOf = kept(
  ({ agents }: Bundle): ReadonlyMap<string, Caller> =>
    new Map(Object.entries(agents).map(([path, agent]) => [`Agent/${path}`, { agent, targets: new Map() }])),
);

function pinOf({ id, tool }: Target, revisions: Revisions): Denial | undefined {
  return tool?.impl.type === 'mcp' ? pinDenial({ id, digest: tool.impl.digest }, revisions) : undefined;
}

function permitTarget({ id, agent }: Target, { subject }: ToolGateCall, revisions: Revisions): Permitted {
  if (agent !== undefined) return handOffDenial(revisions, agent) ?? { kind: 'allow', rule: subject };
  return permit(revisions, { subject, table: 'tools', name: id });
}

function argumentDenial(target: Target, args: Json, { schemas }: GateContext): Denial | undefined {
  const check = schemas.get(target.id);
  if (check === undefined) return deny('gate.schema_error', target.id, 'The tool has no compiled input schema.');
  const verdict = check(args);
  if (verdict.kind === 'valid') return undefined;
  if (verdict.kind === 'error') return deny('gate.schema_error', target.id, verdict.message);
  const place = verdict.pointer === '' ? 'The arguments' : `The argument at ${verdict.pointer}`;
  return deny('args.invalid', target.id, `${place}: ${verdict.message}.`);
}

interface Counted {
  readonly call: ToolGateCall;
  readonly argsDigest: string;
  readonly context: GateContext;
  readonly revisions: Revisions;
}

interface Approving extends Counted {
  readonly target: Target;
  readonly args: JsonObject;
}

/** T11. */
function limitDenial(target: Target, { call, argsDigest, context, revisions }: Counted): Denial | undefined {
  const { step } = context.usage;
  const max = effectiveLimit(revisions, 'maxToolCalls');
  if (!(step.toolCalls < max))
    return deny('limit.tool_calls', 'limits.maxToolCalls', `All ${max} tool calls of the step are used.`);
  // Most steps ask for nothing before: no account, no name of one.
  const earlier =
    step.repeated.size === 0 ? 0 : (step.repeated.get(repetitionKey(target.id, call.written ?? argsDigest)) ?? 0);
  if (earlier > (call.again === true ? 1 : 0) && deniesDuplicates(call, context)) {
    const message = `The step asked for this same call of ${target.id} before, and the agent says duplicateCalls: deny.`;
    return deny('call.duplicate', 'execution.duplicateCalls', message);
  }
  if (!(earlier < sameCallMax)) {
    return deny(
      'limit.repetition',
      'repetition',
      `The step asked for this same call of ${target.id} ${earlier} times before.`,
    );
  }
  return (
    (target.agent === undefined ? undefined : depthDenial(context.handedOn)) ??
    costDenial(target.cost, context, revisions)
  );
}

function deniesDuplicates(call: ToolGateCall, { bundle }: GateContext): boolean {
  return callersOf(bundle).get(call.subject)?.agent.execution.duplicateCalls === 'deny';
}

/** What a call costs besides any model's tokens, against the money that is left. */
function costDenial(cost: number, { usage, bundle }: GateContext, revisions: Revisions): Denial | undefined {
  if (cost === 0) return undefined;
  const nested = (usage.nested ?? []).map(
    ({ system, limits, cost: used }) => [`limits.maxCost of AgentSystem/${system}`, limits.maxCost, used] as const,
  );
  for (const [rule, limit, spent] of [
    ['limits.maxCost of the agent', effectiveSpendLimit(revisions, 'maxCost'), usage.step.cost],
    [`limits.maxCost of AgentSystem/${bundle.system}`, bundle.limits.maxCost, usage.run.cost],
    ...nested,
  ] as const) {
    if (limit === undefined || spent + cost <= limit) continue;
    return deny('limit.cost', rule, `The call costs ${cost} micro-USD; ${rule} leaves ${Math.max(0, limit - spent)}.`);
  }
  return undefined;
}
