import { isJsonList, isJsonObject } from '../../json.ts';
import type { ForeignDocument, ForeignNode } from '../foreign.ts';
import type { ForeignEstate } from '../foreign-estate.ts';
import { isOrloj, nameKey, orlojName, sameName } from './orloj-name.ts';
import { capabilityToken, permissionToken, toolToken } from './permission-token.ts';

// What stands in other documents is looked at here without counting as carried over: their own conversions do that.

export type Verdict = 'allow' | 'approval_required' | 'deny';

/** A ToolPermission as Orloj reads it. */
export interface ToolRule {
  readonly document: ForeignDocument;
  readonly toolRef: string;
  readonly action: string;
  /** As written; empty: what a tool needs by default, or nothing where there are `operationRules`. */
  readonly required: readonly string[];
  readonly any: boolean;
  readonly operationRules: readonly { readonly operation: string; readonly verdict: Verdict }[];
}

/** Why Orloj says what it says of an agent's calls of a tool. */
export interface Ruling {
  readonly verdict: Verdict;
  readonly because: 'bypass' | 'missingRole' | 'default' | 'roles' | 'rules' | 'unknownRule';
  /** The rules that match, whatever came of them. */
  readonly rules: readonly ToolRule[];
}

const indexes = new WeakMap<ForeignEstate, Governance>();

export function governanceOf(estate: ForeignEstate): Governance {
  const known = indexes.get(estate) ?? new Governance(estate);
  indexes.set(estate, known);
  return known;
}

/** Tools, roles and rules of all documents of Orloj, by what it finds them by. */
export class Governance {
  readonly agents: readonly ForeignDocument[];
  readonly servers: readonly ForeignDocument[];
  readonly policies: readonly ForeignDocument[];
  readonly #byName = new Map<string, ForeignDocument>();
  readonly #rules = new Map<string, ToolRule[]>();
  readonly allRules: readonly ToolRule[];

  constructor(estate: ForeignEstate) {
    const documents = [...estate.documents.keys()];
    this.agents = documents.filter((document) => isOrloj(document, 'Agent'));
    this.servers = documents.filter((document) => isOrloj(document, 'McpServer'));
    this.policies = documents.filter((document) => isOrloj(document, 'AgentPolicy'));
    this.allRules = documents.filter((document) => isOrloj(document, 'ToolPermission')).map(ruleOf);
    for (const rule of this.allRules) {
      const key = keyOf('ToolPermission', rule.document.namespace, nameKey(rule.toolRef));
      this.#rules.set(key, [...(this.#rules.get(key) ?? []), rule]);
    }
    for (const document of documents) {
      const { namespace, name } = document;
      if (isOrloj(document, 'Tool')) this.#byName.set(keyOf('Tool', namespace, nameKey(name)), document);
      else if (isOrloj(document, 'AgentRole')) this.#byName.set(keyOf('AgentRole', namespace, name), document);
    }
  }

  /** The Tool that a reference means: `name`, or `namespace/name`. */
  tool(reference: string, from: string): ForeignDocument | undefined {
    const { namespace = from, name } = orlojName(reference);
    return this.#byName.get(keyOf('Tool', namespace, nameKey(name)));
  }

  role(reference: string, from: string): ForeignDocument | undefined {
    const { namespace = from, name } = orlojName(reference);
    return this.#byName.get(keyOf('AgentRole', namespace, name));
  }

  /** The rules of the agent's namespace that are about the tool and hold for the agent. */
  rules(agent: ForeignDocument, tool: string): readonly ToolRule[] {
    const rules = this.#rules.get(keyOf('ToolPermission', agent.namespace, nameKey(tool))) ?? [];
    return rules.filter(({ document }) => reaches(document, agent));
  }

  /** Whether the rule holds for the agent in pawl, where a global one does for agents of every namespace. */
  bindsHere({ document }: ToolRule, agent: ForeignDocument): boolean {
    const isGlobal = document.spec.get('apply_mode').value !== 'scoped';
    return isGlobal || (document.namespace === agent.namespace && reaches(document, agent));
  }

  /** Whether any ToolPermission of the namespace is about the tool. */
  hasRules(namespace: string, tool: string): boolean {
    return this.#rules.has(keyOf('ToolPermission', namespace, nameKey(tool)));
  }

  /** What Orloj's authorizer says when the agent calls the tool. */
  ruling(agent: ForeignDocument, tool: string): Ruling {
    const rules = this.rules(agent, tool);
    const spec = agent.spec;
    if (listed(spec.get('allowed_tools')).some((one) => sameName(one, tool)))
      return { verdict: 'allow', because: 'bypass', rules };
    const roles = listed(spec.get('roles'));
    if (this.missingRoles(agent).length > 0) return { verdict: 'deny', because: 'missingRole', rules };
    if (rules.some(({ document }) => document.isRefused)) return { verdict: 'deny', because: 'unknownRule', rules };
    if (rules.length === 0 && roles.length === 0) return { verdict: 'allow', because: 'default', rules };
    const tokens = this.tokensOf(agent);
    if (rules.length === 0) {
      const has = this.defaultTokens(tool, agent.namespace).every((token) => tokens.has(token));
      return { verdict: has ? 'allow' : 'deny', because: 'roles', rules };
    }
    return { verdict: this.#byRules(agent, { tool, rules, tokens }), because: 'rules', rules };
  }

  /** Names of roles that no document declares, or that could not be read. */
  missingRoles(agent: ForeignDocument): readonly string[] {
    return listed(agent.spec.get('roles')).filter((name) => this.role(name, agent.namespace)?.isRefused ?? true);
  }

  /** What the roles of an agent give. */
  tokensOf(agent: ForeignDocument): ReadonlySet<string> {
    const roles = listed(agent.spec.get('roles')).flatMap((name) => this.role(name, agent.namespace) ?? []);
    return new Set(roles.flatMap(({ spec }) => listed(spec.get('permissions')).map(permissionToken)));
  }

  /** What is needed of a tool where no rule says it: to invoke it, and each of its capabilities. */
  defaultTokens(tool: string, from: string, action = 'invoke'): readonly string[] {
    const capabilities = listed(this.tool(tool, from)?.spec.get('capabilities'));
    return [...new Set([toolToken(tool, action), ...capabilities.map(capabilityToken)])];
  }

  /** The tokens that a rule asks for; none where it only judges operations. */
  requiredTokens({ required, operationRules, toolRef, action, document }: ToolRule): readonly string[] {
    if (required.length > 0) return required.map(permissionToken);
    return operationRules.length > 0 ? [] : this.defaultTokens(toolRef, document.namespace, action);
  }

  #byRules(agent: ForeignDocument, { tool, rules, tokens }: Asked): Verdict {
    const isGranted = rules.every((rule) => {
      const required = this.requiredTokens(rule);
      if (required.length === 0) return true;
      return rule.any ? required.some((one) => tokens.has(one)) : required.every((one) => tokens.has(one));
    });
    if (!isGranted) return 'deny';
    const operations = operationsOf(this.tool(tool, agent.namespace));
    const verdicts = rules.flatMap((rule) => operations.map((operation) => verdictOn(rule, operation)));
    if (verdicts.includes('deny')) return 'deny';
    return verdicts.includes('approval_required') ? 'approval_required' : 'allow';
  }
}

interface Asked {
  readonly tool: string;
  readonly rules: readonly ToolRule[];
  readonly tokens: ReadonlySet<string>;
}

/** A rule that names the class holds for it, else the one for `*`; the first of several counts. */
export function verdictOn({ operationRules }: ToolRule, operation: string): Verdict {
  const found =
    operationRules.find((rule) => rule.operation === operation) ??
    operationRules.find((rule) => rule.operation === '*');
  return found?.verdict ?? 'allow';
}

/** What a tool does to the world: as it says, else `read`, or `write` where its risk is high. */
export function operationsOf(tool: ForeignDocument | undefined): readonly string[] {
  const written = listed(tool?.spec.get('operation_classes')).map(nameKey);
  if (written.length > 0) return [...new Set(written)];
  const risk = tool?.spec.get('risk_level').value;
  return [risk === 'high' || risk === 'critical' ? 'write' : 'read'];
}

export function ruleOf(document: ForeignDocument): ToolRule {
  const { spec } = document;
  const rules = spec.get('operation_rules').value;
  return {
    document,
    toolRef: plain(spec.get('tool_ref')) ?? document.name,
    action: plain(spec.get('action')) ?? 'invoke',
    required: listed(spec.get('required_permissions')),
    any: spec.get('match_mode').value === 'any',
    operationRules: (isJsonList(rules) ? rules : []).filter(isJsonObject).map((rule) => ({
      operation: typeof rule['operation_class'] === 'string' ? rule['operation_class'] : '*',
      verdict: verdictOf(rule['verdict']),
    })),
  };
}

function verdictOf(value: unknown): Verdict {
  return value === 'deny' || value === 'approval_required' ? value : 'allow';
}

function reaches(rule: ForeignDocument, agent: ForeignDocument): boolean {
  if (rule.spec.get('apply_mode').value !== 'scoped') return true;
  return listed(rule.spec.get('target_agents')).some((name) => sameName(name, agent.name));
}

/** The texts of a list that say something. */
export function listed(node: ForeignNode | undefined): readonly string[] {
  const { value } = node ?? {};
  if (!isJsonList(value)) return [];
  return value.flatMap((one) => (typeof one === 'string' && one.trim() !== '' ? one.trim() : []));
}

function plain({ value }: ForeignNode): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function keyOf(kind: string, namespace: string, name: string): string {
  return `${kind}\0${namespace}\0${name}`;
}
