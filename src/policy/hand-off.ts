import type { Bundle, BundleAgent, BundleInput } from '../manifest/bundle.ts';
import { isJsonObject, type Json, type JsonObject, own } from '../manifest/json.ts';
import { nestingMax } from '../manifest/resolve-nesting.ts';
import type { Address } from '../manifest/resource.ts';
import type { SubjectAuthority } from './authority.ts';
import { type Denial, deny, type Revisions } from './effective.ts';

/** What the journal and the accounts call an agent that is handed work; the name of no tool. */
export function handOffTarget(agent: string): Address {
  return `Agent/${agent}`;
}

export function isHandOff(target: string): boolean {
  return target.startsWith('Agent/');
}

/** What the model of the first agent has to give: the inputs that the other one declares, else a task in words. */
export function handOffSchema(bundle: Bundle, agent: string): JsonObject {
  const { inputs = {} } = own(bundle.agents, agent) ?? {};
  const declared = Object.entries(inputs);
  if (declared.length === 0) return taskSchema;
  return {
    type: 'object',
    properties: Object.fromEntries(declared.map(([name, input]) => [name, propertyOf(input)])),
    required: declared.filter(([, input]) => input.required && input.default === undefined).map(([name]) => name),
    additionalProperties: false,
  };
}

/** A task in words. */
export const taskSchema: JsonObject = {
  type: 'object',
  properties: {
    task: { type: 'string', minLength: 1, description: 'What is to be done, with all that must be known.' },
  },
  required: ['task'],
  additionalProperties: false,
};

function propertyOf({ type, enum: allowed }: BundleInput): JsonObject {
  return allowed === undefined ? { type } : { type, enum: [...allowed] };
}

/** The input of the agent that is handed work: the task itself, or the inputs that it declares. */
export function handOffInput(agent: BundleAgent, args: Json): Json {
  if (agent.inputs !== undefined) return args;
  return (isJsonObject(args) ? args['task'] : undefined) ?? args;
}

/** The entry in the agent's manifest is the grant, and the live revision must still have it. */
export function handOffDenial({ pinned, live }: Revisions, agent: string): Denial | undefined {
  const rule = !lists(pinned, agent) ? 'pinned revision' : 'live revision';
  if (rule === 'live revision' && (live === undefined || lists(live, agent))) return undefined;
  return deny('agent.not_declared', rule, `The ${rule} does not let the agent hand work to ${handOffTarget(agent)}.`);
}

function lists({ agents = [] }: SubjectAuthority, agent: string): boolean {
  return agents.includes(agent);
}

/** An agent further up in a chain of hand-offs. */
export interface HandedOn {
  readonly subject: Address;
  /** How deep its work would be handed on by a hand-off of the caller. */
  readonly depth: number;
  /** How deep it may be. */
  readonly max: number;
}

/** Each agent of the chain bounds how deep what it handed on may go. */
export function depthDenial(handedOn: readonly HandedOn[] = []): Denial | undefined {
  const over = handedOn.find(({ depth, max }) => !(depth <= max));
  if (over === undefined) return undefined;
  const message = `The work of ${over.subject} would be handed on ${over.depth} deep; it may be ${over.max}.`;
  return deny('limit.handoff_depth', `limits.maxDelegationDepth of ${over.subject}`, message);
}

/** The smaller of both revisions; pawl's own bound where neither has one. */
export function delegationDepthMax(pinned: SubjectAuthority | undefined, live: SubjectAuthority | undefined): number {
  return Math.min(pinned?.limits.maxDelegationDepth ?? nestingMax, live?.limits.maxDelegationDepth ?? nestingMax);
}

/** The agents that a model may be told of, as it is told of tools. */
export function handOffTools(bundle: Bundle, agent: BundleAgent, names: readonly string[]): readonly OfferedAgent[] {
  return names.flatMap((name) => {
    const to = own(agent.agents, name);
    if (to === undefined) return [];
    return [{ name, description: to.description, inputSchema: handOffSchema(bundle, to.agent) }];
  });
}

export interface OfferedAgent {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}
