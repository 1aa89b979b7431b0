import type { Identity } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { governanceOf, listed, operationsOf, type Ruling, verdictOn } from './governance.ts';
import { lacking, passes, type PawlRule, type PawlUse, type Permission, permissionIn } from './granted.ts';
import { nameKey, orlojName } from './orloj-name.ts';
import { isRemoteAgent } from './remote-agent.ts';
import { permissionNames, permissionsOf } from './permission-token.ts';
import { requiredOf } from './tool-permission.ts';
import { isGoverned, serverTool, toolOfServer } from './tool-reference.ts';

/** A tool that an agent lists: what Orloj says of calls of it, and what pawl will look at. */
export interface ToolUse {
  readonly node: ForeignNode;
  /** As the agent writes it. */
  readonly reference: string;
  readonly ruling: Ruling;
  /** The document that declares the tool; undefined where a server offers it. */
  readonly document: ForeignDocument | undefined;
  /** A Tool in pawl, or tools of an MCP server that only the server is named for. */
  readonly target:
    | { readonly kind: 'tool'; readonly use: PawlUse }
    | { readonly kind: 'server'; readonly of: Identity };
}

/** What an agent of Orloj may do, and what it takes to say so in pawl. */
export interface AgentGrants {
  readonly uses: readonly ToolUse[];
  /** The same, by the name that Orloj compares. */
  readonly byName: ReadonlyMap<string, ToolUse>;
  /** Tools of which Orloj denies every call, and the roles as they are written would let some pass. */
  readonly withheld: ReadonlySet<ToolUse>;
  /** Permissions that Orloj does not ask for, or has under another name, and pawl needs. */
  readonly extras: readonly { readonly use: ToolUse; readonly permissions: readonly Permission[] }[];
  /** Tools that Orloj lets pass and pawl does not: what they take would open another one that Orloj denies. */
  readonly closed: ReadonlySet<ToolUse>;
}

const computed = new WeakMap<ForeignDocument, AgentGrants>();

/** The grants of an agent: never more than Orloj lets pass, and all of it wherever pawl can tell it apart. */
export function agentGrants(agent: ForeignDocument, conversion: Conversion): AgentGrants {
  const known = computed.get(agent) ?? grantsOf(agent, conversion);
  computed.set(agent, known);
  return known;
}

function grantsOf(agent: ForeignDocument, conversion: Conversion): AgentGrants {
  const uses = usesOf(agent, conversion);
  const given = new Set(givenBy(agent, conversion));
  const denied = uses.filter(({ ruling }) => ruling.verdict === 'deny');
  const withheld = new Set(denied.filter((use) => opens(use, given)));
  const extras: AgentGrants['extras'][number][] = [];
  const closed = new Set<ToolUse>();
  const shut = denied.filter((use) => !withheld.has(use));
  const wouldOpen = (permissions: readonly Permission[]): boolean => {
    if (shut.length === 0) return false;
    const widened = new Set([...given, ...permissions.map(({ text }) => text)]);
    return shut.some((other) => opens(other, widened));
  };
  for (const use of uses) {
    // Handing work to an agent elsewhere is granted by the entry itself.
    if (use.ruling.verdict === 'deny' || isRemoteAgent(use.document)) continue;
    const permissions = lackingFor(use, given);
    if (wouldOpen(permissions)) closed.add(use);
    else if (permissions.length > 0) {
      extras.push({ use, permissions });
      for (const { text } of permissions) given.add(text);
    }
  }
  const byName = new Map(uses.map((use) => [nameKey(use.reference), use]));
  return { uses, byName, withheld, extras, closed };
}

function opens({ target }: ToolUse, given: ReadonlySet<string>): boolean {
  return target.kind === 'tool' && passes(target.use, given);
}

function lackingFor({ target }: ToolUse, given: ReadonlySet<string>): readonly Permission[] {
  if (target.kind === 'tool') return lacking(target.use, given);
  // The tools of a server have names at its pin alone: what grants them names the server.
  return [permissionIn(`tool:${target.of.name}:*`, target.of.namespace)];
}

/** What the roles of an agent give as they are imported; where one is missing Orloj denies everything, so none is taken. */
function givenBy(agent: ForeignDocument, conversion: Conversion): readonly string[] {
  const governance = governanceOf(conversion.estate);
  if (governance.missingRoles(agent).length > 0) return [];
  return listed(agent.spec.get('roles')).flatMap((reference) => {
    const role = governance.role(reference, agent.namespace);
    if (role === undefined) return [];
    const namespace = conversion.estate.namespaceOf(role.namespace);
    return permissionsOf(role, conversion).map((permission) => permissionIn(permission, namespace).text);
  });
}

function usesOf(agent: ForeignDocument, conversion: Conversion): readonly ToolUse[] {
  const seen = new Set<string>();
  return agent.spec
    .get('tools')
    .items()
    .flatMap((node): ToolUse[] => {
      const reference = typeof node.value === 'string' ? node.value.trim() : '';
      if (reference === '' || isMemoryTool(reference) || seen.has(nameKey(reference))) return [];
      seen.add(nameKey(reference));
      return useOf({ agent, node, reference }, conversion);
    });
}

/** Tools that come with an agent's memory, and that Orloj never asks about. */
export function isMemoryTool(reference: string): boolean {
  return /^memory\.(read|write|search|list|ingest)$/.test(reference);
}

interface Asked {
  readonly agent: ForeignDocument;
  readonly node: ForeignNode;
  readonly reference: string;
}

function useOf(asked: Asked, conversion: Conversion): ToolUse[] {
  const { agent, node, reference } = asked;
  const governance = governanceOf(conversion.estate);
  const ruling = governance.ruling(agent, reference);
  const document = governance.tool(reference, agent.namespace);
  const found = document === undefined ? serverTool(reference, agent.namespace, conversion) : undefined;
  if (document === undefined && found === undefined) return [];
  if (found !== undefined && !isOwnTool(agent, reference, conversion))
    return [{ node, reference, ruling, document, target: { kind: 'server', of: conversion.identityOf(found.server) } }];
  const tool = found === undefined ? identityOfTool(document, conversion) : toolOfServer(found, conversion);
  if (tool === undefined) return [];
  const operations = document === undefined ? ['read'] : operationsOf(document);
  const subject = { ...asked, tool, operations };
  const extra = ruling.because === 'roles' ? capabilityRule(subject, conversion) : undefined;
  const rules = [...rulesOn(subject, conversion), ...(extra === undefined ? [] : [extra])];
  return [{ node, reference, ruling, document, target: { kind: 'tool', use: { tool, operations, rules } } }];
}

function identityOfTool(document: ForeignDocument | undefined, { estate }: Conversion): Identity | undefined {
  return document === undefined ? undefined : estate.identityOf(document);
}

/** Whether a tool of a server has to be a resource of its own, because something says more of it than of the server. */
export function isOwnTool(agent: ForeignDocument, reference: string, conversion: Conversion): boolean {
  return listed(agent.spec.get('roles')).length > 0 || isGoverned(reference, agent.namespace, conversion);
}

interface Subject extends Asked {
  readonly tool: Identity;
  readonly operations: readonly string[];
}

/** The ToolPermissions that bind the agent here: a global one of pawl binds agents of other namespaces too. */
function rulesOn({ agent, tool, operations }: Subject, conversion: Conversion): readonly PawlRule[] {
  const governance = governanceOf(conversion.estate);
  return governance.allRules.flatMap((rule): PawlRule[] => {
    const { document } = rule;
    if (document.isRefused || !governance.bindsHere(rule, agent)) return [];
    const about = toolMeant(rule.toolRef, document.namespace, conversion);
    if (about?.namespace !== tool.namespace || about.name !== tool.name) return [];
    const { texts, any } = requiredOf(rule, conversion);
    const namespace = conversion.estate.namespaceOf(document.namespace);
    const verdicts = operations.map((operation) => verdictOn(rule, operation));
    const required = texts.map((text) => permissionIn(text, namespace));
    return [{ namespace, name: document.name, required, any, verdicts }];
  });
}

function toolMeant(reference: string, from: string, conversion: Conversion): Identity | undefined {
  const document = governanceOf(conversion.estate).tool(reference, from);
  if (document !== undefined) return conversion.estate.identityOf(document);
  const found = serverTool(reference, from, conversion);
  return found === undefined ? undefined : toolOfServer(found, conversion);
}

/** What an agent with roles needs of a tool that no rule is about, where that is more than to call it. */
export function capabilityRule(
  { agent, reference, tool, operations }: Omit<Subject, 'node'>,
  conversion: Conversion,
): PawlRule | undefined {
  const tokens = governanceOf(conversion.estate).defaultTokens(reference, agent.namespace);
  if (tokens.length < 2) return undefined;
  const { namespace: from = agent.namespace } = orlojName(reference);
  const texts = new Set(tokens.map((token) => permissionNames(conversion).required(token, from)));
  return {
    namespace: tool.namespace,
    name: `${tool.name}-for-${agent.name}`,
    required: [...texts].sort().map((text) => permissionIn(text, tool.namespace)),
    any: false,
    verdicts: operations.map(() => 'allow' as const),
  };
}
