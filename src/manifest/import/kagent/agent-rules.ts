import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { shownText } from '../../shown.ts';
import { allowedNamespacesRules } from './allowed-namespaces.ts';
import { variableRules } from './environment.ts';
import { valueRefRules } from './value-refs.ts';

/** What the schemas of Agent v1alpha2 and SandboxAgent say beyond single fields. */
export function agentRules(document: ForeignDocument): void {
  const { spec } = document;
  const type = spec.get('type').value === 'BYO' ? 'BYO' : 'Declarative';
  const block = spec.get(type === 'BYO' ? 'byo' : 'declarative');
  if (!block.exists) breaksSchema(block, `\`${block.field}\` must be there where the type is ${type}.`);
  allowedNamespacesRules(document);
  for (const deployment of [spec.at('byo', 'deployment'), spec.at('declarative', 'deployment')])
    exclusive(deployment, ['serviceAccountName', 'serviceAccountConfig']);
  for (const holder of [spec.get('byo'), spec.get('declarative')])
    for (const env of [holder.get('env'), holder.at('deployment', 'env')]) variableRules(env);
  exclusive(spec.get('declarative'), ['systemMessage', 'systemMessageFrom']);
  for (const tool of spec.at('declarative', 'tools').items()) toolRules(tool);
}

/** Agent v1alpha1, whose tools have the same two forms. */
export function agentRulesV1({ spec }: ForeignDocument): void {
  variableRules(spec.at('deployment', 'env'));
  for (const tool of spec.get('tools').items()) formRules(tool);
}

/** A place where the document breaks what the schema of its kind says. */
export function breaksSchema(node: ForeignNode, message: string): void {
  node.refuse({ code: 'import.schema', message });
}

/** Of these fields one may be there. */
export function exclusive(holder: ForeignNode, [first, second]: readonly [string, string]): void {
  if (!holder.get(first).exists || !holder.get(second).exists) return;
  breaksSchema(holder.get(second), `\`${holder.get(second).field}\` excludes \`${first}\`: keep one of them.`);
}

function toolRules(tool: ForeignNode): void {
  formRules(tool);
  if (tool.get('isolateSessions').exists && tool.get('type').value !== 'Agent')
    breaksSchema(tool.get('isolateSessions'), '`isolateSessions` is for tools of type Agent alone.');
  valueRefRules(tool.get('headersFrom'));
  const server = tool.get('mcpServer');
  const names = server.get('toolNames').items();
  for (const asked of server.get('requireApproval').items()) {
    if (names.some(({ value }) => value === asked.value)) continue;
    const name = typeof asked.value === 'string' ? shownText(asked.value) : asked.field;
    breaksSchema(asked, `\`${name}\` must be in \`toolNames\` too: kagent asks for no tool that is not listed.`);
  }
}

function formRules(tool: ForeignNode): void {
  const type = tool.get('type').value;
  for (const [block, wanted] of [
    ['mcpServer', 'McpServer'],
    ['agent', 'Agent'],
  ] as const) {
    const node = tool.get(block);
    if (node.exists && type !== wanted)
      breaksSchema(node, `\`${block}\` must not be there where the type is not ${wanted}.`);
    if (!node.exists && type === wanted) breaksSchema(node, `\`${block}\` must be there where the type is ${wanted}.`);
  }
}
