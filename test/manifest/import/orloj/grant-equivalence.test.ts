import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { estateOf, viewOf } from '../../../../src/policy/estate.ts';
import { subjectAuthority } from '../../../../src/policy/compile-authority.ts';
import { subjectOf } from '../../../../src/policy/reach.ts';
import { type ImportedTexts, importTexts } from '../../../support/import.ts';
import { seeded } from '../../../support/seeded.ts';

// Orloj's authorizer by itself, on the documents as they were drawn: what the importer makes of them is held against it.

type Verdict = 'allow' | 'ask' | 'deny';

interface ToolDrawn {
  readonly namespace: string;
  readonly name: string;
  readonly operations: readonly string[];
  readonly capabilities: readonly string[];
}

interface RoleDrawn {
  readonly namespace: string;
  readonly name: string;
  readonly permissions: readonly string[];
}

interface RuleDrawn {
  readonly namespace: string;
  readonly name: string;
  readonly tool: string;
  readonly required: readonly string[];
  readonly any: boolean;
  readonly targets: readonly string[];
  readonly operations: readonly { readonly operation_class: string; readonly verdict: string }[];
}

interface AgentDrawn {
  readonly namespace: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly tools: readonly string[];
  readonly allowed: readonly string[];
}

interface Drawn {
  readonly tools: readonly ToolDrawn[];
  readonly roles: readonly RoleDrawn[];
  readonly rules: readonly RuleDrawn[];
  readonly agents: readonly AgentDrawn[];
}

const plain = (text: string): string => text.toLowerCase().replaceAll(/[-/]/g, '_');
const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

function orlojVerdict(agent: AgentDrawn, tool: string, { tools, roles, rules }: Drawn): Verdict {
  if (agent.allowed.some((one) => isSame(one, tool))) return 'allow';
  const held = agent.roles.map((name) => roles.find((role) => `${role.namespace}/${role.name}` === full(name, agent)));
  if (held.includes(undefined)) return 'deny';
  const given = new Set(held.flatMap((role) => role?.permissions.map(plain) ?? []));
  const spec = tools.find((one) => `${one.namespace}/${one.name}` === full(tool, agent));
  const wanted = [`tool:${plain(tool)}:invoke`, ...(spec?.capabilities.map((one) => `capability:${plain(one)}`) ?? [])];
  const matching = rules.filter(
    ({ namespace, tool: about, targets }) =>
      namespace === agent.namespace && isSame(about, tool) && (targets.length === 0 || targets.includes(agent.name)),
  );
  if (matching.length === 0)
    return agent.roles.length === 0 || wanted.every((one) => given.has(one)) ? 'allow' : 'deny';
  let verdict: Verdict = 'allow';
  for (const rule of matching) {
    const required = rule.required.length === 0 && rule.operations.length === 0 ? wanted : rule.required.map(plain);
    const has = (one: string): boolean => given.has(one);
    if (required.length > 0 && !(rule.any ? required.some(has) : required.every(has))) return 'deny';
    for (const operation of spec?.operations ?? []) {
      const found =
        rule.operations.find((one) => one.operation_class === operation) ??
        rule.operations.find((one) => one.operation_class === '*');
      if (found?.verdict === 'deny') return 'deny';
      if (found?.verdict === 'approval_required') verdict = 'ask';
    }
  }
  return verdict;
}

function full(name: string, { namespace }: { readonly namespace: string }): string {
  return name.includes('/') ? name : `${namespace}/${name}`;
}

const namespaces = ['default', 'default', 'default', 'ops'];
const toolNames = ['web_search', 'web-search', 'ledger', 'mailer'];
const capabilities = ['web.read', 'Money', 'mail-out'];
const permissions = [
  ...toolNames.map((name) => `tool:${name}:invoke`),
  ...capabilities.map((name) => `capability:${name}`),
  'tool:ledger:read',
  'reports',
];

function draw(seed: number): Drawn {
  const random = seeded(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const some = <T>(from: readonly T[], share: number): T[] => from.filter(() => random() < share);
  // Of two namespaces, these two would be one name in pawl, and an agent cannot list both.
  const alike = pick(namespaces);
  const tools = toolNames.map((name) => ({
    namespace: name.startsWith('web') ? alike : pick(namespaces),
    name,
    operations: random() < 0.2 ? ['read', 'write'] : [pick(['read', 'write', 'delete'])],
    capabilities: some(capabilities, 0.3),
  }));
  const roles = ['reader', 'clerk', 'boss'].map((name) => ({
    namespace: pick(namespaces),
    name,
    permissions: some(permissions, 0.4),
  }));
  const agents = ['ada', 'bob', 'eve'].map((name) => {
    const namespace = pick(namespaces);
    const refer = (one: { namespace: string; name: string }): string =>
      one.namespace === namespace ? one.name : `${one.namespace}/${one.name}`;
    const listed = some(tools, 0.7).map(refer);
    const held = random() < 0.4 ? [] : some(roles, 0.6).map(refer);
    return {
      namespace,
      name,
      roles: random() < 0.1 ? [...held, 'ghost'] : held,
      tools: listed,
      allowed: some(listed, 0.2),
    };
  });
  const rules = Array.from({ length: Math.floor(random() * 6) }, (_, index) => {
    const namespace = pick(namespaces);
    const tool = pick(tools);
    return {
      namespace,
      name: `rule-${index}`,
      tool: tool.namespace === namespace ? tool.name : `${tool.namespace}/${tool.name}`,
      required: some(permissions, 0.08),
      any: random() < 0.4,
      targets: random() < 0.4 ? some(agents, 0.5).map(({ name }) => name) : [],
      operations: some(
        ['read', 'write', 'delete', '*'].map((operation_class) => ({
          operation_class,
          verdict: pick(['allow', 'deny', 'approval_required', 'approval_required']),
        })),
        0.4,
      ),
    };
  });
  return { tools, roles, rules, agents };
}

function imported({ tools, roles, rules, agents }: Drawn): ImportedTexts {
  const apiVersion = 'orloj.dev/v1';
  const documents = [
    ...[...new Set(agents.map(({ namespace }) => namespace))].map((namespace) => ({
      apiVersion,
      kind: 'ModelEndpoint',
      metadata: { name: 'small', namespace },
      spec: { provider: 'openai', default_model: 'gpt-small' },
    })),
    ...tools.map(({ namespace, name, operations, capabilities: has }) => ({
      apiVersion,
      kind: 'Tool',
      metadata: { name, namespace },
      spec: { endpoint: `https://${namespace}.example.com/${name}`, operation_classes: operations, capabilities: has },
    })),
    ...roles.map(({ namespace, name, permissions: has }) => ({
      apiVersion,
      kind: 'AgentRole',
      metadata: { name, namespace },
      spec: { permissions: has },
    })),
    ...rules.map(({ namespace, name, tool, required, any, targets, operations }) => ({
      apiVersion,
      kind: 'ToolPermission',
      metadata: { name, namespace },
      spec: {
        tool_ref: tool,
        required_permissions: required,
        match_mode: any ? 'any' : 'all',
        ...(targets.length === 0 ? {} : { apply_mode: 'scoped', target_agents: targets }),
        operation_rules: operations,
      },
    })),
    ...agents.map(({ namespace, name, roles: held, tools: listed, allowed }) => ({
      apiVersion,
      kind: 'Agent',
      metadata: { name, namespace },
      spec: { model_ref: 'small', prompt: 'Work.', roles: held, tools: listed, allowed_tools: allowed },
    })),
  ];
  return importTexts(documents.map((document) => stringify(document)).join('---\n'));
}

/** What pawl's own rules come to for an agent, as a worker would be given them. */
function pawlVerdicts(
  { resolved, said }: ImportedTexts,
  { namespace, name }: AgentDrawn,
): ReadonlyMap<string, Verdict> {
  const { resources } = resolved;
  const resource = resources.get(`Agent/${namespace}/${name}`);
  if (resource === undefined)
    throw new Error(`${name} was not written: ${said.filter((one) => one.startsWith('refused')).join('; ')}`);
  const view = viewOf(estateOf(resources));
  const { tools } = subjectAuthority(subjectOf({ resource, systems: [], way: [] }), view);
  return new Map(Object.entries(tools).map(([path, { kind }]) => [path, kind]));
}

const rank: Readonly<Record<Verdict, number>> = { deny: 0, ask: 1, allow: 2 };

test('no agent may do more here than in Orloj, and less only where it is said', () => {
  let compared = 0;
  const seen = { allow: 0, ask: 0, deny: 0 };
  for (let seed = 1; seed <= 30; seed += 1) {
    const drawn = draw(seed);
    const made = imported(drawn);
    for (const agent of drawn.agents) {
      const verdicts = pawlVerdicts(made, agent);
      const notes = [...made.documents.keys()].find((one) => one.kind === 'Agent' && one.name === agent.name)?.notes;
      for (const [index, tool] of agent.tools.entries()) {
        const theirs = orlojVerdict(agent, tool, drawn);
        const ours = verdicts.get(pathOf(made, full(tool, agent))) ?? 'deny';
        const place = `seed ${seed}: ${agent.namespace}/${agent.name} calls ${tool}`;
        expect(rank[ours], `${place}: Orloj says ${theirs}, pawl ${ours}`).toBeLessThanOrEqual(rank[theirs]);
        if (ours !== theirs) {
          const said = (notes ?? []).filter(
            ({ code, path }) =>
              (code === 'import.stricter' && path.join('.') === `spec.tools.${index}`) ||
              (code === 'import.bypass' && path.join('.') === `spec.allowed_tools.${agent.allowed.indexOf(tool)}`),
          );
          expect(said, `${place}: Orloj says ${theirs}, pawl ${ours}, and nothing is said`).not.toEqual([]);
        }
        compared += 1;
        seen[theirs] += 1;
      }
    }
  }
  expect(compared).toBeGreaterThan(150);
  expect(Math.min(seen.allow, seen.ask, seen.deny)).toBeGreaterThan(8);
});

/** The path of what a tool became: its host tells which one it is. */
function pathOf({ resolved }: ImportedTexts, foreign: string): string {
  const [namespace = '', name = ''] = foreign.split('/');
  const url = `https://${namespace}.example.com/${name}`;
  const found = [...resolved.resources.values()].find(
    ({ kind, manifest }) => kind === 'Tool' && JSON.stringify(manifest).includes(`"${url}"`),
  );
  return found === undefined ? '' : `${found.namespace}/${found.name}`;
}
