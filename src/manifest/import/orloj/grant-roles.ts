import type { Conversion } from '../conversion.ts';
import { grouped } from '../../grouped.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import { shownText } from '../../shown.ts';
import { governanceOf, type Ruling } from './governance.ts';
import { ruleVerdict } from './granted.ts';
import { agentGrants, type AgentGrants, capabilityRule, type ToolUse } from './grants.ts';
import { orlojName, sameName } from './orloj-name.ts';

/**
 * The `roles` of an agent of Orloj: its own, and one named for it that grants what Orloj lets pass without a role. Rules
 * that Orloj has by itself for agents with roles are written beside it.
 */
export function grantRoles(agent: ForeignDocument, conversion: Conversion): readonly string[] {
  const grants = agentGrants(agent, conversion);
  const roles = ownRoles(agent, conversion);
  writeCapabilityRules(agent, grants, conversion);
  const imported = importedRoles(agent, grants, conversion);
  for (const use of grants.uses) sayStricter(use);
  for (const { use } of grants.extras) sayGranted(use, agent, conversion);
  for (const use of grants.closed) {
    const message = `Orloj lets the agent call \`${shownText(use.reference)}\`, and pawl will not: the permissions it takes would open another tool too.`;
    use.node.flag('import.stricter', message);
  }
  readBypasses(agent, grants);
  return [...new Set([...roles, ...imported])];
}

/** Where a role is missing Orloj denies every call, whatever the others give: none of them is taken over then. */
function ownRoles(agent: ForeignDocument, conversion: Conversion): readonly string[] {
  const governance = governanceOf(conversion.estate);
  const isMissing = governance.missingRoles(agent).length > 0;
  return agent.spec
    .get('roles')
    .items()
    .flatMap((node) => {
      const reference = node.text()?.trim() ?? '';
      if (reference === '') return [];
      const role = governance.role(reference, agent.namespace);
      if (isMissing) {
        sayMissing(node, role);
        return [];
      }
      const { namespace, name } = orlojName(reference);
      return conversion.refer(node, { kinds: ['AgentRole'], namespace, name, as: 'AgentRole' });
    });
}

function sayMissing(node: ForeignNode, role: ForeignDocument | undefined): void {
  if (role === undefined || role.isRefused) {
    const message =
      'The role is in none of the files, or could not be imported. Orloj denies every call of an agent with such a role: the agent gets none of its roles.';
    const help = 'Import the file that declares the role in the same command, or remove the role from the agent.';
    return node.drop({ code: 'import.reference', message, help });
  }
  const message = 'Another role of the agent is missing, and Orloj denies every call then: this one is left out too.';
  node.drop({ code: 'import.reference', message, help: 'Import the file that declares the other role too.' });
}

function importedRoles(agent: ForeignDocument, { extras }: AgentGrants, conversion: Conversion): readonly string[] {
  const byNamespace = grouped(
    extras.flatMap(({ permissions }) => permissions),
    ({ namespace }) => namespace,
  );
  const { name } = conversion.identityOf(agent);
  return [...byNamespace].map(([namespace, permissions]) => {
    const identity = {
      kind: 'AgentRole',
      namespace,
      name: conversion.freeName('AgentRole', namespace, `${name}-imported`),
    } as const;
    conversion.emit(agent, {
      ...identity,
      spec: {
        description: `What Orloj let the agent ${name} do without a role that says so.`,
        permissions: [...new Set(permissions.map(({ permission }) => permission))].sort(),
      },
      remarks: [
        'Nobody granted this in Orloj: it was allowed by default, or past the rules. Look whether each is meant.',
      ],
    });
    return conversion.mention(agent.root.at('metadata', 'name'), identity);
  });
}

/** An agent with roles needs every capability of a tool that no rule is about: here a rule says so. */
function writeCapabilityRules(agent: ForeignDocument, { uses }: AgentGrants, conversion: Conversion): void {
  for (const { ruling, document, reference, target } of uses) {
    if (ruling.because !== 'roles' || document === undefined || target.kind !== 'tool') continue;
    const { tool, operations } = target.use;
    const rule = capabilityRule({ agent, reference, tool, operations }, conversion);
    if (rule === undefined) continue;
    const own = conversion.identityOf(agent);
    const identity = {
      kind: 'ToolPermission',
      namespace: tool.namespace,
      name: conversion.freeName('ToolPermission', tool.namespace, `${tool.name}-for-${own.name}`),
    } as const;
    conversion.emit(agent, {
      ...identity,
      spec: {
        toolRef: tool.name,
        required: rule.required.map(({ permission }) => permission),
        agents: [own.namespace === tool.namespace ? own.name : `${own.namespace}/${own.name}`],
      },
      remarks: ['Orloj asks agents with roles for every capability of a tool of which no ToolPermission says more.'],
      alsoFrom: document === agent ? [] : [document],
    });
  }
}

function sayGranted({ node, ruling, reference }: ToolUse, agent: ForeignDocument, conversion: Conversion): void {
  const role = `${conversion.identityOf(agent).name}-imported`;
  const tool = shownText(reference);
  if (ruling.because === 'bypass') return;
  if (ruling.because === 'default') {
    const message = `Orloj lets the agent ${agent.name} call \`${tool}\`: it has no roles, and no ToolPermission is about the tool. Here the role \`${role}\` grants it.`;
    return node.flag('import.default_allow', message);
  }
  const requiresNothing = ruling.because === 'rules' && ruling.rules.every(asksNothing);
  if (requiresNothing) {
    const message = `Orloj lets the agent ${agent.name} call \`${tool}\`: its ToolPermissions require no permission. Here the role \`${role}\` grants it.`;
    return node.flag('import.default_allow', message);
  }
  const message = `The roles of the agent ${agent.name} give \`${tool}\` in Orloj by the name of a permission. Here permissions are of their namespace and of resources, so the role \`${role}\` gives what they leave out.`;
  node.flag('import.grant', message);
}

function asksNothing({ required, operationRules }: Ruling['rules'][number]): boolean {
  return required.length === 0 && operationRules.length > 0;
}

/** `allowed_tools` passes every rule in Orloj. Here it is a grant like others, and rules bind. */
function readBypasses(agent: ForeignDocument, { uses }: AgentGrants): void {
  for (const node of agent.spec.get('allowed_tools').items()) {
    const reference = node.text()?.trim() ?? '';
    const use = uses.find((one) => sameName(one.reference, reference));
    if (use === undefined) {
      node.ignore('The agent does not list it in `tools`, or nothing declares it: it is never offered.');
      continue;
    }
    node.flag('import.bypass', bypassText(agent, use));
  }
}

function bypassText(agent: ForeignDocument, { target, reference }: ToolUse): string {
  const granted = `Orloj lets the agent ${agent.name} call \`${shownText(reference)}\` whatever roles and rules say. Here a role grants it`;
  if (target.kind === 'server' || target.use.rules.length === 0) return `${granted}.`;
  const names = target.use.rules.map(({ name }) => name).join(', ');
  switch (ruleVerdict(target.use)) {
    case 'deny':
      return `${granted}, and rules bind: every call is denied (${names}).`;
    case 'approval_required':
      return `${granted}, and rules bind: people are asked (${names}).`;
    case 'allow':
      return `${granted}, and rules bind (${names}).`;
  }
}

/** A global ToolPermission binds agents of its own namespace in Orloj, and of all here. */
function sayStricter({ node, ruling, target }: ToolUse): void {
  if (target.kind === 'server' || ruling.because === 'bypass' || ruling.verdict === 'deny') return;
  const ours = ruleVerdict(target.use);
  if (ours === ruling.verdict || ours === 'allow') return;
  const names = target.use.rules.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
  const what = ours === 'deny' ? 'denied' : 'released by people';
  const message = `Each call is ${what} here: a global ToolPermission holds for agents of every namespace in pawl (${names}), and for those of its own in Orloj.`;
  node.flag('import.stricter', message);
}
