import { externalAgentOperations } from '../manifest/external-agents.ts';
import { parseMemoryToolId } from '../manifest/memory-tools.ts';
import { compareText } from '../manifest/problem.ts';
import type { Address } from '../manifest/resource.ts';
import type { SubjectAuthority, Verdict } from './authority.ts';
import type { AskingRules } from './compile-ask.ts';
import { memoryOperations } from './compile-memory.ts';
import type { Denials } from './denials.ts';
import type { Rule, Subject } from './reach.ts';
import { isBelow } from './tier.ts';
import {
  type Demand,
  leavesOut,
  permissionDemand,
  type PolicyForm,
  type RoleForm,
  type ToolForm,
} from './rule-form.ts';

/** What bears on every cell of one subject. */
export interface Grants {
  readonly denials: Denials;
  /** Those that ask about tools, by address. */
  readonly asking: readonly PolicyForm[];
  /** By address. */
  readonly roles: readonly RoleForm[];
  readonly asks: AskingRules;
  /** Above `inline`; absent: none. */
  readonly floor: SubjectAuthority['isolation'];
}

/** One (subject, tool) pair with the ToolPermissions that hold for it. */
export interface Cell {
  readonly tool: ToolForm;
  readonly subject: Pick<Subject, 'address'>;
  readonly rules: readonly Rule<'ToolPermission'>[];
  /** The subject's own entry for the tool asks. */
  readonly isAsked: boolean;
}

/** One cell of the table: what denies it, else what grants it, and whom that has to ask. */
export function toolVerdict(cell: Cell, grants: Grants): Verdict {
  if (cell.tool.unpinned !== undefined) return cell.tool.unpinned;
  const verdict = deniedBy(cell, grants.denials) ?? grantOf(cell, grants.roles);
  if (verdict.kind !== 'allow') return verdict;
  const { tool, subject, rules, isAsked } = cell;
  const asks = policiesAsking(tool.operations, grants);
  for (const { address, spec } of rules) {
    if (spec.rules.some((entry) => entry.verdict === 'ask' && tool.operations.includes(entry.operation)))
      asks.push(grants.asks.add(address, spec.approval));
  }
  if (isAsked) asks.push(grants.asks.add(subject.address, undefined));
  return isolated(grants.asks.over(verdict, asks), tool, grants);
}

/**
 * T8. What runs elsewhere has no tier: where a floor or the tool's own risk wants it kept apart, people look at each
 * call instead. What runs on a worker has tiers up to the strongest of its type; within pawl that is the weakest of all.
 * No floor above it is satisfied by asking, and a worker that has less is refused when the call is made.
 */
function isolated(verdict: Verdict, { path, isRemote, strongest, facts }: ToolForm, { floor }: Grants): Verdict {
  const isRisky = facts.risk === 'high' || facts.risk === 'critical';
  const rule = floor?.rule ?? (isRemote && isRisky ? `Tool/${path}` : undefined);
  if (rule === undefined || (isRemote && verdict.kind === 'ask')) return verdict;
  if (strongest !== undefined && floor !== undefined && !isBelow(strongest, floor.min)) return verdict;
  return { kind: 'deny', reason: 'isolation.unavailable', rule };
}

/**
 * An agent's `memory.allow` is the grant, and policies take from it. The session is none of what a list of tools or of
 * operations is about, so that only a rule that names the memory takes it away.
 */
export function memoryVerdict(id: string, subject: Address, grants: Grants): Verdict {
  const isSession = parseMemoryToolId(id)?.operation === 'session';
  const operations = memoryOperations(id) ?? [];
  const policy = isSession ? grants.denials.naming(id) : grants.denials.of({ names: [id], operations });
  if (policy !== undefined) return policy.denied;
  if (isSession) return { kind: 'allow', rule: subject };
  if (grants.floor !== undefined) return { kind: 'deny', reason: 'isolation.unavailable', rule: grants.floor.rule };
  return grants.asks.over({ kind: 'allow', rule: subject }, policiesAsking(operations, grants));
}

/**
 * An agent's own manifest is the grant to call an agent elsewhere, as it is to hand work to one of pawl, and no list of
 * tools is about either. Nothing of pawl isolates it: where a floor wants that, people look at each call instead.
 */
export function externalVerdict(id: string, subject: Address, grants: Grants): Verdict {
  const policy = grants.denials.performing(id, externalAgentOperations);
  if (policy !== undefined) return policy.denied;
  const asks = policiesAsking(externalAgentOperations, grants);
  const verdict = grants.asks.over({ kind: 'allow', rule: subject }, asks);
  if (grants.floor === undefined || verdict.kind === 'ask') return verdict;
  return { kind: 'deny', reason: 'isolation.unavailable', rule: grants.floor.rule };
}

/** `policies`: those that say something of models, by address. */
export function modelVerdict(model: string, subject: Address, policies: readonly PolicyForm[]): Verdict {
  const denying = policies.find(({ models }) => models !== undefined && leavesOut(models, model));
  return denying === undefined
    ? { kind: 'allow', rule: subject }
    : { kind: 'deny', reason: 'model.not_allowed', rule: denying.address };
}

function policiesAsking(operations: readonly string[], { asking, asks }: Grants): string[] {
  const found = asking.filter(({ asked }) => operations.some((one) => asked?.has(one) === true));
  return found.map(({ address, approval }) => asks.add(address, approval));
}

function deniedBy({ tool, rules }: Cell, denials: Denials): Verdict | undefined {
  const policy = denials.of(tool);
  if (policy !== undefined) return policy.denied;
  const rule = rules.find(({ spec }) =>
    spec.rules.some((entry) => entry.verdict === 'deny' && tool.operations.includes(entry.operation)),
  );
  return rule && { kind: 'deny', reason: 'policy.denied', rule: rule.address };
}

/**
 * The permissions that each ToolPermission requires, or where none does `tool:<name>:<operation>` for every operation.
 * Of another namespace, one narrows only: it cannot take the place of what the tool's owner asks for.
 */
function grantOf({ tool, subject, rules }: Cell, roles: readonly RoleForm[]): Verdict {
  const givers = new Set<RoleForm>();
  let isReplaced = false;
  for (const rule of rules) {
    const demand = permissionDemand(rule);
    if (demand === undefined) continue;
    if (rule.namespace === tool.namespace) isReplaced = true;
    const missing = missingOf(demand, roles, givers);
    if (missing !== undefined) return notGranted(rule.address, missing);
  }
  if (!isReplaced) {
    const missing = missingOf(tool.demand, roles, givers);
    if (missing !== undefined) return notGranted(subject.address, missing);
  }
  if (givers.size === 1) for (const { granted } of givers) return granted;
  const addresses = Array.from(givers, ({ address }) => address);
  return { kind: 'allow', rule: addresses.sort(compareText).join(', ') };
}

function notGranted(rule: string, missing: readonly string[]): Verdict {
  return { kind: 'deny', reason: 'policy.not_granted', rule, missing };
}

/** What no role gives and the call needs, sorted; undefined: enough is given, and `givers` holds who gives it. */
function missingOf({ wanted, match }: Demand, roles: readonly RoleForm[], givers: Set<RoleForm>): string[] | undefined {
  const missing: string[] = [];
  for (const { text, givenBy } of wanted) {
    const giver = roles.find(({ gives }) => givenBy.some((one) => gives.has(one)));
    if (giver === undefined) missing.push(text);
    else {
      givers.add(giver);
      if (match === 'any') return undefined;
    }
  }
  return missing.length === 0 ? undefined : missing.sort(compareText);
}
