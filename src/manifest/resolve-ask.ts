import type { Estate, Report, Sound } from './estate.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { listAt, objectAt } from './manifest-reference.ts';
import type { Address } from './resource.ts';
import { toolRules } from './tool-rules.ts';

/** Reports tools of high risk that run elsewhere, where nothing isolates them, and that somebody calls unasked. */
export function askFindings(estate: Estate, report: Report): void {
  const risky = new Map<Address, Sound>();
  for (const tool of estate.byKind.get('Tool') ?? []) if (needsAsk(tool, estate)) risky.set(tool.address, tool);
  if (risky.size === 0) return;
  const asked = askedOperations(estate);
  for (const tool of risky.values()) if (operationsOf(tool).some((one) => asked.has(one))) risky.delete(tool.address);
  const rules = toolRules(estate);
  for (const caller of [...(estate.byKind.get('Agent') ?? []), ...(estate.byKind.get('AgentSystem') ?? [])]) {
    for (const { kind, address, path } of caller.references) {
      const tool = kind === 'Tool' ? risky.get(address) : undefined;
      if (tool === undefined || isApproved(specOf(caller), path)) continue;
      if (rules(address, caller.address).some((permission) => isAsking(permission, tool))) continue;
      risky.delete(address);
      report(tool, ['spec', 'risk'], unasked(tool, caller));
    }
  }
}

function unasked(tool: Sound, caller: Sound) {
  const { name } = tool.identity;
  const [operation = 'write'] = operationsOf(tool);
  return {
    code: 'tool.unasked',
    message: `\`${name}\` is of high risk and runs elsewhere, and ${caller.address} may call it without anybody being asked.`,
    help: `Add a ToolPermission for it with \`rules: [{operation: ${operation}, verdict: ask}]\`.`,
  } as const;
}

/** What runs on the worker is isolated instead; whom an agent may make do something of high risk, somebody agrees to. */
function needsAsk(tool: Sound, estate: Estate): boolean {
  const spec = specOf(tool);
  if (spec['risk'] !== 'high' && spec['risk'] !== 'critical') return false;
  if (spec['type'] !== 'mcp') return spec['type'] === 'http' || spec['type'] === 'human';
  const server = tool.references.find(({ kind }) => kind === 'McpServer');
  const found = server === undefined ? undefined : estate.known.get(server.address)?.content;
  return found !== undefined && objectAt(found.manifest, 'spec')['transport'] === 'http';
}

/** The agent's own entry for the tool asks. */
function isApproved(spec: JsonObject, path: readonly (string | number)[]): boolean {
  const entry = path[1] === 'tools' ? listAt(spec, 'tools')[Number(path[2])] : undefined;
  return isJsonObject(entry) && entry['requireApproval'] === true;
}

/** Whom a policy targets is another check's business: one that asks for an operation is taken to be meant. */
function askedOperations(estate: Estate): ReadonlySet<Json> {
  const policies = estate.byKind.get('AgentPolicy') ?? [];
  return new Set(policies.flatMap((policy) => listAt(objectAt(specOf(policy), 'operations'), 'ask')));
}

function isAsking(permission: Sound, tool: Sound): boolean {
  const operations = operationsOf(tool);
  return listAt(specOf(permission), 'rules').some(
    (rule) => isJsonObject(rule) && rule['verdict'] === 'ask' && operations.some((one) => one === rule['operation']),
  );
}

function operationsOf(tool: Sound): readonly string[] {
  return listAt(specOf(tool), 'operation').map(String);
}

function specOf({ content }: Sound): JsonObject {
  return objectAt(content.manifest, 'spec');
}
