import type { JsonObject } from '../../json.ts';
import type { Conversion } from '../conversion.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { governanceOf } from './governance.ts';
import { agentGrants, isMemoryTool, type ToolUse } from './grants.ts';
import { nameKey } from './orloj-name.ts';
import { isRemoteAgent, remoteAgent } from './remote-agent.ts';
import { referToTool, serverTool } from './tool-reference.ts';

/** What one entry of an agent's `tools` becomes. */
export type ToolEntry =
  | { readonly kind: 'tool'; readonly toolRef: string; readonly requireApproval: boolean }
  /** Entries of one server are one entry in pawl. */
  | { readonly kind: 'server'; readonly mcpServerRef: string; readonly tool: string }
  /** An agent elsewhere is handed work: an entry of `agents`. */
  | { readonly kind: 'agent'; readonly agentRef: string };

/** An entry of an agent's `tools` as pawl writes it; undefined where it is left out, which is said at its place. */
export function toolUse(node: ForeignNode, conversion: Conversion): ToolEntry | undefined {
  const reference = node.text()?.trim() ?? '';
  if (reference === '') return undefined;
  if (isMemoryTool(reference)) {
    node.ignore('Tools of the memory come with `memory.allow`.');
    return undefined;
  }
  const { byName, withheld } = agentGrants(node.document, conversion);
  const use = byName.get(nameKey(reference));
  if (use === undefined)
    return { kind: 'tool', toolRef: referToTool(node, reference, conversion), requireApproval: false };
  if (String(use.node.path) !== String(node.path)) {
    node.ignore('The tool is listed twice.');
    return undefined;
  }
  if (withheld.has(use)) {
    node.drop({ code: 'import.withheld', ...withheldText(use, conversion) });
    return undefined;
  }
  if (use.document !== undefined && isRemoteAgent(use.document)) return agentEntry(node, use, conversion);
  if (use.target.kind === 'tool') {
    const toolRef = referToTool(node, reference, conversion);
    return { kind: 'tool', toolRef, requireApproval: needsPeople(use, conversion) };
  }
  const found = serverTool(reference, node.document.namespace, conversion);
  if (found === undefined) return undefined;
  return { kind: 'server', mcpServerRef: conversion.mention(node, use.target.of), tool: found.tool };
}

/** Handing work on is granted by the entry: where Orloj would deny it, or ask people, there is none. */
function agentEntry(node: ForeignNode, { ruling, document }: ToolUse, conversion: Conversion): ToolEntry | undefined {
  if (document === undefined) return undefined;
  if (ruling.verdict === 'allow')
    return { kind: 'agent', agentRef: conversion.mention(node, remoteAgent(document, conversion)) };
  const message = `Orloj ${ruling.verdict === 'deny' ? 'denies' : 'asks people about'} calls of this agent elsewhere, and pawl has no rule for that: it is left out.`;
  node.drop({ code: 'import.withheld', message, help: 'Add it to `agents` if the agent may hand it work.' });
  return undefined;
}

/** The agents elsewhere that an agent lists among its tools. */
export function agentUses(tools: ForeignNode, conversion: Conversion): readonly JsonObject[] {
  return entriesOf(tools, conversion).flatMap((entry) =>
    entry.kind === 'agent' ? [{ agentRef: entry.agentRef }] : [],
  );
}

const entries = new WeakMap<ForeignDocument, readonly ToolEntry[]>();

/** Read once, so that nothing is said of an entry twice. */
function entriesOf(tools: ForeignNode, conversion: Conversion): readonly ToolEntry[] {
  const known = entries.get(tools.document) ?? tools.items().flatMap((node) => toolUse(node, conversion) ?? []);
  entries.set(tools.document, known);
  return known;
}

/** The entries of an agent's `tools`, one for each Tool and one for all tools of each server. */
export function toolUses(tools: ForeignNode, conversion: Conversion): readonly JsonObject[] {
  const written: JsonObject[] = [];
  const servers = new Map<string, string[]>();
  for (const entry of entriesOf(tools, conversion)) {
    if (entry.kind === 'agent') continue;
    if (entry.kind === 'tool') {
      const { toolRef, requireApproval } = entry;
      written.push({ toolRef, ...(requireApproval ? { requireApproval } : {}) });
      continue;
    }
    const listed = servers.get(entry.mcpServerRef);
    if (listed !== undefined) listed.push(entry.tool);
    else {
      const first = [entry.tool];
      servers.set(entry.mcpServerRef, first);
      written.push({ mcpServerRef: entry.mcpServerRef, tools: first });
    }
  }
  return written;
}

/** What runs elsewhere cannot be isolated, so pawl lets people look at each call where the risk is high. */
function needsPeople({ document, target, node }: ToolUse, conversion: Conversion): boolean {
  const spec = document?.spec;
  const risk = spec?.get('risk_level').value;
  const type = spec?.get('type').value ?? 'http';
  if (type !== 'http' || (risk !== 'high' && risk !== 'critical')) return false;
  const isAsked =
    target.kind === 'tool' && target.use.rules.some(({ verdicts }) => verdicts.includes('approval_required'));
  if (isAsked) return false;
  const { name } = conversion.identityOf(node.document);
  const message = `The risk of the tool is ${risk}, and it runs where pawl cannot isolate it: people approve each call of ${name} here, which Orloj did not ask for.`;
  node.flag('import.stricter', message);
  return true;
}

function withheldText({ ruling, node }: ToolUse, conversion: Conversion): { message: string; help: string } {
  if (ruling.because === 'unknownRule') {
    const names = ruling.rules.filter(({ document }) => document.isRefused).map(({ document }) => document.name);
    return {
      message: `A ToolPermission of the tool could not be imported (${names.join(', ')}), so nothing can be said of who may call it: the tool is left out.`,
      help: 'Mend that document, and import again.',
    };
  }
  const missing = governanceOf(conversion.estate).missingRoles(node.document);
  const why = missing.length > 0 ? 'a role is missing' : 'its roles lack what is asked for';
  return {
    message: `Orloj denies the agent every call of the tool, because ${why}, and pawl would allow it: the tool is left out.`,
    help: 'Give a role of the agent what the ToolPermission requires, or remove the tool from the agent.',
  };
}
