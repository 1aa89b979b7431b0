import type { Bundle } from '../manifest/bundle.ts';
import { own } from '../manifest/json.ts';
import type { GateCall, GateContext, SessionQuestion, ToolGateCall } from './context.ts';
import { type Denial, deny } from './effective.ts';
import { type Halt, haltKinds, haltRule, type HaltScope, haltScopeText } from './halt-scope.ts';

/** What a switch may stop. */
export type Stoppable = GateCall | SessionQuestion;

/** T1 and M1. What cannot be read counts as active. */
export function haltDenial(call: Stoppable, context: HaltContext & Pick<GateContext, 'halts'>): Denial | undefined {
  if (context.halts === undefined) return undefined;
  const { known } = context.halts;
  if (known === undefined) return deny('halt.unreadable', 'halt', unreadableHalts);
  if (known.length === 0) return undefined;
  const halt = firstHalt(haltsOn(call, context, known));
  if (halt === undefined) return undefined;
  return deny(`halt.${halt.scope.kind}`, haltRule(halt), haltedText(halt));
}

/** Why a server is not even asked for its tools, whoever asks; undefined: no switch has it, its namespace, or everything. */
export function serverHalt(name: string, halts: readonly Halt[] | undefined): string | undefined {
  if (halts === undefined) return unreadableHalts;
  const halt = firstHalt(halts.filter(({ scope }) => stopsServer(scope, name)));
  return halt && haltedText(halt);
}

function stopsServer(scope: HaltScope, name: string): boolean {
  switch (scope.kind) {
    case 'global':
    case 'environment':
      return true;
    case 'namespace':
      return name.startsWith(`${scope.name}/`);
    case 'server':
      return name === scope.name;
    default:
      return false;
  }
}

export const unreadableHalts = 'The halts in force cannot be read, so that they count as active.';

/** Who halted what, in a sentence. */
export function haltedText({ scope, by }: Halt): string {
  return `${by} halted ${haltScopeText(scope)}.`;
}

/** Of several the one to name: those that have the run wait come first, since a refused call may be followed by others; then the widest. */
export function firstHalt(halts: readonly Halt[]): Halt | undefined {
  return halts.toSorted(byWeight)[0];
}

function byWeight(a: Halt, b: Halt): number {
  return (
    Number(a.denies === true) - Number(b.denies === true) ||
    haltKinds.indexOf(a.scope.kind) - haltKinds.indexOf(b.scope.kind) ||
    (a.id < b.id ? -1 : 1)
  );
}

/** What a call's place tells of it: the part of a context that switches are held against. */
export type HaltContext = Pick<GateContext, 'bundle' | 'handedOn'> & {
  readonly usage: Pick<GateContext['usage'], 'nested'>;
};

/** The switches whose scope the call is within: what it is to, who makes it, and all that it is made inside of. */
export function haltsOn(call: Stoppable, context: HaltContext, halts: readonly Halt[]): Halt[] {
  const reached = reachedBy(call, context);
  return halts.filter(({ scope }) => {
    switch (scope.kind) {
      case 'global':
      case 'environment': // Switches are read for one environment.
        return true;
      case 'namespace':
        return reached.named.some((name) => name.startsWith(`${scope.name}/`));
      case 'system':
        return reached.systems.includes(scope.name);
      case 'agent':
        return reached.agents.includes(scope.name);
      case 'server':
        return reached.server === scope.name;
      case 'tool':
        return reached.tool === scope.name;
      case 'model':
        return reached.model === scope.name;
      case 'provider':
        return reached.provider === scope.name;
    }
  });
}

interface Reached {
  readonly systems: readonly string[];
  readonly agents: readonly string[];
  readonly tool: string | undefined;
  /** The MCP server whose tool it is, by whatever name the tool is called. */
  readonly server: string | undefined;
  readonly model: string | undefined;
  readonly provider: string | undefined;
  /** All of the above that are in a namespace. */
  readonly named: readonly string[];
}

function reachedBy(call: Stoppable, { bundle, handedOn = [], usage }: HaltContext): Reached {
  const subjects = [call.subject, ...handedOn.map(({ subject }) => subject)];
  const systems = [
    bundle.system,
    ...(usage.nested ?? []).map(({ system }) => system),
    ...subjects.flatMap((subject) => nameOf(subject, 'AgentSystem/')),
  ];
  const to = call.kind === 'tool' ? targetOf(call, bundle) : {};
  const agents = [...subjects.flatMap((subject) => nameOf(subject, 'Agent/')), ...listed(to.agent)];
  const model = call.kind === 'model' ? call.model : undefined;
  const provider = model === undefined ? undefined : own(bundle.models, model)?.provider;
  const impl = to.tool === undefined ? undefined : own(bundle.tools, to.tool)?.impl;
  const server = impl?.type === 'mcp' ? impl.server : undefined;
  const remembered = impl?.type === 'memory' ? impl.memory : undefined;
  const memory = call.kind === 'session' ? call.memory : remembered;
  const named = [...systems, ...agents, ...listed(to.tool), ...listed(server), ...listed(model), ...listed(memory)];
  return { systems, agents, tool: to.tool, server, model, provider, named };
}

/** A name that leads nowhere is refused by a later check. */
function targetOf(
  { subject, name }: ToolGateCall,
  bundle: Bundle,
): { readonly tool?: string; readonly agent?: string } {
  const [agent] = nameOf(subject, 'Agent/');
  if (agent === undefined) return { tool: name };
  const caller = own(bundle.agents, agent);
  const tool = own(caller?.tools, name);
  if (tool !== undefined) return { tool };
  const to = own(caller?.agents, name)?.agent;
  return to === undefined ? {} : { agent: to };
}

function nameOf(subject: string, prefix: 'Agent/' | 'AgentSystem/'): string[] {
  return subject.startsWith(prefix) ? [subject.slice(prefix.length)] : [];
}

function listed(name: string | undefined): string[] {
  return name === undefined ? [] : [name];
}
