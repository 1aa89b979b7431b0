import { isJsonObject, own } from '../manifest/json.ts';
import { referencesOf } from '../manifest/manifest-reference.ts';
import { compareText } from '../manifest/problem.ts';
import { qualify } from '../manifest/reference.ts';
import type { Address, Kind, Resource } from '../manifest/resource.ts';
import { permissionRule, policyRule } from '../policy/reach.ts';
import type { AccessChanges } from './access.ts';
import { type Comparison, keyOf } from './authority-scope.ts';
import { authorityIn, type Caller, callersIn, subjectIn, verdictOf } from './authority-world.ts';
import type { Forms, JudgedField } from './judge-rule.ts';

/** What a call goes through besides the agent that makes it. */
const between: ReadonlySet<Kind> = new Set<Kind>([
  'Tool',
  'ModelEndpoint',
  'McpServer',
  'Gateway',
  'Memory',
  'Guard',
  'AgentPolicy',
  'Agent',
]);

/** Who is covered by a change that no cell shows: those whose calls pass, and go through what changes. */
export class Covers {
  readonly #comparison: Comparison;
  readonly #cells: AccessChanges['cells'];
  #callers: readonly Caller[] | undefined;
  #users: ReadonlyMap<Address, readonly Resource[]> | undefined;

  constructor(comparison: Comparison, { cells }: Pick<AccessChanges, 'cells'>) {
    this.#comparison = comparison;
    this.#cells = cells;
  }

  /** Undefined: nobody's calls, so that there is nothing to say. */
  of(forms: Forms, { aspect, segments }: JudgedField): readonly Caller[] | undefined {
    const { address, kind, before, after } = forms;
    if (aspect === 'secret.key') return some(this.#through(address, keysChanged(forms)));
    const found = kind === 'AgentPolicy' ? this.#reached(before, after) : this.#by(address, forms);
    if (aspect === 'tool.operation') {
      const tool = address.slice('Tool/'.length);
      const moved = new Set(this.#cells.filter(({ name }) => name === tool).map(keyOf));
      return some(found.filter((caller) => !moved.has(keyOf(caller))));
    }
    // Served by itself, an agent is called without any system.
    if (found.length === 0 && (segments[1] === 'expose' || segments[1] === 'exposes')) return [];
    return some(found);
  }

  #by(address: Address, { kind, before, after }: Forms): readonly Caller[] {
    switch (kind) {
      case 'Agent':
        return this.#all().filter(({ subject }) => subject === address);
      case 'AgentSystem':
        return this.#all().filter(({ system }) => `AgentSystem/${system}` === address);
      case 'Tool':
        return this.#allowed('tools', address.slice('Tool/'.length));
      case 'ModelEndpoint':
        return sorted([...this.#allowed('models', address.slice('ModelEndpoint/'.length)), ...this.#through(address)]);
      case 'ToolPermission':
        return this.#permitted([before, after].filter((form) => form !== undefined));
      default:
        return this.#through(address);
    }
  }

  #all(): readonly Caller[] {
    this.#callers ??= sorted(
      Array.from(callersIn(this.#comparison.after), ({ subject, system }) => ({ subject, system })),
    );
    return this.#callers;
  }

  /** Whom a policy reaches on every side that has it: what it loses or gains is its reach's matter. */
  #reached(...forms: readonly (Resource | undefined)[]): readonly Caller[] {
    const rules = forms.flatMap((form) => (form === undefined ? [] : [policyRule(form)]));
    return this.#all().filter((caller) => {
      const subject = subjectIn(this.#comparison.after, caller);
      return subject !== undefined && rules.every((rule) => rule.reaches(subject));
    });
  }

  #permitted(forms: readonly Resource[]): readonly Caller[] {
    const rules = forms.map(permissionRule);
    const tools = new Set(rules.map(({ spec, namespace }) => qualify(spec.toolRef, namespace)));
    const callers = [...tools].flatMap((tool) => this.#allowed('tools', tool));
    return sorted(callers).filter((caller) => {
      const subject = subjectIn(this.#comparison.after, caller);
      return subject !== undefined && rules.some((rule) => rule.reaches(subject));
    });
  }

  /** Callers whose calls of it pass, and those of whom this build cannot tell. */
  #allowed(table: 'tools' | 'models', name: string): readonly Caller[] {
    const { after } = this.#comparison;
    return this.#all().filter((caller) => {
      const authority = authorityIn(after, caller, new Set(table === 'tools' ? [name] : []));
      if (authority === undefined)
        return this.#names(caller, `${table === 'tools' ? 'Tool' : 'ModelEndpoint'}/${name}`);
      return verdictOf(authority, { subject: caller.subject, table, name }).kind !== 'deny';
    });
  }

  #names({ subject }: Caller, address: Address): boolean {
    const resource = this.#comparison.after.resources.get(subject);
    return resource !== undefined && referencesOf(resource, resource.manifest).some((one) => one.address === address);
  }

  /** Callers whose calls go through something by way of tools, endpoints, servers, gateways, guards and memories. */
  #through(address: Address, keys?: ReadonlySet<string>): readonly Caller[] {
    const callers: Caller[] = [];
    const seen = new Set<Address>([address]);
    const open = [...(this.#usersOf().get(address) ?? [])].filter(
      (user) => keys === undefined || usesKey(user, address, keys),
    );
    for (let user = open.pop(); user !== undefined; user = open.pop()) {
      if (seen.has(user.address)) continue;
      seen.add(user.address);
      const { kind } = user;
      if (kind === 'AgentPolicy') callers.push(...this.#reached(user));
      else callers.push(...this.#callersBy(user));
      if (kind !== 'Agent') open.push(...(this.#usersOf().get(user.address) ?? []));
    }
    return sorted(callers);
  }

  #callersBy({ address, kind }: Resource): readonly Caller[] {
    if (kind === 'Agent') return this.#all().filter(({ subject }) => subject === address);
    if (kind === 'Tool') return this.#allowed('tools', address.slice('Tool/'.length));
    return kind === 'ModelEndpoint' ? this.#allowed('models', address.slice('ModelEndpoint/'.length)) : [];
  }

  /** Who names what: once for a plan, and only where something is judged that calls go through. */
  #usersOf(): ReadonlyMap<Address, readonly Resource[]> {
    if (this.#users !== undefined) return this.#users;
    const users = new Map<Address, Resource[]>();
    for (const resource of this.#comparison.after.resources.values()) {
      if (!between.has(resource.kind)) continue;
      for (const { address, kind, restricts } of referencesOf(resource, resource.manifest)) {
        if (restricts) continue;
        // An agent that names a tool or a model makes calls of it only if they pass, which is asked of the gate.
        if (resource.kind === 'Agent' && (kind === 'Tool' || kind === 'ModelEndpoint' || kind === 'AgentRole'))
          continue;
        const known = users.get(address);
        if (known === undefined) users.set(address, [resource]);
        else known.push(resource);
      }
    }
    this.#users = users;
    return users;
  }
}

function some(callers: readonly Caller[]): readonly Caller[] | undefined {
  return callers.length === 0 ? undefined : callers;
}

function sorted(callers: readonly Caller[]): readonly Caller[] {
  const unique = new Map(callers.map((caller) => [keyOf(caller), caller]));
  return [...unique.values()].sort((a, b) => compareText(a.subject, b.subject) || compareText(a.system, b.system));
}

/** Keys of a Secret that are another value than before; all, where they are read from elsewhere. */
function keysChanged({ before, after }: Forms): ReadonlySet<string> | undefined {
  const [was, is] = [before, after].map((form) => form?.manifest['spec']);
  if (!isJsonObject(was) || !isJsonObject(is) || was['source'] !== is['source']) return undefined;
  const [old, now] = [was['keys'], is['keys']];
  if (!isJsonObject(old) || !isJsonObject(now)) return undefined;
  return new Set(Object.keys(now).filter((key) => own(old, key) !== own(now, key)));
}

function usesKey(user: Resource, secret: Address, keys: ReadonlySet<string>): boolean {
  return referencesOf(user, user.manifest).some(({ address, key }) => address === secret && keys.has(key ?? ''));
}
